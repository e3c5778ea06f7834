"""Everything the daemon answers: the output folder, the doors of readers and editors, /healthz."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.config import ApiSettings, Settings
from publisher.errors import Unwritable
from publisher.store import feed_versions
from publisher.store.state import GO_ON
from publisher.verbs.session import Session
from publisher.web import (
    admin,
    approving,
    asking,
    confirming,
    leaving,
    metrics,
    own,
    preferences,
    shell,
    subscribing,
)
from publisher.web.admin.login import Entry
from publisher.web.answers import Headers
from publisher.web.api.door import Door
from publisher.web.client import client
from publisher.web.files import Files, Reply
from publisher.web.health import Health
from publisher.web.metrics import HERE, Access, Live
from publisher.web.pages import not_valid
from publisher.web.shell import Counts

ALONE = frozenset(["/healthz", "/metrics"])  # doors without anything below them
# What is below them is made when it is asked for, and what is at them.
DOORS = (
    *("/u/", "/preferences/", "/subscribe/", "/confirm/", "/erase/"),
    *("/approve/", "/admin/", "/api/"),
)

READING = frozenset(["GET", "HEAD", "OPTIONS"])
NO_API = ApiSettings()
App = Callable[[Any, Any, Any], Awaitable[None]]


class Application:
    """What answers every request (ASGI 3): the *doors*, or *files*."""

    def __init__(self, routes: Sequence[BaseRoute], files: Files, doors: App, counts: Counts) -> None:
        self.doors = routes
        self._files, self._doors, self._counts = files, doors, counts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        door = shell.door_of(scope["path"])
        counting = self._counts.counted(door, send)
        if scope["path"] in ALONE or f"{scope['path']}/".startswith(DOORS):
            await shell.guarded(self._doors, door, scope, receive, counting)
        else:
            await self._files(scope, receive, counting)

    def at_once(self, raw: bytes, headers: Headers) -> Reply | None:
        """What to answer without a task of its own: see Files."""
        found = self._files.at_once(raw, headers)
        if found:
            self._counts.answers[shell.FILES, found.status] += 1
        return found


def application(
    session: Session,
    health: Callable[[], list[str]],
    warnings: Callable[[], list[str]],
    settings: Settings | None = None,
    *,
    api: ApiSettings = NO_API,
    lines: Callable[[], list[str]] = list,
    live: Callable[[], Live] = Live,
    access: Access = HERE,
    editors: dict[str, Entry] | None = None,
) -> Application:
    """The ASGI application; *health* names what is wrong now, *warnings*, asked in a thread, what is
    wrong elsewhere; *live* says what only the daemon knows, *access* who may read /metrics. Where *settings* have them,
    the editors' pages are there, and show the last *lines* of the log; *editors* are in already."""
    counts = Counts()
    house = session.house
    house.learnt(anew=False)  # before anybody is answered: the doors ask for it on the event loop
    files = Files(house.out, lambda path: house.store.read(lambda c: feed_versions.of(c, path)))
    dynamic = _dynamic(
        session,
        [
            Route("/healthz", Health(session, health, warnings).answer, methods=["GET"]),
            *_doors(session),
            *metrics.routes(session, counts, live, access),
            *admin.routes(session, settings, health, warnings, lines, editors),
            Route(
                "/api/{rest:path}", Door(session, api, client=lambda scope: client(scope, session.trusted))
            ),
        ],
    )

    async def doors(scope: Any, receive: Any, send: Any) -> None:
        if session.left and scope["method"] not in READING:  # it would be lost
            raise Unwritable(f"nothing is changed here: {session.fenced}", house.store.database.where, GO_ON)
        await dynamic(scope, receive, send)

    return Application(dynamic.routes, files, doors, counts)


def _dynamic(session: Session, routes: list[Route]) -> Starlette:
    """What is made when it is asked for; anything else below the doors is a link that is not valid."""

    async def nobodys(*_: Any) -> Response:
        return not_valid(session)

    handlers = {404: nobodys, HTTPException: shell.plainly, Exception: shell.failed}
    found = Starlette(routes=routes, exception_handlers=handlers)
    found.router.redirect_slashes = False  # the Host header is anybody's words
    return found


def _doors(session: Session) -> list[Route]:
    """The doors of readers, and of the editors who approve."""

    async def prefer(request: Request) -> Response:
        return await preferences.answer(session, request)

    desk = asking.desk(session)
    return [
        Route("/preferences/{token}", prefer, methods=["GET", "POST"]),
        *approving.routes(session),
        *subscribing.routes(desk),
        *own.routes(desk),
        *confirming.routes(session),
        *leaving.routes(session),
    ]
