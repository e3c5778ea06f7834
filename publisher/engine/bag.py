"""The letters of one connection."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from publisher.engine.run import Run, settle
from publisher.mail.gate import is_lost
from publisher.mail.verdict import escaped
from publisher.model.delivery import Delivery, Letter, Reply, Stage, State, Verdict

if TYPE_CHECKING:
    from publisher.engine.local import LocalEngine

IDLE = 10.0  # seconds that a connection may wait for the rate of its relay


class Bag:
    """The letters of one connection."""

    def __init__(self, engine: "LocalEngine", run: Run, relay: str, first: Delivery) -> None:
        self._engine, self._run, self._relay = engine, run, relay
        self._first: Delivery | None = first
        self._at_hand: dict[str, Delivery] = {}  # by the letter's name
        self.carried = 0  # contents that the relay answered about
        self.over: Delivery | None = None  # the letter over which the connection ended

    async def take(self) -> Letter | None:
        """See Bag."""
        while delivery := await self._next():
            pause = self._engine.may(self._run, self._relay, delivery)
            if pause is None:
                at_hand = self._engine.making.has(delivery)
                letter = self._made(delivery) if at_hand else await self._waited_for(delivery)
                if letter:
                    return letter
            if pause and pause > IDLE:
                return None
            if pause:
                await self._run.pause(pause)
        return None

    async def _next(self) -> Delivery | None:
        first, self._first = self._first, None
        if first is not None:
            return first
        return await self._run.desk.take() if self._engine.stays(self._relay, self.carried) else None

    def leave(self) -> None:
        """What was to be the first letter is the next one again, where the connection ended before it. Others are left
        only where the run broke off: they do not leave any more."""
        if self._first is not None:
            self._run.desk.return_(self._first)
        for delivery in self._at_hand.values():
            self._engine.returned(delivery, self._relay)

    def ahead(self) -> Letter | None:
        """See Bag."""
        if not self._engine.stays(self._relay, self.carried + 1):
            return None
        while (delivery := self._run.desk.at_hand()) is not None:
            if not self._engine.making.has(delivery):  # it is the next that is waited for
                self._run.desk.return_(delivery)
                return None
            pause = self._engine.may(self._run, self._relay, delivery)
            if pause is None and (letter := self._made(delivery)):
                return letter
            if pause:
                return None
        return None

    def _made(self, delivery: Delivery) -> Letter | None:
        """The letter of *delivery*, of what is at hand; None where it never can be made: then it fails."""
        try:
            letter = self._engine.making.made(delivery)
        except BaseException as error:
            self._not_made(delivery, error)
            return None
        self._at_hand[letter.name] = delivery
        return letter

    async def _waited_for(self, delivery: Delivery) -> Letter | None:
        """As `_made`, where something is to be read first."""
        try:
            letter = await self._engine.making.make(delivery)
        except BaseException as error:
            self._not_made(delivery, error)
            return None
        self._at_hand[letter.name] = delivery
        return letter

    def _not_made(self, delivery: Delivery, error: BaseException) -> None:
        self._engine.returned(delivery, self._relay)
        if not isinstance(error, ValueError):
            raise error
        settle(self._run, delivery, Verdict(State.FAILED, None, True, 0, escaped(str(error))))

    def begin(self, letter: Letter) -> Awaitable[bool]:
        """See Bag."""
        return self._begun(letter, self._run.desk.begin(self._at_hand[letter.name]))

    async def _begun(self, letter: Letter, begun: Awaitable[bool]) -> bool:
        if await begun:
            return True
        self._engine.returned(self._at_hand.pop(letter.name), self._relay)
        self._engine.queue_again(self._run)  # if its edition is held, so are they
        return False

    def tell(self, letter: Letter, stage: Stage, reply: Reply) -> None:
        """See Bag."""
        self.carried += stage is Stage.CONTENT and reply.code not in (0, 421)
        delivery = self._at_hand.pop(letter.name)
        self.over = delivery if is_lost(stage, reply) else None
        self._engine.told(self._run, self._relay, delivery, stage, reply)

    def back(self, letter: Letter, why: Reply) -> None:
        """See Bag."""
        delivery = self._at_hand.pop(letter.name)
        self._engine.returned(delivery, self._relay)
        self._run.desk.return_(delivery)
