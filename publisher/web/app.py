"""Everything the daemon answers: the output folder, the doors of readers and editors, /healthz."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from publisher.config import ApiSettings
from publisher.store import feed_versions
from publisher.verbs.session import Session
from publisher.web import approving, confirming, leaving, preferences, subscribing
from publisher.web.api.door import Door
from publisher.web.files import Files
from publisher.web.pages import not_valid

# What is below them is made when it is asked for, and what is at them.
DOORS = ("/u/", "/preferences/", "/approve/", "/subscribe/", "/confirm/", "/erase/", "/api/")

NO_API = ApiSettings()


def application(
    session: Session,
    health: Callable[[], list[str]],
    warnings: Callable[[], list[str]],
    api: ApiSettings = NO_API,
) -> Callable[..., Any]:
    """The ASGI application; *health* names what is wrong now, *warnings*, asked in a thread, what is
    wrong elsewhere."""
    house = session.house
    files = Files(house.out, lambda path: house.store.read(lambda c: feed_versions.of(c, path)))

    async def healthz(_: Request) -> Response:
        problems = health()
        found = {
            "status": "failing" if problems else "ok",
            "problems": problems,
            "warnings": await asyncio.to_thread(warnings),
        }
        return JSONResponse(found, 503 if problems else 200)

    async def prefer(request: Request) -> Response:
        return await preferences.answer(session, request)

    async def nobodys(*_: Any) -> Response:
        return not_valid(session)

    dynamic = Starlette(
        routes=[
            Route("/healthz", healthz, methods=["GET"]),
            Route("/preferences/{token}", prefer, methods=["GET", "POST"]),
            *approving.routes(session),
            *subscribing.routes(session),
            *confirming.routes(session),
            *leaving.routes(session),
            Route("/api/{rest:path}", Door(session, api)),
        ],
        exception_handlers={404: nobodys},
    )
    dynamic.router.redirect_slashes = False  # the Host header is anybody's words

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/healthz" or f"{scope['path']}/".startswith(DOORS):
            await dynamic(scope, receive, send)
        else:
            await files(scope, receive, send)

    return application
