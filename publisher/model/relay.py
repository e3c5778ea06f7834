"""What a relay was seen to take (S3)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Learnt:
    """Limits of one relay that it never told; None: it took whatever came."""

    letters: int | None = None  # on one connection
    connections: int | None = None  # at once
    changed: datetime | None = None  # None: nothing was learnt yet
