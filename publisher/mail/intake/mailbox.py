"""What messages are read from, whichever door leads to it."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

MOST = 1_000_000  # octets that are read of a message


class Fate(Enum):
    """What becomes of a message in its mailbox, once what it said is committed."""

    DONE = "done"  # removed; or, where they are kept, marked as read and answered
    KEPT = "kept"  # flagged, for a person to look at
    LEFT = "left"  # not for us: as if nobody had been there


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as it lies in its mailbox."""

    key: str  # its name there
    data: bytes  # the first MOST octets
    size: int  # of all of it

    @property
    def whole(self) -> bool:
        return self.size <= len(self.data)


class Mailbox(Protocol):
    """A place with messages. A message whose fate is not told is there again the next time."""

    name: str  # for people, and for `position`; never with a password
    piped: bool  # whatever lies here was handed to us: nobody else has it
    position: str  # how far it was read, where it can say so; kept for it from one run to the next
    troubles: list[str]  # messages that cannot be read: they are passed over, and stop nothing

    def open(self) -> AbstractContextManager[Iterator[Mail]]:
        """Its messages. Raises Unreachable, Unwritable."""

    def finish(self, fates: Sequence[tuple[str, Fate]]) -> None:
        """Do what was decided about messages of `open`, while it is open. Raises as it does."""
