"""Letters leave, from this process: everything that is due, or what a worker was given."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from publisher.daemon.common import TICK, Common, log, masked
from publisher.errors import PublisherError
from publisher.verbs import delivering
from publisher.verbs.session import Session

if TYPE_CHECKING:
    from publisher.engine.run import Tally

MINUTE = 60  # seconds between two lines of the log about letters that leave


class Sending:
    """Sends what is due at every tick, and when the next letter is."""

    def __init__(
        self, common: Common, deliver: Callable[[Session], Awaitable["Tally"]] = delivering.deliver
    ) -> None:
        """*deliver* sends, until there is nothing to send."""
        self._common, self._session, self._problems = common, common.session, common.problems
        self._deliver = deliver
        self._begun: float | None = None  # when letters began to leave, or the log said how far they are
        self._session.listeners.append(self._under_way)

    async def send_forever(self) -> None:
        """Send whenever letters may be due."""
        common = self._common
        while await common.told(common.letters):
            common.letters.clear()
            try:
                await common.look_at_fence()
                if not common.fenced() and await common.may_send():
                    await self._send()
            except* PublisherError as group:
                self._problems.trouble("send", group.exceptions[0])
            else:
                self._problems.over("send")

    async def _send(self) -> None:
        await self._session.sender()  # made now: a key that cannot sign is told before a letter needs it
        tally = await self._deliver(self._session)
        soon = await delivering.next_due(self._session, TICK)
        again = min(tally.again if tally.down or tally.rests else TICK, TICK if soon is None else soon)
        if again < TICK:
            asyncio.get_running_loop().call_later(again, self._common.letters.set)
        if tally.sent or tally.failed or tally.deferred or tally.unknown:
            log.info(
                "sent", sent=tally.sent, failed=tally.failed, deferred=tally.deferred, unknown=tally.unknown
            )
        for recipient, reply in tally.failures:
            log.warning("refused", address=masked(recipient), reply=reply)
        self._relay(tally.down)

    def _under_way(self, how: dict[str, Any]) -> None:
        """A line for each minute that letters leave."""
        self._common.gets_on(self._common.letters)
        at = asyncio.get_running_loop().time()
        if how["done"] == how["total"] or self._begun is None:
            self._begun = at if how["done"] < how["total"] else None
        elif at - self._begun >= MINUTE:
            self._begun = at
            log.info("under_way", done=how["done"], left=how["total"] - how["done"], rate=how["rate"])

    def _relay(self, down: str) -> None:
        """Say once that a relay cannot be used; the engine knows when to try it again."""
        if not down:
            self._problems.over("relay")
        elif self._problems.has("relay", f"the relay cannot be used: {down}"):
            log.error("relay", problem=down, mend="look at mail.relay and the relay's log")
