"""SPF: the record of a domain with all that it includes, and whom it lets send (RFC 7208).

The whole record is walked, not as far as one address needs it: so what is wrong in it is found for every sender.
"""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from publisher.doctor.asking import Asks

Network = IPv4Network | IPv6Network
LOOKUPS, VOIDS = 10, 2  # RFC 7208, 4.6.4
MOST = 60  # names asked for in all, of a record that goes on for ever
RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_ASKS = {"include", "a", "mx", "ptr", "exists", "redirect"}
_TERM = re.compile(r"([+\-?~]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?=[:/]|\Z)(.*)", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)
_CIDR = re.compile(r"(.*?)(?:/(\d{1,2}))?(?://(\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism, looked up."""

    sign: str  # + - ~ ?
    kind: str
    text: str  # as written
    domain: str = ""  # that it names
    networks: tuple[Network, ...] = ()
    inner: "Policy | None" = None  # what it includes
    open: bool = False  # hangs on each letter (a macro, ptr): nothing can be said


@dataclass(frozen=True, slots=True)
class Policy:
    """A record."""

    domain: str
    text: str
    terms: tuple[Term, ...]
    redirect: "Policy | None" = None

    @property
    def last(self) -> str:
        """What it says of all others: the sign of `all`, "" where it says nothing."""
        for term in self.terms:
            if term.kind == "all":
                return term.sign
        return self.redirect.last if self.redirect else ""

    def every(self) -> "list[Term]":
        """Its terms, and those of all it includes."""
        found = []
        for term in self.terms:
            found.append(term)
            found += term.inner.every() if term.inner else []
        return found + (self.redirect.every() if self.redirect else [])


@dataclass(slots=True)
class Survey:
    """All that was found on the way."""

    records: tuple[str, ...] = ()  # of the domain itself
    policy: Policy | None = None
    lookups: int = 0
    voids: list[str] = field(default_factory=list)  # names that led nowhere
    faults: list[str] = field(default_factory=list)  # what makes whoever checks it give up


def survey(domain: str, asks: Asks) -> Survey:
    """The record of *domain*. Raises Unreachable where the DNS says nothing."""
    found = Survey(tuple(filter(is_spf, asks.texts(domain))))
    if len(found.records) == 1:
        found.policy = _read(found.records[0], domain, asks, found, ())
    return found


def is_spf(text: str) -> bool:
    """Whether a TXT record is one of SPF (RFC 7208, 4.5)."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def _read(text: str, domain: str, asks: Asks, found: Survey, above: tuple[str, ...]) -> Policy:
    terms: list[Term] = []
    to = ""
    for word in text.split()[1:]:
        modifier = _MODIFIER.fullmatch(word)
        if modifier and modifier[1].lower() == "redirect":
            to = modifier[2]
        elif not modifier:
            term = _term(word, domain, asks, found, (*above, domain))
            terms += [term] if term else []
    redirect = None
    if to and not any(term.kind == "all" for term in terms):  # else it is not looked at (6.1)
        redirect = _other(to, f"redirect={to}", asks, found, (*above, domain))
    return Policy(domain, text, tuple(terms), redirect)


def _term(word: str, domain: str, asks: Asks, found: Survey, above: tuple[str, ...]) -> Term | None:
    """A mechanism of the record of *domain*; None for what is none."""
    known = _TERM.fullmatch(word)
    sign, kind, rest = (known[1] or "+", known[2].lower(), known[3]) if known else ("+", "", "")
    if kind in ("ip4", "ip6"):
        return _block(sign, kind, word, rest, domain, found)
    spec = _CIDR.fullmatch(rest.removeprefix(":"))
    if not known or not spec or not _may_be(kind, rest, spec):
        found.faults.append(f"{word!r} in the record of {domain} is no word of SPF")
        return None
    name = spec[1].lower().rstrip(".")
    if kind == "include":
        inner = _other(name, word, asks, found, above)
        return Term(sign, kind, word, name, inner=inner, open="%" in name)
    if kind == "all":
        return Term(sign, kind, word)
    found.lookups += 1
    if kind in ("ptr", "exists") or "%" in name or found.lookups > MOST:
        return Term(sign, kind, word, name, open=True)
    return Term(sign, kind, word, name, _networks(kind, name or domain, spec[2], spec[3], asks, found))


def _may_be(kind: str, rest: str, spec: re.Match[str]) -> bool:
    """Whether what stands behind *kind* may: a domain where one must be, a size where one may be."""
    named, sized = bool(spec[1].strip(".")), bool(spec[2] or spec[3])
    if kind == "all":
        return not rest
    if kind in ("include", "exists"):
        return named and not sized
    return named == rest.startswith(":") and not (kind == "ptr" and sized)


def _block(sign: str, kind: str, word: str, rest: str, domain: str, found: Survey) -> Term | None:
    try:
        network = ip_network(rest.removeprefix(":"), strict=False)
        if network.version != int(kind[-1]) or not rest.startswith(":"):
            raise ValueError
    except ValueError:
        found.faults.append(f"{word!r} in the record of {domain} is no network of {kind}")
        return None
    return Term(sign, kind, word, networks=(network,))


def _networks(
    kind: str, name: str, four: str | None, six: str | None, asks: Asks, found: Survey
) -> tuple[Network, ...]:
    """The addresses of `a` and `mx`, each widened to its /CIDR."""
    hosts = [name] if kind == "a" else list(filter(None, asks.exchangers(name)))
    if len(hosts) > LOOKUPS:
        found.faults.append(f"mx:{name} leads to more than {LOOKUPS} servers")
    addresses = [each for host in hosts[:LOOKUPS] for each in asks.addresses(host)]
    if not addresses:
        found.voids.append(name)
    nets: list[Network] = []
    for each in addresses:
        bits = (four or "32") if ip_address(each).version == 4 else (six or "128")
        try:
            nets.append(ip_network(f"{each}/{bits}", strict=False))
        except ValueError:
            found.faults.append(f"/{bits} behind {kind}:{name} is no size of a network")
    return tuple(nets)


def _other(name: str, word: str, asks: Asks, found: Survey, above: tuple[str, ...]) -> Policy | None:
    """The record that *word* (include, redirect) names."""
    name = name.lower().rstrip(".")
    found.lookups += 1
    if "%" in name or found.lookups > MOST:
        return None
    if name in above:
        found.faults.append(f"{word!r} in the record of {above[-1]} leads back to itself")
        return None
    texts = asks.texts(name)
    records = [each for each in texts if is_spf(each)]
    if not texts:
        found.voids.append(name)
    if len(records) != 1:
        many = "several SPF records" if records else "no SPF record"
        found.faults.append(f"{word!r} in the record of {above[-1]}: {name} has {many}")
        return None
    return _read(records[0], name, asks, found, above)


def result(policy: Policy, address: str) -> str:
    """What the record says of letters from this IP *address*: pass, fail, softfail or neutral; "open" where it hangs on
    the letter before anything else decides."""
    ip = ip_address(address)
    for term in policy.terms:
        matches = _matches(term, ip)
        if matches is None:
            return "open"
        if matches:
            return RESULTS[term.sign]
    return result(policy.redirect, address) if policy.redirect else "neutral"


def _matches(term: Term, ip: IPv4Address | IPv6Address) -> bool | None:
    if term.kind == "all":
        return True
    if term.inner:
        inner = result(term.inner, str(ip))
        return None if inner == "open" else inner == "pass"
    if term.open:
        return None
    return any(ip.version == each.version and ip in each for each in term.networks)
