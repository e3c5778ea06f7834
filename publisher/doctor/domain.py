"""What the DNS says of the domains that letters come from, as symptoms. Each raises Unreachable where it says
nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from publisher.doctor import dmarc, spf
from publisher.doctor.asking import Asks
from publisher.doctor.table import symptom
from publisher.model.symptom import Symptom

# Who lets customers in under one name, and names its senders under another.
KNOWN_AS = {
    "amazonaws.com": "amazonses.com",
    "gmail.com": "google.com",
    "office365.com": "outlook.com",
    "postmarkapp.com": "mtasv.net",
    "mandrillapp.com": "mandrillapp.com",
    "brevo.com": "sendinblue.com",
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """How the letters of a site go out."""

    sender: str  # the domain of `from`
    envelope: str  # the one that bounces go to: SPF is asked for it
    relays: tuple[str, ...] = ()  # names of other hosts that take them
    own: tuple[str, ...] = ()  # addresses that this host sends from, where it is its own relay
    signs: str = ""  # d= of our signature; "" where the relay signs, if anybody


def sender_policy(sending: Outgoing, asks: Asks) -> Iterator[Symptom]:
    """SPF of the envelope's domain."""
    name = sending.envelope
    found = spf.survey(name, asks)
    if not found.records:
        yield symptom("spf-missing", name, "there is no SPF record")
        return
    if found.policy is None:
        yield symptom("spf-several", name, f"there are {len(found.records)} SPF records")
        return
    for fault in dict.fromkeys(found.faults):
        yield symptom("spf-wrong", name, fault)
    if found.lookups > spf.LOOKUPS:
        yield symptom(
            "spf-lookups", name, f"the record asks the DNS {found.lookups} times, with what it includes"
        )
    if len(found.voids) > spf.VOIDS:
        yield symptom("spf-voids", name, f"these lead nowhere: {', '.join(dict.fromkeys(found.voids))}")
    yield from _last(found.policy, name)
    yield from _lets_us(found.policy, sending, asks)


def _last(policy: spf.Policy, name: str) -> Iterator[Symptom]:
    wide = [
        each.text
        for each in policy.every()
        if each.sign == "+" and any(n.prefixlen == 0 for n in each.networks)
    ]
    if policy.last == "+" or wide:
        yield symptom("spf-open", name, f"the record has {wide[0] if wide else '+all'}")
    elif policy.last in ("", "?"):
        yield symptom(
            "spf-unended", name, "the record ends with ?all" if policy.last else "the record ends without all"
        )


def _lets_us(policy: spf.Policy, sending: Outgoing, asks: Asks) -> Iterator[Symptom]:
    for address in sending.own:
        said = spf.result(policy, address)
        if said not in ("pass", "open"):
            yield symptom("spf-own", sending.envelope, f"for {address}, this machine, it says {said}")
    named = {each.domain for each in policy.every() if each.domain} | _redirects(policy)
    for relay in sending.relays:
        kin = [_kin(relay), *(other for host, other in KNOWN_AS.items() if _is_below(relay, host))]
        if any(_is_below(name, each) for name in named for each in kin):
            continue
        addresses = [relay] if _is_address(relay) else asks.addresses(relay)
        if not any(spf.result(policy, each) in ("pass", "open") for each in addresses):
            yield symptom(
                "spf-relay", sending.envelope, f"the record names neither {relay} nor its addresses"
            )


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _redirects(policy: spf.Policy) -> set[str]:
    return {policy.redirect.domain, *_redirects(policy.redirect)} if policy.redirect else set()


def _kin(host: str) -> str:
    """What names of the same owner end in, nearly always: its last two labels, or three below a short one (co.uk)."""
    labels = host.split(".")
    return ".".join(labels[-3 if len(labels) > 2 and len(labels[-2]) <= 3 and len(labels[-1]) == 2 else -2 :])


def _is_below(name: str, above: str) -> bool:
    return name == above or name.endswith(f".{above}")


def reports_and_policy(sending: Outgoing, asks: Asks) -> Iterator[Symptom]:
    """DMARC of the domain of `from`."""
    walk = dmarc.walk(sending.sender, asks)
    for each in walk.records:
        at = f"_dmarc.{each.domain}"
        if len(each.texts) > 1:
            yield symptom("dmarc-several", at, f"there are {len(each.texts)} DMARC records")
        elif each.wrong:
            yield symptom("dmarc-wrong", at, each.wrong)
    record = walk.record
    if record is None:
        if not walk.records:
            yield symptom(
                "dmarc-missing", f"_dmarc.{sending.sender}", "there is no DMARC record, here or above"
            )
        return
    at = f"_dmarc.{record.domain}"
    if dmarc.policy(walk) == "none":
        yield symptom("dmarc-none", at, "the policy is none")
    if record.tags.get("t", "n").lower() == "y":
        yield symptom("dmarc-testing", at, "t=y")
    yield from _read(record, at, asks)
    yield from _aligned(walk, record, sending, asks)


def _aligned(walk: dmarc.Walk, record: dmarc.Record, sending: Outgoing, asks: Asks) -> Iterator[Symptom]:
    """Whether SPF or DKIM speaks for `from`. Where we do not sign, the relay's signature may."""

    def speaks(other: str, tag: str) -> bool:
        strict = record.tags.get(tag, "r").lower() == "s"
        others = walk.organization if other == sending.sender else dmarc.walk(other, asks).organization
        return dmarc.aligned(sending.sender, walk.organization, other, others, strict=strict)

    if speaks(sending.envelope, "aspf") or (sending.signs and speaks(sending.signs, "adkim")):
        return
    at, what = (
        f"_dmarc.{record.domain}",
        f"bounces go to {sending.envelope}, which does not speak for {sending.sender}",
    )
    if sending.signs:
        yield symptom("dmarc-unaligned", at, f"{what}, and neither does our signature, of {sending.signs}")
    else:
        yield symptom("dmarc-by-relay", at, f"{what}, and we sign nothing")


def _read(record: dmarc.Record, at: str, asks: Asks) -> Iterator[Symptom]:
    """Who is told."""
    hosts = [
        each.strip().partition("!")[0].rpartition("@")[2].lower()
        for each in record.tags.get("rua", "").split(",")
        if each.strip().lower().startswith("mailto:")
    ]
    if not hosts:
        yield symptom("dmarc-unread", at, "there is no rua=mailto:")
    for host in dict.fromkeys(hosts):
        if dmarc.walk(host, asks).organization == dmarc.walk(record.domain, asks).organization:
            continue
        if _is_below(host, record.domain) or _is_below(record.domain, host):
            continue
        name = f"{record.domain}._report._dmarc.{host}"
        if not any(map(dmarc.is_dmarc, asks.texts(name))):
            yield symptom("dmarc-reports", at, f"rua= names {host}, and there is no record at {name}")


def takes_mail(domain: str, what_for: str, asks: Asks) -> Iterator[Symptom]:
    """Whether mail to *domain* arrives: *what_for* says which mail that is ("bounces")."""
    hosts = asks.exchangers(domain)
    if not hosts:
        if not asks.addresses(domain):  # RFC 5321, 5.1: else that is where it goes
            yield symptom("mx-missing", domain, f"{what_for} go there, and it has neither MX nor an address")
        return
    if hosts == ("",):
        yield symptom("mx-null", domain, f'{what_for} go there, and its MX is "."')
        return
    for host in filter(None, dict.fromkeys(hosts)):
        if not asks.addresses(host):
            yield symptom("mx-lost", domain, f"its MX {host} has no address")


def transport(domain: str, asks: Asks) -> Iterator[Symptom]:
    """Whether who mails us may insist on TLS, and tells of trouble with it."""
    if not any(each.startswith("v=STSv1") for each in asks.texts(f"_mta-sts.{domain}")):
        yield symptom("mta-sts", f"_mta-sts.{domain}", "there is no MTA-STS record")
    if not any(each.startswith("v=TLSRPTv1") for each in asks.texts(f"_smtp._tls.{domain}")):
        yield symptom("tls-rpt", f"_smtp._tls.{domain}", "there is no TLS-RPT record")


def reverse(addresses: Sequence[str], asks: Asks) -> Iterator[Symptom]:
    """Whether each of our own *addresses* has a name that leads back to it (FCrDNS)."""
    for address in addresses:
        names = asks.names(address)
        if not names:
            yield symptom("ptr-missing", address, "the address has no name (PTR)")
        elif not any(address in asks.addresses(name) for name in names):
            yield symptom("ptr-unconfirmed", address, f"its name {names[0]} does not lead back to it")
