"""Door: a Maildir, the embedded relay."""

import asyncio
import os
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from pathlib import Path

from publisher.errors import Unwritable
from publisher.mail.carrier import Bag, Down
from publisher.model.delivery import Letter, Reply, Stage
from publisher.text.mention import Mention

FORWARDS = 3  # messages within messages that are looked into


class MaildirCarrier:
    """Puts letters into the Maildir *folder*: tmp/, then new/. A letter's name is its own, so one that is sent again
    is found where it lies and left alone, also when a mail reader has moved it to cur/."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: frozenset[str] = frozenset()

    async def open(self) -> None:
        """Make the three folders and look what mail readers took. Raises Down."""
        try:
            self._read = await asyncio.to_thread(_prepare, self._folder)
        except OSError as error:
            raise Down(Stage.CONNECT, Reply(0, str(error))) from error

    async def converse(self, bag: Bag) -> Reply | None:
        """See Carrier.converse."""
        while (letter := await bag.take()) is not None:
            if await bag.begin(letter):
                stage, reply = await self._take(letter)
                bag.tell(letter, stage, reply)
                if not reply.code:
                    return reply
        return None

    async def _take(self, letter: Letter) -> tuple[Stage, Reply]:
        try:
            if letter.name not in self._read:
                await asyncio.to_thread(put, self._folder, letter.name, letter.data)
        except OSError as error:
            return Stage.DATA, Reply(0, str(error))
        return Stage.CONTENT, Reply(250, f"2.0.0 {letter.name}")

    async def close(self) -> None:
        """See Carrier.close."""


def _prepare(folder: Path) -> frozenset[str]:
    """The folders of a Maildir; returns the names in cur/ without their flags (`:2,S`)."""
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    return frozenset(name.partition(":")[0] for name in os.listdir(folder / "cur"))  # noqa: PTH208  20 x faster


def put(folder: Path, name: str, data: bytes) -> None:
    """Write *data* whole or not at all, and durably, as new/*name*; what lies there already is that letter."""
    target = folder / "new" / name
    if target.exists():
        return
    draft = folder / "tmp" / name
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(target)
    _fsync(target.parent)


def remove(folder: Path, mention: Mention) -> int:
    """Delete every message in the Maildir *folder* in which the address stands, wherever: in its head, or, decoded, in
    what it forwards. Returns how many. Raises Unwritable."""
    removed = 0
    try:
        for each in ("tmp", "new", "cur"):
            before = removed
            with suppress(FileNotFoundError):
                for name in os.listdir(folder / each):  # noqa: PTH208  20 x faster
                    removed += _removed(folder / each / name, mention)
            if removed > before:
                _fsync(folder / each)
    except OSError as error:
        mend = "look at the rights of the folder, and at the disk"
        raise Unwritable(
            f"cannot be erased: {error.strerror}", str(error.filename or folder), mend
        ) from error
    return removed


def _names(data: bytes, mention: Mention, depth: int = 0) -> bool:
    """Whether the address stands in a message, or in one that it has within. Only what was passed on has another's
    words in it, and is decoded: a million letters of our own would take an hour."""
    if mention.within(data):
        return True
    if not depth and b"application/octet-stream" not in data:
        return False
    for part in message_from_bytes(data).walk():
        inner = part.get_payload(decode=True)
        if any(mention.within(_decoded(str(value))) for value in part.values()):
            return True
        if isinstance(inner, bytes) and inner:
            whole = part.get_content_type() == "application/octet-stream" and depth < FORWARDS
            if _names(inner, mention, depth + 1) if whole else mention.within(inner):
                return True
    return False


def _decoded(value: str) -> str:
    """A header field without its encoded words (RFC 2047), as it is where they cannot be read."""
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value


def _removed(path: Path, mention: Mention) -> bool:
    try:
        if path.is_symlink() or not path.is_file() or not _names(path.read_bytes(), mention):
            return False
        path.unlink()
    except FileNotFoundError:  # a mail reader moved it: cur/ is looked at behind new/
        return False
    return True


def _fsync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
