"""[mail]: what its values mean together."""

from dataclasses import replace
from functools import partial

from publisher.config import folders
from publisher.config.places import Keys, header
from publisher.config.reading import Reading
from publisher.config.written import File
from publisher.mail.address import ascii_mailbox, domain, mailbox
from publisher.mail.intake.settings import BounceSettings
from publisher.mail.intake.settings import check as check_bounces
from publisher.mail.rates import tightest
from publisher.mail.settings import MailSettings, canary, check_selectors, signing_domain, spread
from publisher.private import word

_AT: Keys = ("mail",)


def passwords(reading: Reading, file: File) -> File:
    """*file* with the passwords of [mail] that stand in files of their own. Raises BadConfig."""
    mail, bounces = file.mail, file.mail.bounces
    bounces = replace(bounces, password=_password(reading, file, (*_AT, "bounces"), bounces))
    return replace(file, mail=replace(mail, password=_password(reading, file, _AT, mail), bounces=bounces))


def _password(reading: Reading, file: File, at: Keys, table: MailSettings | BounceSettings) -> str:
    if not table.password_file:
        return table.password
    if table.password:
        raise reading.bad(
            (*at, "password_file"), "the password stands in password as well", "keep one of them"
        )
    reading.check(at, "password_file", lambda: folders.secret_hidden(reading.root, file, table.password_file))
    named = ".".join(map(str, (*at, "password_file")))
    return word(reading.root / table.password_file, "the password", f"see {named} in config.toml")


def check(reading: Reading, file: File) -> None:
    """Raises BadConfig for the first value of [mail] that cannot be used."""
    mail = file.mail
    reading.within(_AT, mail, html_limit=(20_000, 102_000))
    # Who bounces is found out over weeks (B2).
    reading.within(_AT, mail, ledger_days=(30, 3650), connections=(1, 100), timeout=(1, 3600))
    reading.check(_AT, "relay", lambda: folders.letters_unpublished(reading.root, file))
    if mail.sender or file.newsletters or mail.dkim.key_file:
        reading.check(_AT, "from", lambda: ascii_mailbox(mail.sender))
    reading.check(_AT, "editors", lambda: [mailbox(each) for each in mail.editors])
    _limits(reading, mail)
    if mail.reply_to:
        reading.check(_AT, "reply_to", lambda: ascii_mailbox(mail.reply_to))
    if mail.bounce_domain:
        reading.check(_AT, "bounce_domain", lambda: domain(mail.bounce_domain))
    _bounces(reading, file)
    reading.check((*_AT, "dkim"), "selector", lambda: check_selectors(mail.dkim))
    if mail.dkim.key_file:
        reading.check((*_AT, "dkim"), "domain", lambda: signing_domain(mail))


def _bounces(reading: Reading, file: File) -> None:
    at, bounces = (*_AT, "bounces"), file.mail.bounces
    reading.check(at, "imap", lambda: check_bounces(bounces))
    reading.check(at, "maildir", lambda: folders.returned_mail_aside(reading.root, file))
    reading.within(at, bounces, every=(5, 86400))


def _limits(reading: Reading, mail: MailSettings) -> None:
    reading.check(_AT, "rate", lambda: tightest(mail.rate))
    reading.within(_AT, mail, letters_per_connection=(0, 100_000))
    reading.check(_AT, "canary", lambda: canary(mail))
    reading.check(_AT, "spread", lambda: spread(mail))
    known: dict[str, str] = {}
    for name, found in mail.domains.items():
        at = ("mail", "domains", name)
        here = _recipients(reading, name, at)
        if here in known:
            raise reading.bad(at, f"{name!r} is the domain {known[here]!r} again", "keep one of the tables")
        known[here] = name
        reading.check(at, "rate", partial(tightest, found.rate))
        reading.within(at, found, connections=(0, 100))


def _recipients(reading: Reading, name: str, at: Keys) -> str:
    """The recipient domain *name* in A-labels."""
    try:
        return domain(name)
    except ValueError as error:
        what = f"{name!r} is an address" if name.strip("@").count("@") else f"{name!r} is no domain"
        meant = header(("mail", "domains", name.rpartition("@")[2].strip(".") or "example.org"))
        mend = f"write what stands behind the @ of addresses: {meant}"
        if "*" in name:
            mend = "write a table for each domain; the rate of all letters together is that of [mail]"
        raise reading.bad(at, what, mend) from error
