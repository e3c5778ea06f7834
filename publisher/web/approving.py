"""The door of editors: /approve/TOKEN (D8). GET and HEAD show, POST decides; the letter itself is a page of its own."""

import asyncio
from typing import cast

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher.actions import approval
from publisher.actions.approval import Decision, Outlook
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Edition, Release
from publisher.pages.approval import Shown, approval_page
from publisher.store.editions import Progress
from publisher.verbs.session import Session
from publisher.web import forms
from publisher.web.answers import LETTER
from publisher.web.pages import html_page, not_valid, text_page

log = structlog.get_logger()

_LETTER = [(b"content-security-policy", f"{LETTER}'none'".encode())]


def routes(session: Session) -> list[Route]:
    """What the door answers."""

    async def page(request: Request) -> Response:
        return await _page(session, request)

    async def letter(request: Request) -> Response:
        return await _letter(session, request, html=True)

    async def text(request: Request) -> Response:
        return await _letter(session, request, html=False)

    return [
        Route("/approve/{token}", page, methods=["GET", "POST"]),
        Route("/approve/{token}/letter", letter, methods=["GET"]),
        Route("/approve/{token}/text", text, methods=["GET"]),
    ]


async def _page(session: Session, request: Request) -> Response:
    house, token = session.house, request.path_params["token"]
    claim = house.keys.read("approval", token)
    if claim is None:
        return not_valid(session)
    if request.method == "POST":
        decision = await _decision(request)
        if decision is None:
            return text_page("What is to be done?\n", 400)
        now = session.clock()
        done = await asyncio.to_thread(approval.decide, house, claim.newsletter, decision, now)
        if done and done[1]:
            log.info("decided", edition=claim.newsletter, release=str(done[0].release))
            session.on_planned()  # its page and its entry in the feed come or go
    found = await _look(session, claim.newsletter)
    if found is None:
        return not_valid(session)
    progress, outlook = found
    shown = _shown(session, progress.edition, outlook)
    body = approval_page(house.learnt(anew=False).site, house.layout, house.templates, shown, token=token)
    return html_page(body)


async def _look(session: Session, edition: int) -> tuple[Progress, Outlook] | None:
    return await asyncio.to_thread(approval.look, session.house, edition, session.clock())


async def _decision(request: Request) -> Decision | None:
    """The button that was pressed; None where the form is not ours."""
    form = await forms.fields(request) or {}
    pressed = form.get("decision", [""])[0]
    return cast("Decision", pressed) if pressed in approval.DECISIONS else None


def _shown(session: Session, edition: Edition, outlook: Outlook) -> Shown:
    newsletter = session.house.newsletters.get(edition.newsletter)
    return Shown(
        edition,
        newsletter.title if newsletter else edition.newsletter,
        newsletter.approve if newsletter else "none",
        outlook.content.subject if outlook.content else "",
        outlook.headlines,
        outlook.more,
        outlook.readers,
        outlook.left,
        outlook.open,
        edition.release is Release.RELEASED and edition.planned > session.clock(),
        outlook.replaced,
        str(outlook.problem or ""),
    )


async def _letter(session: Session, request: Request, *, html: bool) -> Response:
    """The letter as readers get it, without anybody's own links."""
    house = session.house
    claim = house.keys.read("approval", request.path_params["token"])
    found = await _look(session, claim.newsletter) if claim else None
    if found and found[1].problem:
        return text_page(f"{found[1].problem}\n", 503)
    if found is None or found[1].content is None:
        return not_valid(session)
    shown = found[1].content.filled(dict.fromkeys((UNSUBSCRIBE_SLOT, PREFERENCES_SLOT), house.layout.home))
    if html and shown.html:
        return html_page(shown.html.encode(), policy=_LETTER)
    return text_page(shown.text)
