"""What carries letters: an SMTP relay or a Maildir, one connection of it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from publisher.model.delivery import Letter, Reply, Stage

BeforeContent = Callable[[], Awaitable[None]]


class Down(Exception):
    """The relay cannot be used now: connection, TLS, AUTH or EHLO failed. It is no letter's fault."""

    def __init__(self, stage: Stage, reply: Reply) -> None:
        self.stage, self.reply = stage, reply
        super().__init__(stage, reply)

    def __str__(self) -> str:
        return f"{self.reply.code or 'no reply'}: {self.reply.text}"


class Carrier(Protocol):
    """One connection: letters go over it one at a time."""

    @property
    def alive(self) -> bool:
        """Whether another letter may be sent on this connection."""

    async def open(self) -> None:
        """Make it ready. Raises Down."""

    async def send(self, letter: Letter, before_content: BeforeContent) -> tuple[Stage, Reply]:
        """Send *letter*; return how far it came and the reply that ended it (code 0: none came).

        *before_content* is awaited when the relay has agreed to take the content and before its first byte leaves:
        the ledger commits there. What it raises goes on to the caller, and no content leaves. A relay's refusal,
        silence or end never raises.
        """

    async def close(self) -> None:
        """Part from the relay; never raises."""
