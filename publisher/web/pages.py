"""Answers of the daemon's own doors: pages that no cache keeps and no searcher lists."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from publisher.pages.notice import notice_page
from publisher.text.words import LANGUAGES, words
from publisher.verbs.session import Session
from publisher.web.answers import COMMON, DOOR, Headers
from publisher.web.negotiate import qualities


def html_page(body: bytes, status: int = 200, policy: Headers = DOOR) -> Response:
    """*body*, UTF-8; *policy* is what a browser may do with it."""
    return _kept_by_nobody(body, status, policy, "text/html; charset=utf-8")


def text_page(text: str, status: int = 200) -> Response:
    """*text* as it is."""
    return _kept_by_nobody(text.encode(), status, DOOR, "text/plain; charset=utf-8")


def download(body: bytes, media: str, name: str) -> Response:
    """*body* as a file called *name*, ASCII."""
    answer = _kept_by_nobody(body, 200, DOOR, media)
    answer.headers["content-disposition"] = f'attachment; filename="{name}"'
    return answer


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
    return notice(session, language, 404, title=words(language).text("This link is not valid"), text="")


def language_of(session: Session, request: Request, asked: str = "") -> str:
    """The language of a page for who is no known reader: what is *asked* for, by the form or by `?lang=`, else the
    site's. A site in a language that we do not speak answers in what their browser likes best of those that we do
    (RFC 9110, 12.5.4)."""
    for tag in (asked, request.query_params.get("lang", "")):
        if tag in LANGUAGES:
            return tag
    language = session.house.site.language
    if words(language).language == language.partition("-")[0]:
        return language
    wishes = qualities(request.headers.get("accept-language", "").encode("latin-1"))
    for tag, quality in sorted(wishes.items(), key=lambda each: -each[1]):
        if quality and tag.partition("-")[0] in LANGUAGES:
            return tag.partition("-")[0]
    return language
