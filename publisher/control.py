"""Door: the control socket (0600): the command line's writing verbs, served by the running daemon.

One line of JSON goes in ({"verb", "arguments", "watch"}), one comes back ({"result"} or {"error": {what, where, mend,
exit}}); before it, for who wants to watch, some that say how far it is ({"progress": {...}}). A verb goes on when its
caller is gone.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.errors import Exit, PublisherError

if TYPE_CHECKING:  # who only asks needs none of what the daemon runs
    from publisher.verbs.session import Session

LIMIT = 1 << 22  # bytes of a request; Linux ends a command line at 2 MiB
BEHIND = 1 << 16  # bytes of progress that wait for a caller
QUIET = {"how far"}  # verbs that the log does not tell of
ENDS = QUIET | {"send"}  # ... that end soon when a daemon stops
REQUEST = 5  # seconds a client has to say it
FOREVER = 24 * 3600  # seconds a verb may take (an import, an edition)


# The file is ours to remove: from 3.13 on the loop would, by a name that is good for a moment.
_OURS: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
Told = Callable[[dict[str, Any]], None]


class Refused(PublisherError):
    """The daemon's error, as it told it."""

    def __init__(self, what: str, where: str, mend: str, exit_: int) -> None:
        super().__init__(what, where, mend)
        self.exit = Exit(exit_)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of *path* that fits into a socket's address (108 bytes), however deep the site lies."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Door:
    """The listening socket and the verbs that run behind it."""

    def __init__(self, path: Path, session: "Session") -> None:
        self._path, self._session = path, session
        self._running: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; a socket that a killed daemon left is replaced (we hold the lock)."""
        self._path.unlink(missing_ok=True)
        mask = os.umask(0o177)  # 0600 from the first moment
        try:
            with _short(self._path) as name:
                self._server = await asyncio.start_unix_server(self._answer, name, limit=LIMIT, **_OURS)
        finally:
            os.umask(mask)

    async def close(self) -> None:
        """Take no more verbs; those that run are finished."""
        if self._server:
            self._server.close()
        self._path.unlink(missing_ok=True)
        await asyncio.gather(*self._running, return_exceptions=True)  # the idle ones are not waited for

    @property
    def busy(self) -> bool:
        """Whether a verb is at work that has to be waited for."""
        return any(each.get_name() not in ENDS for each in self._running)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        try:
            async with asyncio.timeout(REQUEST):
                line = await reader.readline()
            if not line:  # who asks only whether we listen
                return
            self._running.add(task)
            reply = await _run(self._session, line, partial(_tell, asyncio.get_running_loop(), writer))
            if not writer.is_closing():
                writer.write(_line(reply))
                await writer.drain()
            else:
                _log().warning("control", problem="the caller hung up; what was asked for is done")
        except (OSError, ValueError) as error:
            _log().warning("control", problem=str(error) or type(error).__name__)
        finally:
            writer.close()
            self._running.discard(task)


async def serve(path: Path, session: "Session") -> Door:
    """An open door at *path*."""
    door = Door(path, session)
    await door.open()
    return door


async def _run(session: "Session", line: bytes, tell: Told) -> dict[str, Any]:
    from publisher.verbs import table

    try:
        request = json.loads(line)
        if task := asyncio.current_task():
            task.set_name(request["verb"])
        watched = {"progress": tell} if request.get("watch") else {}
        result = await table.run(session, request["verb"], request["arguments"] | watched)
        numbers = {name: value for name, value in result.items() if isinstance(value, (int, float))}
        if request["verb"] not in QUIET:
            _log().info("verb", name=request["verb"], **numbers)
        return {"result": result}
    except PublisherError as error:
        return {
            "error": {"what": error.what, "where": error.where, "mend": error.mend, "exit": int(error.exit)}
        }
    except Exception as error:
        _log().exception("control")
        what = f"the daemon could not run this: {error!r}"
        return {"error": {"what": what, "where": "", "mend": "see its log", "exit": int(Exit.USAGE)}}


def _tell(loop: asyncio.AbstractEventLoop, writer: asyncio.StreamWriter, progress: dict[str, Any]) -> None:
    """From any thread. Who does not listen misses some of it."""

    def write() -> None:
        if not writer.is_closing() and writer.transport.get_write_buffer_size() < BEHIND:
            writer.write(_line({"progress": progress}))

    loop.call_soon_threadsafe(write)


def _line(said: dict[str, Any]) -> bytes:
    """A line of JSON in UTF-8; bytes of a command line that are no text stay what Python made of them."""
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _log() -> Any:
    import structlog

    return structlog.get_logger()


def listens(path: Path) -> bool:
    """Whether a daemon takes verbs at the socket *path*."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(REQUEST)
        try:
            with _short(path) as name:
                peer.connect(name)
        except OSError:
            return False
    return True


def ask(path: Path, verb: str, arguments: dict[str, Any], told: Told | None = None) -> dict[str, Any] | None:
    """The daemon's answer; None when no daemon listens. *told* hears how far it is. Raises Refused with the daemon's
    error."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(FOREVER)
        try:
            with _short(path) as name:
                peer.connect(name)
        except OSError:
            return None
        reply: dict[str, Any] = {}
        try:
            peer.sendall(_line({"verb": verb, "arguments": arguments, "watch": told is not None}))
            with peer.makefile("rb") as stream:
                for line in stream:
                    reply = json.loads(line)
                    if told is None or "progress" not in reply:
                        break
                    told(reply["progress"])
        except (OSError, ValueError):  # cut off, perhaps within a line
            reply = {}
    if "error" in reply:
        error = reply["error"]
        raise Refused(error["what"], error["where"], error["mend"], error["exit"])
    if "result" not in reply:
        raise Refused("the daemon ended before it answered", str(path), "run the verb again", Exit.IO)
    return dict(reply["result"])
