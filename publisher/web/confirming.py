"""The doors of links in letters: /confirm/TOKEN (L4), and "still want this?" (L9). GET and HEAD show a page with a
button and change nothing (H3)."""

import asyncio
from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher.actions import joining, yearly
from publisher.actions.joining import Asked
from publisher.pages.notice import Way
from publisher.text.words import words
from publisher.verbs.session import Session
from publisher.web.client import client
from publisher.web.pages import language_of, not_valid, notice

log = structlog.get_logger()


def routes(session: Session) -> list[Route]:
    """What the doors answer."""

    async def confirm(request: Request) -> Response:
        return await _confirm(session, request)

    async def still(request: Request) -> Response:
        return await _still(session, request)

    both = ["GET", "POST"]
    return [
        Route("/confirm/{token}", confirm, methods=both),
        Route("/preferences/{token}/still", still, methods=both),
    ]


async def _confirm(session: Session, request: Request) -> Response:
    house, token = session.house, request.path_params["token"]
    now = session.clock()
    found = await asyncio.to_thread(joining.look, house, token, now)
    if found is None:
        return not_valid(session)
    language = (found.person and found.person.language) or language_of(session, request)
    speak = words(language)
    title = speak.join(found.titles) if found.titles else ""
    question = speak.text("Do you want to get %(title)s?") % {"title": title}
    button = speak.text("Yes, I want it")
    if request.method == "POST":
        wording, ip = f"{question} {button}", client(request.scope, session.trusted)
        begin = partial(joining.confirm, house, token, now, wording=wording, ip=ip)
        was, found = found, await asyncio.to_thread(begin)
        assert found
        if found.state == "done" and was.state == "open" and found.person:
            log.info("confirmed", subscriber=found.person.id)
    return _confirmed(session, found, language, title, token, question, button)


def _confirmed(
    session: Session, found: Asked, language: str, title: str, token: str, question: str, button: str
) -> Response:
    speak, layout = words(language), session.house.layout
    if found.state == "open":
        return notice(session, language, title=question, text="", action=token, button=button)
    if found.state == "done":
        done = speak.text("You are subscribed to %(title)s.") % {"title": title}
        at_foot = speak.text("At the foot of every letter you can change what comes and when, or leave.")
        heading = speak.text("Your subscription is confirmed")
        return notice(session, language, title=heading, text=f"{done} {at_foot}")
    return notice(
        session,
        language,
        title=speak.text("This link is too old, or was used"),
        text=speak.text("If you still want letters, ask for a new one."),
        links=[Way(speak.text("Subscribe"), layout.subscribe())],
    )


async def _still(session: Session, request: Request) -> Response:
    house, token = session.house, request.path_params["token"]
    asked = await asyncio.to_thread(yearly.look, house, token)
    if asked is None:
        return not_valid(session)
    language = asked.person.language or house.site.language
    speak, title = words(language), {"title": asked.newsletter.title}
    question = speak.text("Do you still want %(title)s?") % title
    button = speak.text("Yes, I still want it")
    if request.method != "POST":
        return notice(session, language, title=question, text="", action="still", button=button)
    ip = client(request.scope, session.trusted)
    keep = partial(yearly.keep, house, asked, session.clock(), wording=f"{question} {button}", ip=ip)
    if await asyncio.to_thread(keep):
        on = speak.text("%(title)s goes on as before.") % title
        return notice(session, language, title=speak.text("Thank you"), text=on)
    return notice(
        session,
        language,
        title=speak.text("You are unsubscribed"),
        text="",
        links=[Way(speak.text("Subscribe again"), house.layout.subscribe())],
    )
