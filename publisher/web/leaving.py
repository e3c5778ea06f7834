"""The door of who leaves: /u/TOKEN, from all newsletters, and back within a day (H2, H3, L5)."""

import asyncio
from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher.actions import leaving
from publisher.actions.leaving import Leaving
from publisher.digests.notices import STILL
from publisher.pages.notice import Way
from publisher.text.words import words
from publisher.verbs.session import Session
from publisher.web.client import client
from publisher.web.pages import not_valid, notice

log = structlog.get_logger()


def routes(session: Session) -> list[Route]:
    """What the door answers."""

    async def one(request: Request) -> Response:
        return await _leave(session, request, everything=False)

    async def everything(request: Request) -> Response:
        return await _leave(session, request, everything=True)

    async def undo(request: Request) -> Response:
        return await _undo(session, request)

    both = ["GET", "POST"]
    return [
        Route("/u/{token}", one, methods=both),
        Route("/u/{token}/all", everything, methods=both),
        Route("/u/{token}/undo", undo, methods=both),
    ]


async def _leave(session: Session, request: Request, *, everything: bool) -> Response:
    """GET and HEAD show a page with a button and change nothing (H3); POST ends the subscription, with whatever
    body and without any cookie (RFC 8058, 3.2; H2)."""
    house, token, now = session.house, request.path_params["token"], session.clock()
    found = await asyncio.to_thread(leaving.who_leaves, house, token, now)
    if found is None:
        return not_valid(session)
    if request.method == "POST" and (everything or not found.ended):
        ip = client(request.scope, session.trusted)
        go = partial(leaving.go, house, found, now, everything=everything, ip=ip)
        for _ in await asyncio.to_thread(go):
            log.info("unsubscribed", subscriber=found.person.id, newsletter=found.name)
    if request.method == "POST" or (found.ended and not (everything and found.others)):
        return await gone(session, token, found.others if everything else ())
    speak = words(_language(session, found))
    numbers = (*(() if found.ended else (found.newsletter,)), *(found.others if everything else ()))
    title = speak.join(await asyncio.to_thread(leaving.titles, house, numbers))
    return notice(
        session,
        speak.language,
        title=speak.text("Unsubscribe"),
        text=speak.text("Do you want to stop receiving %(title)s?") % {"title": title},
        action="all" if everything else token,  # relative: also right behind a proxy that strips a prefix
        button=speak.text("Yes, unsubscribe me"),
    )


async def gone(session: Session, token: str, now_left: tuple[int, ...] = ()) -> Response:
    """What who is unsubscribed by *token* sees: the way back, and out of the rest. *now_left*: other newsletters they
    left in the same moment."""
    house = session.house
    found = await asyncio.to_thread(leaving.who_leaves, house, token, session.clock())
    assert found
    speak, layout = words(_language(session, found)), house.layout
    title = speak.join(await asyncio.to_thread(leaving.titles, house, (found.newsletter, *now_left)))
    going = speak.join(await asyncio.to_thread(leaving.titles, house, found.going))
    ended = STILL if going else "You are unsubscribed from %(title)s. No more letters will come."
    done = speak.text(ended) % {"title": title, "others": going}
    others = [Way(speak.text("Leave all newsletters"), layout.leave_all(token))] if found.others else []
    back = speak.text("If that was a mistake, you can take it back within 24 hours.")
    return notice(
        session,
        speak.language,
        title=speak.text("You are unsubscribed"),
        text=f"{done} {back}" if found.back else done,
        action=layout.undo(token) if found.back else None,
        button=speak.text("Take it back"),
        others=others,
        links=[] if found.back else [Way(speak.text("Subscribe again"), layout.subscribe())],
    )


async def _undo(session: Session, request: Request) -> Response:
    """GET and HEAD show a page with a button; POST takes back that a reader left."""
    house, token, now = session.house, request.path_params["token"], session.clock()
    found = await asyncio.to_thread(leaving.who_leaves, house, token, now)
    if found is None:
        return not_valid(session)
    speak, layout = words(_language(session, found)), house.layout
    numbers: tuple[int, ...] = ()
    if request.method == "POST" and found.back:
        ip = client(request.scope, session.trusted)
        numbers = await asyncio.to_thread(partial(leaving.undo, house, found, now, ip=ip))
        log.info("returned by link", subscriber=found.person.id, newsletter=found.name)
    if numbers or not found.ended:
        title = speak.join(await asyncio.to_thread(leaving.titles, house, numbers or (found.newsletter,)))
        again = speak.text("You are subscribed to %(title)s. Nothing is lost.") % {"title": title}
        return notice(session, speak.language, title=speak.text("You are subscribed again"), text=again)
    if not found.back:
        late = speak.text("It is too late to take it back. You can subscribe again.")
        again_ = [Way(speak.text("Subscribe again"), layout.subscribe())]
        return notice(
            session, speak.language, title=speak.text("You are unsubscribed"), text=late, links=again_
        )
    title = speak.join(await asyncio.to_thread(leaving.titles, house, (found.newsletter,)))
    return notice(
        session,
        speak.language,
        title=speak.text("Subscribe again"),
        text=speak.text("Do you want to get %(title)s?") % {"title": title},
        action="undo",
        button=speak.text("Take it back"),
    )


def _language(session: Session, found: Leaving) -> str:
    return found.person.language or session.house.site.language
