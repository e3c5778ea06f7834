"""What a monitoring program asks: whether all is well. It is answered soon, also where the database says nothing."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from publisher.errors import PublisherError
from publisher.verbs import measuring
from publisher.verbs.session import Session

SOON = 3.0  # seconds that the database has for its answer: who asks waits for few more
Said = Callable[[], list[str]]


class Health:
    """The door /healthz. One look at the database at a time, however many ask: each takes a thread until it ends."""

    def __init__(self, session: Session, problems: Said, warnings: Said) -> None:
        """*problems*: what the tasks of the daemon ran into; *warnings*, which may block: what stops nothing here."""
        self._session, self._problems, self._warnings = session, problems, warnings
        self._look: asyncio.Task[tuple[list[str], list[str]]] | None = None
        self._began = 0.0

    async def answer(self, _: Request) -> Response:
        """200, or 503 with what is wrong."""
        now = asyncio.get_running_loop().time()
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(asyncio.to_thread(self._checked))
            self._began = now
        look, began = self._look, self._began
        await asyncio.wait([look], timeout=SOON)
        if look.done():
            found, warnings = look.result()
        else:
            seconds = round(asyncio.get_running_loop().time() - began)
            where = self._session.house.store.database.where
            found = [f"{where}: the database has given no answer for {seconds} s. Mend: look at it"]
            warnings = []
        problems = list(dict.fromkeys([*self._problems(), *found]))
        body = {"status": "failing" if problems else "ok", "problems": problems, "warnings": warnings}
        return JSONResponse(body, 503 if problems else 200)

    def _checked(self) -> tuple[list[str], list[str]]:
        """What is wrong that no task has run into yet, and the warnings."""
        try:
            found = measuring.problems(self._session.house, self._session.clock())
        except PublisherError as error:
            found = [str(error)]
        return found, self._warnings()
