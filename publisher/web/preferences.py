"""The door of a reader's own page: GET and HEAD show it, POST writes what its form says (L5, H3)."""

import asyncio

import structlog
from starlette.requests import Request
from starlette.responses import Response

from publisher.actions import preferences
from publisher.actions.house import House
from publisher.actions.preferences import Opened
from publisher.errors import BadInput
from publisher.pages.notice import Way
from publisher.pages.preferences import preferences_page
from publisher.text.words import words
from publisher.verbs.session import Session
from publisher.web import forms
from publisher.web.leaving import gone
from publisher.web.pages import html_page, not_valid

log = structlog.get_logger()


async def answer(session: Session, request: Request) -> Response:
    """The answer to a request for /preferences/TOKEN."""
    house, token = session.house, request.path_params["token"]
    found = await asyncio.to_thread(preferences.opened, house, token, session.clock())
    if found is None:
        return not_valid(session)
    if found.ended:
        return await gone(session, found.leave_token)
    if request.method != "POST":
        return _page(session, found, token)
    form = await forms.fields(request)
    try:
        if form is None:
            raise BadInput("the form is too large, or none of ours")
        await asyncio.to_thread(preferences.save, house, found, form, session.clock())
    except BadInput as error:
        log.info("preferences", subscriber=found.person.id, problem=error.what)
        wrong = "Something in the form cannot be used. Nothing was changed."
        return _page(session, found, token, wrong, status=400)
    now_ = await asyncio.to_thread(preferences.opened, house, token, session.clock())
    assert now_
    return _page(session, now_, token, "Your preferences are saved.")


def _page(session: Session, found: Opened, token: str, said: str = "", status: int = 200) -> Response:
    house = session.house
    body = preferences_page(
        house.learnt(anew=False).site,
        house.layout,
        house.templates,
        found.page,
        action=token,  # relative: also right behind a proxy that strips a prefix
        leave=found.leave,
        ways=_ways(house, found, token),
        said=words(found.page.language).text(said) if said else "",
    )
    return html_page(body, status)


def _ways(house: House, found: Opened, token: str) -> list[Way]:
    """What else a reader may do."""
    speak, layout = words(found.page.language), house.layout
    own = Way(speak.text("What is known about me, and erasing it"), layout.own(token))
    if not found.others:
        return [own]
    return [Way(speak.text("Leave all newsletters"), layout.leave_all(found.leave_token)), own]
