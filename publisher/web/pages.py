"""Answers of the daemon's own doors: a page that no cache keeps and no searcher lists."""

from typing import Any

from starlette.responses import Response

from publisher.pages.notice import notice_page
from publisher.text.words import words
from publisher.verbs.session import Session
from publisher.web.answers import COMMON, PAGE


def html_page(body: bytes, status: int = 200) -> Response:
    """*body*, UTF-8."""
    headers = {name.decode(): value.decode() for name, value in [*COMMON, *PAGE]}
    return Response(body, status, headers | {"cache-control": "no-store"}, "text/html; charset=utf-8")


def notice(session: Session, status: int, language: str, **words_: Any) -> Response:
    """A page that says one thing, for a reader of *language*."""
    house = session.house
    return html_page(
        notice_page(house.site, house.layout, house.templates, language=language, **words_), status
    )


def not_valid(session: Session, language: str | None = None) -> Response:
    """404: the token is none of ours."""
    language = language or session.house.site.language
    return notice(session, 404, language, title=words(language).text("This link is not valid."), text="")
