"""From a planned letter to what became of it: Delivery (the ledger row) -> Letter (bytes) -> Reply -> Verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal

from publisher.model.report import Kind


class State(IntEnum):
    """State of a delivery (S1). The numbers stand in the database."""

    QUEUED = 0
    CLAIMED = 1
    SENDING = 2
    SENT = 3
    FAILED = 4
    UNKNOWN = 5
    CANCELLED = 6


# What becomes of a letter that may have left when its sender was cut off.
OnUnknown = Literal["resend", "hold"]
UNSENT = (State.QUEUED, State.CLAIMED)
UNDECIDED = (*UNSENT, State.SENDING)
LEFT = (State.SENDING, State.SENT, State.UNKNOWN)  # somebody has the letter, or may have it


class Stage(StrEnum):
    """How far a letter came when the reply (or the silence) came (S2)."""

    CONNECT = "connect"  # connection, TLS, AUTH, EHLO: about the relay, not about the letter
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # refused before its content left
    CONTENT = "content"  # its content is on the wire: no reply means nobody knows


@dataclass(frozen=True, slots=True)
class Delivery:
    """One letter to be sent: the ledger row joined with what its bytes need."""

    id: int
    edition: int
    variant: int
    subscriber: int
    address: str
    attempts: int  # tries so far
    expires: datetime  # the end of the edition's life, UTC


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes on the wire."""

    sender: str  # envelope sender, ASCII
    recipient: str
    data: bytes  # CRLF lines, not dot-stuffed
    name: str  # a file name for Maildirs: the same for the same letter
    needs_utf8: bool  # SMTPUTF8 (M8): the local part is not ASCII


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer; `code` 0: none came (dropped, timed out), `text` says why."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply means for the delivery."""

    state: State  # QUEUED (again, at `due`), SENT, FAILED or UNKNOWN
    due: datetime | None
    counts: bool  # whether the try is charged to the recipient
    code: int
    note: str  # the reply, escaped and cut, for the ledger and people
    kind: Kind | None = None  # what it says of its reader, as a report by mail would (B2)


@dataclass(frozen=True, slots=True)
class Canary:
    """What became of the letters of an edition that left first (S9)."""

    complete: bool  # whether all of them are planned
    letters: int
    awaited: int  # on their way, or due in a moment
    silent: int  # due later, without an answer: to a domain at its rate, by a relay that is down, at night
    refused: Mapping[int, Reply]  # by subscriber: the answers that put them off, or failed them
    reported: Mapping[str, frozenset[int]]  # subscribers of whom a report came by mail, by model.report.Kind
