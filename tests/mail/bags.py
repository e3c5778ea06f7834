"""A bag for tests: letters for one connection after the other, and what was said of each."""

from collections import deque
from collections.abc import Awaitable, Callable

from publisher.model.delivery import Letter, Reply, Stage


class Letters:
    """A bag that keeps score. Every letter taken must be told of once, or come back; a bag may serve one connection
    after another, and what came back is in the next one."""

    def __init__(self, *letters: Letter, before: Callable[[Letter], Awaitable[bool]] | None = None) -> None:
        self.waiting = deque(letters)
        self.told = list[tuple[Letter, Stage, Reply]]()
        self.returned = list[tuple[Letter, Reply]]()
        self.begun = list[Letter]()
        self.out = list[Letter]()  # taken, and nothing said yet
        self.emptied = False  # the connection asked for more than there was: it lives on
        self._before = before

    async def take(self) -> Letter | None:
        """See Bag."""
        letter = self.ahead()
        self.emptied |= letter is None
        return letter

    def ahead(self) -> Letter | None:
        """See Bag."""
        if not self.waiting:
            return None
        self.out.append(self.waiting.popleft())
        return self.out[-1]

    async def begin(self, letter: Letter) -> bool:
        """See Bag."""
        assert letter in self.out and letter not in self.begun
        if self._before and not await self._before(letter):
            self.out.remove(letter)
            return False
        self.begun.append(letter)
        return True

    def tell(self, letter: Letter, stage: Stage, reply: Reply) -> None:
        """See Bag."""
        self.out.remove(letter)
        self.told.append((letter, stage, reply))

    def back(self, letter: Letter, why: Reply) -> None:
        """See Bag."""
        assert letter not in self.begun
        self.out.remove(letter)
        self.returned.append((letter, why))
        self.waiting.appendleft(letter)

    @property
    def outcomes(self) -> list[tuple[Stage, Reply]]:
        """What was told, in its order."""
        return [(stage, reply) for _, stage, reply in self.told]
