"""The headers of every answer, and what an answer is where a door fails."""

import asyncio
from typing import Any

import pytest
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from publisher.errors import Unwritable
from publisher.verbs.session import Session
from publisher.web import shell
from publisher.web.app import application

WORDS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


async def asked(
    app: Any, path: str, method: str = "GET", body: bytes = b"", query: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """One request to the ASGI application *app*."""
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query,
        "headers": [(b"host", b"a"), (b"content-type", b"application/x-www-form-urlencoded")],
        "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("::1", 1), "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    start, *bodies = said
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert len(headers) == len(start["headers"])  # none is said twice
    return start["status"], headers, b"".join(each["body"] for each in bodies)


def ask(
    app: Any, path: str, method: str = "GET", body: bytes = b"", query: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    return asyncio.run(asked(app, path, method, body, query))


@pytest.fixture
def app(make_desk) -> Any:
    session: Session = make_desk().session
    return application(session, list, list)


def is_private(headers: dict[str, str]) -> None:
    """Nothing in a door's page comes from anywhere else, so that nobody else hears that it was opened."""
    policy = dict(each.strip().partition(" ")[::2] for each in headers["content-security-policy"].split(";"))
    assert {"'none'", "'self'"} >= set(policy.values())


def is_dressed(headers: dict[str, str]) -> None:
    assert {name: headers.get(name) for name in WORDS} == WORDS
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy


def routes(app: Any) -> list[str]:
    """The paths of all doors: a token, or whatever stands in braces, is some word."""
    import re

    return [re.sub(r"\{[^}]*\}", "AAAA", each.path) for each in app.doors]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_every_door_answers_everything_with_all_headers(method, app):  # threat 7
    paths = [*routes(app), "/u/", "/u/a/b/c", "/preferences/", "/approve/x/y"]
    assert len(routes(app)) >= 6
    for path in paths:
        status, headers, body = ask(app, path, method)

        is_dressed(headers)
        is_private(headers)
        assert status < 500 or path == "/healthz"
        assert body if method != "HEAD" else True


ELSEWHERE = "evil.example"
ASKING = "&".join(
    f"{name}=https://{ELSEWHERE}/" for name in ("next", "url", "return", "redirect", "to", "lang")
)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_word_of_a_request_says_where_an_answer_leads(method, app):  # threat 6
    odd = [f"//{ELSEWHERE}", f"//{ELSEWHERE}/", f"/%2F{ELSEWHERE}/", f"/%5C{ELSEWHERE}/", f"/.//{ELSEWHERE}"]
    for path in [*routes(app), *odd]:
        status, headers, body = ask(app, path, method, ASKING.encode(), query=ASKING.encode())

        assert ELSEWHERE not in headers.get("location", "") + body.decode(), path
        assert status < 500 or path == "/healthz"


@pytest.mark.parametrize("path", ["/u/AAAA", "/approve/AAAA/letter", "/healthz"])
def test_head_says_what_get_says(path, app):  # threat 7
    assert ask(app, path)[:2] == ask(app, path, "HEAD")[:2]


def test_a_method_that_a_door_does_not_have_is_named_with_those_it_has(app):  # threat 7
    status, headers, body = ask(app, "/u/AAAA", "PUT")

    assert status == 405
    assert {"GET", "HEAD", "POST"} == set(headers["allow"].split(", "))
    assert body == b"Method Not Allowed.\n"


@pytest.mark.parametrize("raw", [True, False], ids=["an application", "a route"])
def test_a_door_whose_database_is_away_says_when_to_come_again(raw):  # X9
    error = Unwritable(
        "the database cannot be reached: refused", "postgresql://db/site", "look at PostgreSQL"
    )

    async def away(*_: Any) -> Any:
        raise error

    inner: Any = Starlette(routes=[Route("/x", away)], exception_handlers={Exception: shell.failed})

    async def whole(scope: Any, receive: Any, send: Any) -> None:
        await shell.guarded(away if raw else inner, "u", scope, receive, send)

    with structlog.testing.capture_logs() as logs:
        status, headers, body = ask(whole, "/x")

    assert (503, b"This cannot be done at the moment. Try again in some minutes.\n") == (status, body)
    assert "60" == headers["retry-after"]
    is_dressed(headers)
    assert [(error.what, error.where, error.mend)] == [
        (line["problem"], line["where"], line["mend"]) for line in logs
    ]


SECRET = "ann@example.org-TOKEN"


async def fails(_: Any) -> Any:
    raise RuntimeError(SECRET)


async def refuses(_: Any) -> Any:
    raise HTTPException(429, headers={"retry-after": "5"})


@pytest.mark.parametrize("raw", [True, False], ids=["an application", "a route"])
def test_a_door_that_fails_says_so_in_a_line_and_nothing_of_it_is_in_the_log(raw):  # threat 7, threat 9
    inner: Any = Starlette(
        routes=[Route("/x", fails), Route("/y", refuses)],
        exception_handlers={HTTPException: shell.plainly, Exception: shell.failed},
    )

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError(SECRET)

    async def whole(scope: Any, receive: Any, send: Any) -> None:
        await shell.guarded(broken if raw else inner, "u", scope, receive, send)

    with structlog.testing.capture_logs() as logs:
        status, headers, body = ask(whole, "/x")

    assert (500, b"Something is wrong here. It is written to the log.\n") == (status, body)
    is_dressed(headers)
    is_private(headers)
    (line,) = logs
    assert {
        "event": "door",
        "door": "u",
        "problem": "RuntimeError",
        "log_level": "error",
    }.items() <= line.items()
    assert line["where"].startswith("web/test_headers.py:")
    assert SECRET not in repr(logs)
    if not raw:
        status, headers, _ = ask(whole, "/y")
        assert (429, "5") == (status, headers["retry-after"])
        is_dressed(headers)


@pytest.mark.parametrize(
    ("path", "door"),
    [("/u/TOKEN", "u"), ("/metrics", "metrics"), ("/", "files"), ("/rss.xml", "files"), ("/a/xyz", "a")],
)
def test_a_door_is_named_without_what_is_below_it(path, door):  # threat 9
    assert door == shell.door_of(path)
