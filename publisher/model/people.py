"""Readers: a Subscriber is a person with an address, a Subscription their wish for one newsletter."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Subscriber:
    id: int  # never used twice
    address: str  # as given, NFC, domain lower-cased (L6)
    state: Reach
    language: str | None
