"""Answers of the daemon's own doors: pages that no cache keeps and no searcher lists."""

from typing import Any

from starlette.responses import Response

from publisher.pages.notice import notice_page
from publisher.text.words import words
from publisher.verbs.session import Session
from publisher.web.answers import COMMON, PAGE, Headers


def html_page(body: bytes, status: int = 200, policy: Headers = PAGE) -> Response:
    """*body*, UTF-8; *policy* is what a browser may do with it."""
    return _kept_by_nobody(body, status, policy, "text/html; charset=utf-8")


def text_page(text: str, status: int = 200) -> Response:
    """*text* as it is."""
    return _kept_by_nobody(text.encode(), status, PAGE, "text/plain; charset=utf-8")


def _kept_by_nobody(body: bytes, status: int, policy: Headers, media: str) -> Response:
    headers = {name.decode(): value.decode() for name, value in [*COMMON, *policy]}
    return Response(body, status, headers | {"cache-control": "no-store"}, media)


def notice(session: Session, language: str, status: int = 200, **said: Any) -> Response:
    """A page that says one thing, for a reader of *language*; *said* is what `notice_page` takes."""
    house = session.house
    return html_page(
        notice_page(house.site, house.layout, house.templates, language=language, **said), status
    )


def not_valid(session: Session) -> Response:
    """404: the link is none of ours; the same for every one (threat 6)."""
    language = session.house.site.language
    return notice(session, language, 404, title=words(language).text("This link is not valid."), text="")


def unsubscribed(session: Session, language: str, newsletter: str) -> Response:
    """What a reader of *newsletter*, its title, sees who is unsubscribed."""
    speak = words(language)
    done = speak.text("You are unsubscribed from %(title)s. No more letters will come.")
    return notice(session, language, title=speak.text("Unsubscribe"), text=done % {"title": newsletter})
