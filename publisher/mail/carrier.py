"""What carries letters, an SMTP relay or a Maildir, one connection of it; and where it has them from."""

from collections.abc import Awaitable
from typing import Protocol

from publisher.model.delivery import Letter, Reply, Stage


class Down(Exception):
    """The relay cannot be used now: connection, TLS, AUTH or EHLO failed. It is no letter's fault."""

    def __init__(self, stage: Stage, reply: Reply) -> None:
        self.stage, self.reply = stage, reply
        super().__init__(stage, reply)

    def __str__(self) -> str:
        return f"{self.reply.code or 'no reply'}: {self.reply.text}"


class Bag(Protocol):
    """The letters for one connection. Each that was taken is told of once, or put back."""

    async def take(self) -> Letter | None:
        """The next letter, waited for; None: this connection has no more to carry."""

    def ahead(self) -> Letter | None:
        """The next letter if there is one at hand: its envelope may ride behind the content of the one before."""

    def begin(self, letter: Letter) -> Awaitable[bool]:
        """Done when everything told so far, and that the content of *letter* leaves now, is on the disk (S1). False:
        it was cancelled, and its content stays."""

    def tell(self, letter: Letter, stage: Stage, reply: Reply) -> None:
        """How far *letter* came, and the reply that ended it (code 0: none came)."""

    def back(self, letter: Letter, why: Reply) -> None:
        """Nothing of *letter* left but perhaps its envelope, and nobody refused it: *why* the connection ended."""


class Carrier(Protocol):
    """One connection: letters go over it one at a time."""

    async def open(self) -> None:
        """Make it ready. Raises Down."""

    async def converse(self, bag: Bag) -> Reply | None:
        """Carry what is in *bag* until it is empty or the connection ends; returns how the relay ended it (code 0: it
        just went), None where it did not. The content of a letter leaves only after `begin` said so. What the bag
        raises goes on to the caller; a relay's refusal, silence or end never raises."""

    async def close(self) -> None:
        """Part from the relay; never raises."""


class OneLetter:
    """A bag with one letter that no ledger knows of; `outcome` is what became of it."""

    def __init__(self, letter: Letter) -> None:
        self._letter: Letter | None = letter
        self.outcome = Stage.CONNECT, Reply(0, "not sent")

    async def take(self) -> Letter | None:
        """See Bag."""
        letter, self._letter = self._letter, None
        return letter

    def ahead(self) -> Letter | None:
        """See Bag."""
        return None

    async def begin(self, letter: Letter) -> bool:
        """See Bag: there is nothing to be written down."""
        return True

    def tell(self, letter: Letter, stage: Stage, reply: Reply) -> None:
        """See Bag."""
        self.outcome = stage, reply

    def back(self, letter: Letter, why: Reply) -> None:
        """See Bag."""
        self.outcome = Stage.MAIL, why
