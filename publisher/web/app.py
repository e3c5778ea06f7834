"""Everything the daemon answers: the output folder, the doors of readers and editors, /healthz."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from publisher.actions import readers
from publisher.errors import PublisherError
from publisher.store import feed_versions
from publisher.subscribers.tokens import Claim
from publisher.text.words import words
from publisher.verbs import measuring
from publisher.verbs.session import Session
from publisher.web import approving, metrics, pages, preferences, shell
from publisher.web.files import Files
from publisher.web.metrics import HERE, Access, Live
from publisher.web.shell import Counts

ALONE = frozenset(["/healthz", "/metrics"])  # doors without anything below them
DOORS = ("/u/", "/preferences/", "/approve/")  # what is below them is made when it is asked for

log = structlog.get_logger()


def application(
    session: Session,
    health: Callable[[], list[str]],
    warnings: Callable[[], list[str]],
    *,
    live: Callable[[], Live] = Live,
    access: Access = HERE,
) -> Callable[..., Any]:
    """The ASGI application; *health* names what is wrong now, *warnings*, asked in a thread, what is
    wrong elsewhere; *live* says what only the daemon knows, *access* who may read /metrics."""
    house, counts = session.house, Counts()
    files = Files(house.out, lambda path: house.store.read(lambda c: feed_versions.of(c, path)))

    async def healthz(_: Request) -> Response:
        problems = [*health(), *await asyncio.to_thread(_checked, session)]
        found = {
            "status": "failing" if problems else "ok",
            "problems": problems,
            "warnings": await asyncio.to_thread(warnings),
        }
        return JSONResponse(found, 503 if problems else 200)

    async def unsubscribe(request: Request) -> Response:
        return await _unsubscribe(session, request)

    async def prefer(request: Request) -> Response:
        return await preferences.answer(session, request)

    dynamic = Starlette(
        routes=[
            Route("/healthz", healthz, methods=["GET"]),
            Route("/u/{token}", unsubscribe, methods=["GET", "POST"]),
            Route("/preferences/{token}", prefer, methods=["GET", "POST"]),
            *approving.routes(session),
            *metrics.routes(session, counts, live, access),
        ],
        exception_handlers={HTTPException: shell.plainly, Exception: shell.failed},
    )
    dynamic.router.redirect_slashes = False  # the Host header is anybody's words

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        door = shell.door_of(scope["path"])
        counting = counts.counted(door, send)
        if scope["path"] in ALONE or scope["path"].startswith(DOORS):
            await shell.guarded(dynamic, door, scope, receive, counting)
        else:
            await files(scope, receive, counting)

    application.doors = dynamic.routes  # type: ignore[attr-defined]
    return application


def _checked(session: Session) -> list[str]:
    """What is wrong that no task has run into yet."""
    try:
        return measuring.problems(session.house, session.clock())
    except PublisherError as error:
        return [str(error)]


async def _unsubscribe(session: Session, request: Request) -> Response:
    """GET and HEAD show a page with a button and change nothing (H3); POST ends the subscription, with whatever
    body and without any cookie (RFC 8058, 3.2; H2)."""
    house, token = session.house, request.path_params["token"]
    leaving = readers.who_leaves(house, token)
    if leaving is None:
        return pages.not_valid(session)
    language = leaving.person.language or house.site.language
    newsletter = house.newsletters.get(leaving.name)
    title = newsletter.title if newsletter else leaving.name
    if request.method == "POST" and not leaving.ended:
        claim, now = Claim(leaving.person.id, leaving.newsletter), session.clock()
        await house.store.settle(lambda c: readers.leave(c, claim, now))
        log.info("unsubscribed", subscriber=claim.subscriber, newsletter=leaving.name)
    if request.method == "POST" or leaving.ended:
        return pages.unsubscribed(session, language, title)
    speak = words(language)
    return pages.notice(
        session,
        language,
        title=speak.text("Unsubscribe"),
        text=speak.text("Do you want to stop receiving %(title)s?") % {"title": title},
        action=token,  # relative: also right behind a proxy that strips a prefix
        button=speak.text("Yes, unsubscribe me"),
    )
