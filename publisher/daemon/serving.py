"""Door: the web server: the site's files and doors, and what is wrong."""

import asyncio
import contextlib
import socket
from typing import Any

import uvicorn

from publisher import logs
from publisher.actions import agreement
from publisher.config import Settings
from publisher.daemon.common import Common, log
from publisher.errors import PublisherError
from publisher.verbs import held
from publisher.web import tokenfile
from publisher.web.app import application
from publisher.web.deadlines import Guard, protocol
from publisher.web.limits import Limits, affordable, bodies
from publisher.web.metrics import Access, Live

COMING = 0.3  # seconds that a request takes to come behind its connection


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """The process has its own handlers; uvicorn's would raise the signal again after it served."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Who has just come is answered: what they ask may be under way. Who comes now waits for the next server."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(COMING)
        await super().shutdown(sockets)


class Serving:
    """The server on `web.listen`. Raises Unwritable where it cannot listen there, BadConfig."""

    def __init__(self, common: Common) -> None:
        self._common, self._session, self._settings = common, common.session, common.settings
        common.serves = True
        web = self._settings.web
        may = bodies(editors=bool(web.admin.password_file))
        self._listening = common.lasting.listen(web)
        app = application(
            self._session,
            common.problems.lines,
            self._warnings,
            self._settings,
            api=web.api,
            lines=logs.last,
            live=self._live,
            access=Access(web.metrics, token(self._settings)),
            editors=common.lasting.editors,
        )
        limits = Limits(connections=affordable(), exempt=web.trusted, bodies=may)
        self._guard = Guard(limits, app.at_once)
        self._server = _Server(
            uvicorn.Config(
                app,
                http=protocol(self._guard),
                ws="none",
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,  # who asks is for web.client to say
                timeout_graceful_shutdown=5,
            )
        )
        if problem := held.unmailed(self._session.house):
            log.warning("mail", problem=problem)
        log.info("serving", url=f"http://{web.listen}/", site=self._settings.site.url)

    async def serve(self) -> None:
        """Answer, until `end`."""
        await self._server.serve(sockets=[self._listening])

    def end(self) -> None:
        """Finish what is being answered."""
        self._server.should_exit = True

    def _live(self) -> Live:
        """What /metrics says that no table does."""
        problems = self._common.problems
        return Live(
            relay="relay" not in problems,
            fenced="fence" in problems,
            published=self._common.published_at,
            publishing=self._common.publishing,
            connections=len(self._guard.open),
            refused=self._guard.refused,
        )

    def _warnings(self) -> list[str]:
        """What is wrong elsewhere, and stops nothing here."""
        house, remarks = self._session.house, self._common.remarks
        try:
            stopped = list(held.stopped_lines(held.stopped(house)))
            line = agreement.line(agreement.differing(house)) if self._common.follows() else ""
            others = [line] if line else []
        except PublisherError as error:
            stopped, others = [str(error)], []
        alone = held.alone_lines(held.left_alone(self._session.left_alone()))
        unerased = [left] if (left := house.memory.unerased) else []
        unmailed = filter(None, [held.unmailed(house)])
        found = (remarks.get(name, ()) for name in ("backup", "pings", "mailbox"))
        noted = [line for lines in found for line in lines]
        return [*remarks.get("settings", ()), *others, *unmailed, *unerased, *noted, *stopped, *alone]


def token(settings: Settings) -> str:
    """The token of /metrics; "" where they name none. Raises BadConfig."""
    name = settings.web.metrics_token_file
    return tokenfile.read(settings.root / name, "metrics_token_file") if name else ""
