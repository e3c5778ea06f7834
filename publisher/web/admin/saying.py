"""What things are called on the editors' pages: states, sizes, what readers said of being mailed."""

from collections.abc import Iterable

from publisher.model.people import Consent, Reach, Said, Wish
from publisher.text.dates import Digits, write_digits
from publisher.text.words import Words

LETTERS = {
    "queued": "Waiting",
    "claimed": "Waiting",
    "sending": "Being sent",
    "sent": "Accepted",
    "failed": "Failed",
    "unknown": "In doubt",
    "cancelled": "Not sent any more",
}
EDITIONS = {
    "proposed": "Not decided",
    "held": "Held",
    "released": "Released",
    "cancelled": "Cancelled",
}
FILES = {
    "published": "Published",
    "held": "Scheduled or expired",
    "skipped": "Left out",
    "quarantined": "Refused",
}
READERS = {
    "active": "Gets letters",
    "paused": "Paused",
    "pending": "Not confirmed",
    "ended": "Unsubscribed",
    "none": "Subscribed to nothing",
    "bounced": "Mail to them comes back",
    "complained": "Complained",
    "suppressed": "Not to be mailed",
}
SUBSCRIPTIONS = READERS | {"active": "Subscribed"}

_SAID = {
    Said.ASKED: "Asked for it",
    Said.CONFIRMED: "Confirmed it",
    Said.VOUCHED: "Somebody vouched for it",
    Said.LEFT: "Unsubscribed",
    Said.RETURNED: "Took the leaving back",
    Said.WISHED_ON: "Still wants it",
}
_WHERE = {
    "page": "on the site",
    "letter": "by a link in a letter",
    "operator": "by the operator",
    "admin": "on the editors' pages",
    "unsubscribed by link": "by a link in a letter",
    "unsubscribed by mail": "by mail",
    "unsubscribed by the operator": "by the operator",
    "no answer to the yearly question": "the yearly question stayed without an answer",
}
_BY = {"api": "by a program: %(name)s", "import": "with a list: %(name)s"}
_BEST = (Wish.ACTIVE, Wish.PAUSED, Wish.PENDING, Wish.ENDED)
_FSI, _PDI = "\u2068", "\u2069"


def in_words(states: dict[str, str], speak: Words) -> dict[str, str]:
    """These states in an editor's words."""
    return {name: speak.text(said) for name, said in states.items()}


def standing(reach: Reach, wishes: Iterable[Wish]) -> str:
    """What a reader is to the site, in one of READERS: why no letter reaches them, else the best of what they have."""
    if reach is not Reach.REACHABLE:
        return str(reach)
    has = set(wishes)
    return str(next((each for each in _BEST if each in has), "none"))


def consent(line: Consent, speak: Words) -> tuple[str, str]:
    """What a reader said, and where."""
    where, name = line.form, ""
    if where not in _WHERE:
        how, _, name = where.partition(" ")
        if name and how in _BY:
            return speak.text(_SAID[line.event]), speak.text(_BY[how]) % {"name": f"{_FSI}{name}{_PDI}"}
    return speak.text(_SAID[line.event]), speak.text(_WHERE[where]) if where in _WHERE else where


def size(number: float, speak: Words, digits: Digits) -> str:
    """So many bytes for a person, decimal as their disk's maker counts: "5 MB", "72.4 GB"."""
    unit, value = ("%(n)s MB", number / 1e6) if number < 1e9 else ("%(n)s GB", number / 1e9)
    text = write_digits(f"{value:.3g}", digits)
    return speak.text(unit) % {"n": text if digits == "latn" else text.replace(".", "٫")}
