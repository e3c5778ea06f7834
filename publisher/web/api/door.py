"""The door /api/: token, limits, route, body, verb; JSON out, problems as RFC 9457 has them.

Without a file of tokens in the configuration there is no API: everything below /api/ is a 404.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from publisher.config import ApiSettings
from publisher.errors import BadConfig, BadInput, BadState, Elsewhere, PublisherError, Unknown
from publisher.verbs import api_tokens, table
from publisher.verbs.api_tokens import Token
from publisher.verbs.session import Session
from publisher.web.answers import COMMON, Headers
from publisher.web.api import openapi, reading, shapes
from publisher.web.api.limits import Buckets
from publisher.web.api.routes import ROOT, ROUTES, Route
from publisher.web.client import network

log = structlog.get_logger()

BODY_SECONDS = 15  # that a client has to send its body
GUESSES, GUESSES_A_MINUTE = 20, 6  # wrong tokens of one network
JSON = b"application/json"
PROBLEM = b"application/problem+json"


class Problem(Exception):
    """An answer that is no success (RFC 9457)."""

    def __init__(
        self, status: int, what: str, where: str = "", mend: str = "", headers: Headers | None = None
    ) -> None:
        super().__init__(what)
        self.status, self.headers = status, headers or []
        said = {"where": where, "mend": mend}
        self.body = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": what,
        } | {name: text for name, text in said.items() if text}


class Door:
    """The ASGI application below /api/. *client* finds the address of who asks."""

    def __init__(
        self,
        session: Session,
        settings: ApiSettings,
        client: Callable[[Scope], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._path = session.house.root / settings.token_file if settings.token_file else None
        self._asked = Buckets(max(1, settings.per_minute // 4), settings.per_minute, clock)
        self._guessed = Buckets(GUESSES, GUESSES_A_MINUTE, clock)
        self._client = client or (lambda scope: (scope.get("client") or ("",))[0])
        self._known: tuple[object, tuple[Token, ...]] = (None, ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. What goes wrong in it is told, and ends nothing."""
        told = {"token": "", "verb": ""}
        headers: Headers = []
        try:
            status, kind, found = await self._answer(scope, receive, told)
        except Problem as problem:
            status, kind, found, headers = problem.status, PROBLEM, problem.body, problem.headers
        except PublisherError as error:
            refused = _problem(error)
            status, kind, found = refused.status, PROBLEM, refused.body
        except Exception:
            log.exception("api", **told)
            status, kind, found = 500, PROBLEM, Problem(500, "this went wrong here; the log says how").body
        if told["token"]:
            log.info("api", **told, status=status)
        body = json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")
        start: Headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *COMMON,
            *headers,
        ]
        await send({"type": "http.response.start", "status": status, "headers": start})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive, told: dict[str, str]) -> tuple[int, bytes, Any]:
        token = await self._enter(scope)
        told["token"] = token.name
        if wait := self._asked.take(token.name):
            raise _slower(wait, "this token asks too much")
        if scope["path"] == f"{ROOT}/openapi.json":
            told["verb"] = "openapi"
            _allow(scope["method"], ["GET"])
            return 200, JSON, openapi.document()
        route, arguments = _route(scope["method"], scope["path"])
        told["verb"] = route.verb.name
        if route.verb.writes and token.scope != "write":
            raise Problem(403, f"the token {token.name!r} may only read", "", "use one that may write")
        arguments |= await _said(route, scope, receive)
        arguments |= route.fixed
        found = await table.run(self._session, route.verb.name, arguments, by=f"api {token.name}")
        return route.status, JSON, found

    async def _enter(self, scope: Scope) -> Token:
        """Whose token it is. Raises Problem: 404 where there is no API, 401, 429 to who guesses."""
        if self._path is None:
            raise Problem(404, "there is no API here", "", "set token_file in [web.api] to have one")
        said = [value for name, value in scope["headers"] if name == b"authorization"]
        tokens = await asyncio.to_thread(self._tokens, self._path)
        scheme, _, secret = said[0].decode("latin-1").partition(" ") if len(said) == 1 else ("", "", "")
        found = api_tokens.who(tokens, secret.strip()) if scheme.lower() == "bearer" else None
        if found:
            return found
        if wait := self._guessed.take(network(self._client(scope))):
            raise _slower(wait, "too many wrong tokens")
        challenge = b'Bearer realm="nashir"' + (b', error="invalid_token"' if said else b"")
        headers = [(b"www-authenticate", challenge)]
        raise Problem(401, "no token that is known here", "", "send Authorization: Bearer TOKEN", headers)

    def _tokens(self, path: Path) -> tuple[Token, ...]:
        """The tokens of the file, read again when it changed."""
        try:
            found = os.stat(path)  # noqa: PTH116 - its numbers say whether it is the same
            state = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode)
        except OSError:
            state = None
        if state is None or state != self._known[0]:
            try:
                self._known = (state, api_tokens.read(path))
            except BadConfig as error:
                log.warning("api", problem=str(error))
                raise Problem(503, "the tokens cannot be read; the log says why") from error
        return self._known[1]


def _route(method: str, path: str) -> tuple[Route, dict[str, Any]]:
    below = path.removeprefix(ROOT)
    matched = [(each, found) for each in ROUTES if (found := each.match(below)) is not None]
    if not path.startswith(f"{ROOT}/") or not matched:
        raise Problem(404, "there is nothing at this path", "", f"{ROOT}/openapi.json names what there is")
    wanted = _allow(method, [each.method for each, _ in matched])
    return next((each, found) for each, found in matched if each.method == wanted)


def _allow(method: str, methods: Iterable[str]) -> str:
    """The method among *methods*; HEAD is a GET. Raises Problem."""
    known = list(methods)
    wanted = "GET" if method == "HEAD" else method
    if wanted not in known:
        allow = ", ".join([*known, *(["HEAD"] if "GET" in known else [])])
        raise Problem(405, "this path has no such method", "", f"use {allow}", [(b"allow", allow.encode())])
    return wanted


async def _said(route: Route, scope: Scope, receive: Receive) -> dict[str, Any]:
    """The arguments of the query or the body. Raises Problem: 400, 408, 413, 415, 422."""
    headers = dict(scope["headers"])
    of_query = route.method == "GET"
    try:
        query = reading.query(scope["query_string"], route.shape["properties"] if of_query else {})
        if of_query:
            found = query
        elif query:
            raise reading.Malformed("this method takes no query")
        else:
            found = _body(headers, await _receive(headers, receive))
    except reading.Malformed as error:
        raise Problem(400, str(error), "query" if of_query else "body") from None
    if wrong := list(shapes.faults(found, route.shape)):
        what, where = "; ".join(wrong[:10]), "query" if of_query else "body"
        raise Problem(422, what, where, f"{ROOT}/openapi.json says what fits")
    return dict(found)


def _body(headers: dict[bytes, bytes], data: bytes) -> Any:
    if not data:
        return {}
    kind, _, rest = headers.get(b"content-type", b"").partition(b";")
    charset = rest.strip().lower().replace(b'"', b"")
    if kind.strip().lower() != JSON or charset not in (b"", b"charset=utf-8"):
        raise Problem(
            415, "the body is no application/json in UTF-8", "Content-Type", "send application/json"
        )
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Problem(415, "the body is compressed", "Content-Encoding", "send it as it is")
    return reading.document(data)


async def _receive(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The body, never more of it than is taken."""
    length = headers.get(b"content-length", b"0")
    large = Problem(413, f"the body is larger than {reading.LARGEST} bytes", "body", "send less at once")
    if not length.isdigit() or len(length) > 9 or int(length) > reading.LARGEST:
        raise large
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Problem(400, "the body was cut off")
                data += message.get("body", b"")
                if len(data) > reading.LARGEST:
                    raise large
                if not message.get("more_body"):
                    return bytes(data)
    except TimeoutError:
        raise Problem(408, f"the body did not come within {BODY_SECONDS} seconds", "body") from None


def _slower(wait: int, what: str) -> Problem:
    return Problem(429, what, "", f"wait {wait} s", [(b"retry-after", str(wait).encode())])


def _problem(error: PublisherError) -> Problem:
    """What a verb raised."""
    if isinstance(error, Unknown):
        return Problem(404, error.what, error.where, error.mend)
    if isinstance(error, BadInput):
        return Problem(422, error.what, error.where, error.mend)
    return Problem(
        409 if isinstance(error, (BadState, Elsewhere)) else 503, error.what, error.where, error.mend
    )
