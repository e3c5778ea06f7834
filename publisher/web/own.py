"""The doors of all that is held on a reader (L8). /preferences/TOKEN/own asks for the ways, which are mailed to their
own address; only those open /preferences/TOKEN/held, a download, and /erase/TOKEN. GET and HEAD change nothing (H3)."""

import asyncio
import json
from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher.actions import erasing, own, preferences
from publisher.actions.dossier import dossier
from publisher.pages.notice import Way
from publisher.subscribers import addresses
from publisher.text.words import words
from publisher.verbs.session import Session
from publisher.web.asking import LOOK, SAME, Desk
from publisher.web.pages import download, language_of, not_valid, notice

log = structlog.get_logger()


def routes(desk: Desk) -> list[Route]:
    """What the doors answer."""
    session = desk.session

    async def ask(request: Request) -> Response:
        return await _ask(desk, request)

    async def held(request: Request) -> Response:
        return await _held(session, request)

    async def erase(request: Request) -> Response:
        return await _erase(session, request)

    return [
        Route("/preferences/{token}/own", ask, methods=["GET", "POST"]),
        Route("/preferences/{token}/held", held, methods=["GET"]),
        Route("/erase/{token}", erase, methods=["GET", "POST"]),
    ]


async def _ask(desk: Desk, request: Request) -> Response:
    """From any letter's link: POST mails the ways to the reader, and the page says no more than that of a stranger's
    form (L2)."""
    session, now = desk.session, desk.session.clock()
    house, token = session.house, request.path_params["token"]
    found = await asyncio.to_thread(preferences.opened, house, token, now)
    if found is None or not found.person.address:
        return not_valid(session)
    speak = words(found.person.language or house.site.language)
    if request.method == "POST":
        key = addresses.parse(found.person.address).key
        desk.take(request, key, partial(own.ask, house, found.person.id, now))
        return notice(session, speak.language, title=speak.text(LOOK), text=" ".join(map(speak.text, SAME)))
    return notice(
        session,
        speak.language,
        title=speak.text("What is known about me, and erasing it"),
        text=speak.text(
            "The way there comes by mail, to your own address: "
            "this page opens for whoever was forwarded a letter, too."
        ),
        action="own",  # relative: also right behind a proxy that strips a prefix
        button=speak.text("Send me the letter"),
    )


async def _held(session: Session, request: Request) -> Response:
    """All that is held on the reader, as a JSON document."""
    house, now = session.house, session.clock()
    found = await asyncio.to_thread(own.opened, house, "held", request.path_params["token"], now)
    if found is None:
        return not_valid(session)
    language = (found.person and found.person.language) or language_of(session, request)
    if found.person is None:
        return await _gone(session, found.subscriber, language)
    if found.late:
        return _late(session, language)
    document = await asyncio.to_thread(dossier, house, found.subscriber, now)
    body = json.dumps(document, ensure_ascii=False, indent=1).encode()
    return download(body, "application/json", "held.json")


async def _erase(session: Session, request: Request) -> Response:
    house, token, now = session.house, request.path_params["token"], session.clock()
    found = await asyncio.to_thread(own.opened, house, "erase", token, now)
    if found is None:
        return not_valid(session)
    language = (found.person and found.person.language) or language_of(session, request)
    if found.person is None:
        return await _gone(session, found.subscriber, language)  # again is the same as once
    if found.late:
        return _late(session, language)
    if request.method == "POST":
        async with session.erasing:
            await asyncio.to_thread(erasing.erase, house, found.subscriber, now)
        log.info("erased", subscriber=found.subscriber)
        return await _gone(session, found.subscriber, language)
    speak = words(language)
    return notice(
        session,
        language,
        title=speak.text("Erase everything about me"),
        text=speak.text(
            "Your address, your subscriptions and what you said of them are erased for good. "
            "Nobody can take this back."
        ),
        action=token,
        button=speak.text("Yes, erase everything"),
    )


async def _gone(session: Session, subscriber: int, language: str) -> Response:
    """What who is erased sees: also that something holds up the last of it, while that is so."""
    whole = await asyncio.to_thread(erasing.is_gone, session.house, subscriber)
    title, text = (
        ("Everything about you is erased", "No more letters will come.")
        if whole
        else (
            "Nothing more will be sent to you",
            "The last traces of you are erased as soon as what is under way has ended.",
        )
    )
    speak = words(language)
    return notice(session, language, title=speak.text(title), text=speak.text(text))


def _late(session: Session, language: str) -> Response:
    speak = words(language)
    return notice(
        session,
        language,
        title=speak.text("This link is too old, or was used"),
        text=speak.text("It was good for 24 hours. Ask for a new one."),
        links=[Way(speak.text("Your preferences"), session.house.layout.preferences(""))],
    )
