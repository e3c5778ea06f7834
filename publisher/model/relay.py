"""What a relay was seen to take (S3)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Learnt:
    """Limits of one relay that it never told; None: it took whatever came."""

    letters: int | None = None  # on one connection
    connections: int | None = None  # at once
    changed: datetime | None = None  # None: nothing was learnt yet


@dataclass(frozen=True, slots=True)
class Offers:
    """What it says to EHLO, and how it is spoken to."""

    words: frozenset[str]  # in lower case
    size: int = 0  # octets of a letter; 0: it does not say
    tls: str = ""  # "TLSv1.3"; "" in clear
    until: datetime | None = None  # the end of its certificate
    login: bool = False  # it took our name and password
