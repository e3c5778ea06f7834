"""Everything the daemon answers: the output folder, the doors of readers and editors, /healthz."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from publisher.actions import readers
from publisher.config import Settings
from publisher.store import feed_versions
from publisher.subscribers.tokens import Claim
from publisher.text.words import words
from publisher.verbs.session import Session
from publisher.web import admin, approving, pages, preferences
from publisher.web.files import Files

DOORS = ("/u/", "/preferences/", "/approve/", "/admin/")  # what is below them is made when it is asked for

log = structlog.get_logger()


def application(
    session: Session,
    health: Callable[[], list[str]],
    warnings: Callable[[], list[str]],
    settings: Settings | None = None,
    lines: Callable[[], list[str]] = list,
) -> Callable[..., Any]:
    """The ASGI application; *health* names what is wrong now, *warnings*, asked in a thread, what is
    wrong elsewhere. Where *settings* have them, the editors' pages are there, and
    show the last *lines* of the log."""
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
            *admin.routes(session, settings, health, warnings, lines),
        ]
    )
    dynamic.router.redirect_slashes = False  # the Host header is anybody's words

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] in ("/healthz", "/admin") or scope["path"].startswith(DOORS):
            await dynamic(scope, receive, send)
        else:
            await files(scope, receive, send)

    return application


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
