"""Around all doors: the headers that every answer of theirs has (threat 7), an answer where one fails, and counts."""

from collections import Counter
from http import HTTPStatus
from pathlib import PurePath
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from publisher.errors import Unwritable
from publisher.layout import DYNAMIC
from publisher.web.answers import COMMON, DOOR
from publisher.web.files import Receive, Scope, Send
from publisher.web.pages import text_page

_AGAIN = 60  # seconds after which it is worth asking again, where the database or the disk refused
FILES = "files"  # the door of the output folder, as counts name it

log = structlog.get_logger()


class Counts:
    """Answers since the start, by door and status."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()

    def counted(self, door: str, send: Send) -> Send:
        """*send*, noting what it answers."""

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.answers[door, message["status"]] += 1
            await send(message)

        return noting


def door_of(path: str) -> str:
    """The door that answers *path*: its first segment where that is one, else the files. Never a token."""
    first = path[1:].partition("/")[0]
    return first if first in DYNAMIC else FILES


async def guarded(app: Any, door: str, scope: Scope, receive: Receive, send: Send) -> None:
    """One request to the *app* behind *door*, with the headers that nobody may forget; what fails there is answered
    with a line, named in the log without what was asked or said, and fails nobody else."""
    begun = False

    async def dressed(message: Any) -> None:
        nonlocal begun
        if message["type"] == "http.response.start":
            begun = True
            message = {**message, "headers": _whole(message.get("headers", ()))}
        await send(message)

    try:
        await app(scope, receive, dressed)
    except ClientDisconnect:
        return
    except Exception as error:
        if isinstance(
            error, Unwritable
        ):  # its words are the database's or the disk's: nobody's letters or names
            log.error("door", door=door, problem=error.what, where=error.where, mend=error.mend)
        else:
            log.error("door", door=door, problem=type(error).__name__, where=_place(error))
        if not begun:  # else Starlette answered for it, or the answer is cut off
            await _said(error)(scope, receive, dressed)


def _whole(headers: Any) -> list[tuple[bytes, bytes]]:
    """*headers* with those that are missing."""
    said = list(headers)
    names = {name.lower() for name, _ in said}
    rest = [*COMMON, *DOOR, (b"cache-control", b"no-store")]
    return [*said, *(each for each in rest if each[0] not in names)]


def _place(error: BaseException) -> str:
    """Where it was raised: a file of ours or a library's, and the line. Its words may hold an address or a token."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    path = PurePath(trace.tb_frame.f_code.co_filename)
    return f"{'/'.join(path.parts[-2:])}:{trace.tb_lineno}"


async def plainly(_: Request, error: Exception) -> Response:
    """What Starlette refuses by itself (404, 405), in a line."""
    assert isinstance(error, HTTPException)
    answer = text_page(f"{HTTPStatus(error.status_code).phrase}.\n", error.status_code)
    answer.headers.update(error.headers or {})
    return answer


async def failed(_: Request, error: Exception) -> Response:
    """Where a door raised what nobody expected."""
    return _said(error)


def _said(error: Exception) -> Response:
    """503 where the database or the disk refuses for a while, else 500."""
    if isinstance(error, Unwritable):
        answer = text_page("This cannot be done at the moment. Try again in some minutes.\n", 503)
        answer.headers["retry-after"] = str(_AGAIN)
        return answer
    return text_page("Something is wrong here. It is written to the log.\n", 500)
