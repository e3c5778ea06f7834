"""Readers: a Subscriber is a person with an address, a Subscription their wish for one newsletter."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reach(StrEnum):
    """State of a subscriber (L1)."""

    REACHABLE = "reachable"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    ERASED = "erased"


class Wish(StrEnum):
    """State of a subscription (L1). Mailed = reachable and active."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


GETS = (Wish.ACTIVE, Wish.PAUSED)  # who has confirmed and not left


def whose(state: str | None) -> tuple[Wish | None, Reach | None]:
    """Whom a list by *state* has in it, wherever it is asked for: those with such a subscription who can be reached,
    or those who are so themselves (L1); everybody where it is neither."""
    if state in set(Wish):
        return Wish(state), Reach.REACHABLE
    return None, Reach(state) if state in set(Reach) else None


class Said(StrEnum):
    """What a person said of being mailed (L4)."""

    ASKED = "asked"  # filled in a form
    CONFIRMED = "confirmed"  # pressed the button of the letter that followed
    VOUCHED = "vouched"  # somebody else says so: an import, the operator
    LEFT = "left"
    RETURNED = "returned"  # took the leaving back
    WISHED_ON = "wished on"  # still wants it, asked once a year (L9)


@dataclass(frozen=True, slots=True)
class Consent:
    """A line of the consent record (L4)."""

    subscriber: int
    newsletter: int | None  # None: of all, or of the person
    event: Said
    at: datetime  # UTC
    form: str  # where: "page", "letter", "operator", "admin", "api shop", "import list.csv"
    wording: str = ""  # what they read there
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reader chose for one newsletter (D4); what is empty is as the newsletter has it."""

    schedule: str = ""  # "daily 07:00", "weekly sat 07:00", "monthly 1 07:00"
    zone: str = ""  # IANA; "" = the site's
    categories: tuple[str, ...] = ()  # () = all that the newsletter takes
    text_only: bool = False
    resumes: datetime | None = None  # when a pause ends; None: when the reader says so


@dataclass(frozen=True, slots=True)
class Subscriber:
    id: int  # never used twice
    address: str  # as given, NFC, domain lower-cased (L6)
    state: Reach
    language: str | None
