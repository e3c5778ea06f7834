"""Letters in the making: the loop makes them of what is at hand, and what is to be read first is read in a thread. A
database that does not answer holds up nobody but who waits for its letter."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from publisher.model.delivery import Delivery, Letter


class Letters(Protocol):
    """Makes the letters of editions, from what all letters of a variant have in common."""

    def has(self, variant: int) -> bool:
        """Whether that of this variant is at hand."""

    def fetch(self, variant: int) -> Any:
        """Read it, in any thread."""

    def keep(self, variant: int, fetched: Any) -> None:
        """It is at hand, until others were needed."""

    def __call__(self, delivery: Delivery) -> Letter:
        """The letter of *delivery*. Raises ValueError where it cannot stand on an envelope."""


class Making:
    """Makes letters for the connections of one loop."""

    def __init__(self, letters: Letters, notice: Callable[[Delivery], Letter] | None) -> None:
        """*notice* makes those that are no edition's, each of what it reads itself."""
        self._letters, self._notice = letters, notice
        self._fetching: dict[int, asyncio.Task[Any]] = {}  # by variant

    def has(self, delivery: Delivery) -> bool:
        """Whether the letter of *delivery* can be made without reading anything."""
        return not self._is_notice(delivery) and self._letters.has(delivery.variant)

    def made(self, delivery: Delivery) -> Letter:
        """The letter of *delivery*, of which all is at hand. Raises ValueError where it cannot stand on an envelope."""
        return self._letters(delivery)

    async def make(self, delivery: Delivery) -> Letter:
        """The letter of *delivery*. Raises as `made`, and what the store raises."""
        if self._notice and self._is_notice(delivery):
            return await asyncio.to_thread(self._notice, delivery)
        if not self._letters.has(delivery.variant):
            self._letters.keep(delivery.variant, await self._fetched(delivery.variant))
        return self._letters(delivery)

    def _is_notice(self, delivery: Delivery) -> bool:
        return self._notice is not None and delivery.edition == 0  # no edition has the number 0

    def _fetched(self, variant: int) -> "asyncio.Future[Any]":
        """All who wait for the same variant wait for one thread: there are few."""
        task = self._fetching.get(variant)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(self._letters.fetch, variant))
            self._fetching[variant] = task
            task.add_done_callback(lambda done: self._done(variant, done))
        return asyncio.shield(task)

    def _done(self, variant: int, task: "asyncio.Task[Any]") -> None:
        del self._fetching[variant]
        if not task.cancelled():
            task.exception()  # perhaps nobody waits for it any more
