"""DMARC: the record that counts for a domain, and the domain whose it is (RFC 9989)."""

from dataclasses import dataclass, field

from publisher.doctor.asking import Asks, tags

_POLICIES = ("none", "quarantine", "reject")
_VALUES = {**dict.fromkeys(("p", "sp", "np"), _POLICIES), **dict.fromkeys(("adkim", "aspf"), ("r", "s"))}
STEPS = 8  # names asked for, at the most (RFC 9989, 4.10)


@dataclass(frozen=True, slots=True)
class Record:
    """What one domain publishes."""

    domain: str
    texts: tuple[str, ...]  # those that say v=DMARC1; more than one count as none
    tags: dict[str, str] = field(default_factory=dict)
    wrong: str = ""  # what in it cannot be read
    counts: bool = True  # whether whoever checks letters goes by it


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found from a domain upwards."""

    domain: str
    records: tuple[Record, ...]  # the nearest first

    @property
    def organization(self) -> str:
        """The domain that all below it belong to (RFC 9989, 4.10.2)."""
        valid = [each for each in self.records if each.counts]
        for each in valid:
            if each.tags.get("psd") == "n":
                return each.domain
            if each.tags.get("psd") == "y" and each.domain != self.domain:
                return _below(self.domain, each.domain)
        return valid[-1].domain if valid else self.domain

    @property
    def record(self) -> Record | None:
        """The one whose policy counts for the domain: its own, else that of its organization."""
        valid = [each for each in self.records if each.counts]
        wanted = (self.domain, self.organization)
        return next((each for each in valid if each.domain in wanted), valid[-1] if valid else None)


def walk(domain: str, asks: Asks) -> Walk:
    """Ask for the records of *domain* and of what is above it. Raises Unreachable where the DNS says nothing."""
    found: list[Record] = []
    for name in _steps(domain):
        texts = tuple(each for each in asks.texts(f"_dmarc.{name}") if is_dmarc(each))
        if not texts:
            continue
        found.append(_read(name, texts))
        if found[-1].tags.get("psd") in ("y", "n"):
            break
    return Walk(domain, tuple(found))


def _steps(domain: str) -> list[str]:
    labels = domain.split(".")
    cut = max(1, len(labels) - STEPS + 1) if len(labels) > STEPS else 1
    return [domain] + [".".join(labels[at:]) for at in range(cut, len(labels))]


def is_dmarc(text: str) -> bool:
    """Whether a TXT record begins as one of DMARC (RFC 9989, 4.7)."""
    name, equals, value = text.partition(";")[0].partition("=")
    return bool(equals) and name.strip().lower() == "v" and value.strip() == "DMARC1"


def _read(domain: str, texts: tuple[str, ...]) -> Record:
    if len(texts) > 1:
        return Record(domain, texts, counts=False)
    try:
        found = tags(texts[0])
    except ValueError as error:
        return Record(domain, texts, wrong=str(error), counts=False)
    wrong = [
        f"{name}={found.pop(name)} is none of {', '.join(may)}"
        for name, may in _VALUES.items()
        if name in found and found[name].lower() not in may
    ]
    if "p" not in found and "rua" not in found and not wrong:
        wrong = ["it says no policy (p=)"]
    if "p" in found and not any("p=" in each.partition(" ")[0] for each in wrong):
        return Record(domain, texts, found, "; ".join(wrong))
    found["p"] = "none"  # where it asks for reports; else it counts for nothing (RFC 9989, 4.7)
    return Record(domain, texts, found, "; ".join(wrong), "rua" in found)


def policy(found: Walk) -> str:
    """What is to become of letters that fail: none, quarantine or reject; "" where nobody says."""
    record = found.record
    if record is None:
        return ""
    own = record.tags.get("p", "none")
    return (own if record.domain == found.domain else record.tags.get("sp", own)).lower()


def aligned(domain: str, organization: str, other: str, others: str, *, strict: bool) -> bool:
    """Whether what *other* vouches for speaks for *domain*: the same, or not *strict* of the same *organization*,
    *others* being the one of *other* (RFC 9989, 4.4)."""
    return domain == other or (not strict and organization == others)


def _below(domain: str, above: str) -> str:
    """The domain one label below *above*, on the way to *domain*."""
    rest = domain.removesuffix(f".{above}")
    return f"{rest.rpartition('.')[2]}.{above}"
