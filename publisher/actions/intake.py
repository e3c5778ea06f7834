"""Take in what came back by mail (B1): read each message, tie it to a letter by our own signature, write down what it
says, and only then have it removed. What a message changes it changes once, however often it comes (threat 10)."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b

from sqlalchemy import Connection

from publisher.actions import leaving, reckoning
from publisher.actions.house import House
from publisher.actions.reckoning import Reckoned
from publisher.digests.forwarded import forwarded
from publisher.errors import BadConfig, PublisherError
from publisher.mail import bounces, stranger
from publisher.mail.address import domain, mailbox
from publisher.mail.bounces import mime
from publisher.mail.intake.mailbox import Fate, Mail, Mailbox
from publisher.mail.verdict import escaped
from publisher.model.digest import Content
from publisher.model.report import Kind, Report
from publisher.store import editions, notices, people, reports
from publisher.subscribers.tokens import Claim

BATCH, BATCH_OCTETS = 50, 8_000_000  # messages read, and settled in one transaction
ADDRESSES = 50  # of one message that are looked at
PER_HOUR = 20  # messages of people that are passed on
LETTERHEAD = 60_000  # octets of a long message that are passed on
NEWS = timedelta(hours=72)  # in which a message of somebody is still news
_CHARGES = frozenset({Kind.HARD, Kind.SOFT, Kind.US, Kind.COMPLAINT})
_WRITTEN = frozenset({Kind.HUMAN, Kind.LEAVE})
_OWN_ID = re.compile(r"([a-z0-9-]{1,40})\.([A-Za-z0-9_-]{46})@")
_BY_ITS_TOKEN = frozenset({Kind.HARD, Kind.SOFT, Kind.US})  # a Message-ID says enough of whose letter it was
_URL_TOKEN = re.compile(r"(?<![\w-])([\w-]{46})(?![\w-])", re.ASCII)
_MAIL_TOKEN = re.compile(r"(?<![0-9a-z])([0-9a-f]{60})(?![0-9a-z])", re.IGNORECASE)
_LEAVE = re.compile(r"\bunsubscribe\s{1,9}([a-z0-9]{40,62})\b", re.IGNORECASE)

# What became of a message, beside the kinds of Kind.
REPEATED = "repeated"  # known already: this message, or another that says the same of the same letter
FORGED = "forged"  # sent to an address that looks like ours and bears no signature of ours
FOREIGN = "foreign"  # a report about no letter of ours
OWN = "our own"  # a letter of ours that came to us
OTHERS = "not for us"
UNREAD = "unread"  # something went wrong with it


@dataclass(slots=True)
class Taken:
    """What a look at a mailbox brought."""

    counts: Counter[str] = field(default_factory=Counter)  # messages, by kind or by the words above
    kept: int = 0  # ... that wait there for a person
    reckoned: Reckoned = field(default_factory=Reckoned)
    troubles: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Read:
    """One message and what it is about."""

    mail: Mail
    mark: str
    report: Report
    letter: Claim | None = None  # (subscriber, edition)
    wish: Claim | None = None  # (subscriber, newsletter): it asks to leave
    forged: bool = False  # an address of it looks like a token
    here: bool = False  # it came to the bounce domain
    own: bool = False  # we wrote it
    notice: Content | None = None  # it is to be passed on, with this


@dataclass(frozen=True, slots=True)
class _Done:
    key: str
    fate: Fate
    what: str


def take(house: House, box: Mailbox, now: datetime, *, stopping: Callable[[], bool] = lambda: False) -> Taken:
    """Take in all messages of *box* and draw the consequences (B2). Raises Unreachable, Unwritable: what was not
    removed is there again the next time, and changes nothing then."""
    taken = Taken()
    with box.open() as messages:
        for batch in _batches(messages):
            done = _settle(house, [_read(house, mail, taken, piped=box.piped) for mail in batch], taken, now)
            box.finish([(each.key, each.fate) for each in done])
            if box.position:
                house.store.write(partial(reports.put_position, mailbox=box.name, position_=box.position))
            taken.counts.update(each.what for each in done)
            taken.kept += sum(each.fate is Fate.KEPT for each in done)
            if stopping():
                break
    taken.troubles += box.troubles
    taken.reckoned = reckoning.reckon(house, now)
    return taken


def _batches(messages: Iterable[Mail]) -> Iterator[list[Mail]]:
    batch: list[Mail] = []
    octets = 0
    for mail in messages:
        batch.append(mail)
        octets += len(mail.data)
        if len(batch) >= BATCH or octets >= BATCH_OCTETS:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch


def _read(house: House, mail: Mail, taken: Taken, *, piped: bool) -> _Read:
    """What the message says and about whom. One that nobody can read is kept, and stops none of the others."""
    mark = blake2b(b"%d " % mail.size + mail.data, digest_size=16).hexdigest()
    try:
        return _understood(house, mail, mark, taken, piped=piped)
    except PublisherError:
        raise
    except Exception as error:  # whatever a stranger's bytes did
        taken.troubles.append(f"{mail.key}: cannot be read: {error!r}")
        return _Read(mail, mark, Report(Kind.UNKNOWN), here=True)


def _understood(house: House, mail: Mail, mark: str, taken: Taken, *, piped: bool) -> _Read:
    ours = domain(house.mail.bounce_domain) if house.mail.bounce_domain else ""
    addresses = [each.lower() for each in bounces.addressed(mail.data)[:ADDRESSES]]
    locals_ = [
        local for local, _, where in (each.rpartition("@") for each in addresses) if ours and where == ours
    ]
    letter = _first(house, "bounce", locals_, "b+")
    wish = _first(house, "unsubscribe", locals_, "u+")
    report = bounces.read(mail.data, _address(house, letter))
    letter = letter or _returned(house, report, ours)
    message = mime.parse(mail.data)
    if report.kind in _WRITTEN:
        wish = wish or _by_subject(house, report.note)
        wish = None if stranger.is_answer(message) else wish or _opted_out(house, report, ours)
    owner = mailbox(house.mail.reply_to or house.mail.sender)[1].lower()
    # The first that a mail server wrote says where it lies: somebody may write to the owner, too.
    nearest = next((each for each in addresses if each == owner or (ours and each.endswith(f"@{ours}"))), "")
    found = _Read(
        mail,
        mark,
        report,
        letter,
        wish,
        forged=any(local.startswith(("b+", "u+")) for local in locals_),
        here=bool(ours) and nearest != owner and (piped or nearest != ""),
        own=_claim(house, stranger.message_id(message)) is not None,
    )
    if report.kind not in _WRITTEN or wish or found.own or not found.here or stranger.is_mass(message):
        return found
    try:
        return replace(found, notice=_notice(house, report.note, stranger.author(message), mail))
    except BadConfig as error:
        taken.troubles.append(str(error))
        return found


def _first(house: House, purpose: str, locals_: Sequence[str], before: str) -> Claim | None:
    """The first genuine claim in the local parts of addresses of the bounce domain."""
    tokens = (local.removeprefix(before) for local in locals_ if local.startswith(before))
    return next((c for c in (house.keys.read_caseless(purpose, each) for each in tokens) if c), None)


def _returned(house: House, report: Report, ours: str) -> Claim | None:
    """Which letter came back, by the envelope's sender or the Message-ID that it bore (M5, H7). The latter stands in
    the answers to a letter and to what was forwarded of it, where others read it: for what its reader wants it is
    believed only beside the address to leave, which stands in the letter alone (threat 10)."""
    local, _, where = report.returned_from.lower().rpartition("@")
    if ours and where == ours and (found := _first(house, "bounce", [local], "b+")):
        return found
    claim = _claim(house, report.returned_id, letter=True)
    if claim and report.kind not in _BY_ITS_TOKEN and not _bears(house, report.returned_leave, claim):
        return None
    return claim


def _bears(house: House, leave: str, letter: Claim) -> bool:
    """Whether a List-Unsubscribe has a token of the letter's reader (H1)."""
    found = [house.keys.read("unsubscribe", each) for each in _URL_TOKEN.findall(leave)]
    found += [house.keys.read_caseless("unsubscribe", each) for each in _MAIL_TOKEN.findall(leave)]
    return any(claim and claim.subscriber == letter.subscriber for claim in found)


def _claim(house: House, message_id: str, *, letter: bool = False) -> Claim | None:
    """What a Message-ID of ours says; *letter*: only of an edition's letter."""
    found = _OWN_ID.match(message_id)
    claim = house.keys.read("message-id", found[2]) if found else None
    if claim is None or found is None or (letter and found[1] != str(claim.newsletter)):
        return None
    return claim


def _by_subject(house: House, subject: str) -> Claim | None:
    """Where there is no bounce domain, the subject says who leaves (H1)."""
    found = _LEAVE.search(subject)
    return house.keys.read_caseless("unsubscribe", found[1]) if found else None


def _opted_out(house: House, report: Report, ours: str) -> Claim | None:
    """A feedback report that is none of spam: its reader wants to leave the newsletter of the letter in it."""
    letter = _returned(house, report, ours)
    progress = house.store.read(lambda c: editions.progress(c, letter.newsletter)) if letter else None
    if letter is None or progress is None:
        return None
    series = house.store.read(people.known_newsletters)[progress.edition.newsletter]
    return Claim(letter.subscriber, series.id)


def _address(house: House, letter: Claim | None) -> str:
    person = house.store.read(lambda c: people.get(c, letter.subscriber)) if letter else None
    return person.address if person else ""


def _notice(house: House, subject: str, author: str, mail: Mail) -> Content:
    learnt = house.learnt(anew=False)
    make = partial(forwarded, learnt.site, house.layout, house.templates, subject=subject, author=author)
    return make(whole=mail.whole)


def _settle(house: House, batch: Sequence[_Read], taken: Taken, now: datetime) -> list[_Done]:
    """Write what the messages say. If one of them cannot be written the others are."""
    try:
        return house.store.write(lambda c: [_write(c, house, each, now) for each in batch])
    except PublisherError:  # the disk, the database
        raise
    except Exception as error:
        if len(batch) > 1:
            return [done for each in batch for done in _settle(house, [each], taken, now)]
        taken.troubles.append(f"{batch[0].mail.key}: cannot be written down: {error!r}")
        return [_Done(batch[0].mail.key, Fate.KEPT, UNREAD)]


def _write(connection: Connection, house: House, read: _Read, now: datetime) -> _Done:
    what, fate = _decide(connection, house, read, now)
    return _Done(read.mail.key, fate, what)


def _decide(connection: Connection, house: House, read: _Read, now: datetime) -> tuple[str, Fate]:
    """Write what one message says; what it was, and what becomes of it."""
    kind = read.report.kind
    if reports.is_known(connection, read.mark):
        return REPEATED, Fate.DONE
    if kind in _CHARGES:
        return _charge(connection, read, now)
    if kind in _WRITTEN:
        return (
            _leave(connection, read, read.wish, now) if read.wish else _pass_on(connection, house, read, now)
        )
    if not (read.here or read.letter):
        return OTHERS, Fate.LEFT
    return kind, Fate.KEPT if kind is Kind.UNKNOWN else Fate.DONE


def _charge(connection: Connection, read: _Read, now: datetime) -> tuple[str, Fate]:
    """A report: only what our signature ties to a letter that left is believed, once for each kind."""
    letter, report = read.letter, read.report
    if letter is None and read.forged:
        return FORGED, Fate.DONE
    if letter and people.is_erased(connection, letter.subscriber):  # it names them: nobody keeps it (L8)
        return FOREIGN, Fate.DONE
    if letter is None or not reports.was_sent(connection, letter.newsletter, letter.subscriber):
        return (FOREIGN, Fate.KEPT) if read.here else (OTHERS, Fate.LEFT)
    if reports.has(connection, letter.newsletter, letter.subscriber, report.kind):
        return REPEATED, Fate.DONE
    reports.add(
        connection,
        read.mark,
        report.kind,
        edition=letter.newsletter,
        subscriber=letter.subscriber,
        code=escaped(report.code),
        note=escaped(report.note),
        at=now,
    )
    return report.kind, Fate.DONE


def _leave(connection: Connection, read: _Read, wish: Claim, now: datetime) -> tuple[str, Fate]:
    """The mail of a List-Unsubscribe button does what the one click does (H1, H2)."""
    known = {series.id for series in people.known_newsletters(connection).values()}
    if wish.newsletter not in known or people.get(connection, wish.subscriber) is None:
        return FOREIGN, Fate.DONE  # of a database that is not this one
    leaving.leave(connection, wish, now, "unsubscribed by mail")
    if reports.has(connection, None, wish.subscriber, Kind.LEAVE):
        return REPEATED, Fate.DONE
    reports.add(connection, read.mark, Kind.LEAVE, subscriber=wish.subscriber, at=now)
    return Kind.LEAVE, Fate.DONE


def _pass_on(connection: Connection, house: House, read: _Read, now: datetime) -> tuple[str, Fate]:
    """Somebody wrote: the owner reads it. Never a letter of ours or of a list, and not without end."""
    if read.own:
        return OWN, Fate.DONE
    if not read.here:
        return OTHERS, Fate.LEFT
    if read.notice is None or reports.forwarded_since(connection, now - timedelta(hours=1)) >= PER_HOUR:
        return Kind.HUMAN, Fate.KEPT
    owner = mailbox(house.mail.reply_to or house.mail.sender)[1]
    data = read.mail.data if read.mail.whole else stranger.beginning(read.mail.data, LETTERHEAD)
    add = partial(notices.add, connection, "human", read.mark, [owner], read.notice, now, now + NEWS)
    add(attached=data)
    reports.add(connection, read.mark, Kind.HUMAN, at=now)
    return Kind.HUMAN, Fate.DONE if read.mail.whole else Fate.KEPT
