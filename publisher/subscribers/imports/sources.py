"""A file as it was exported to rows: which encoding, which container, which parts of it (L7).

A ZIP is read as a stream, with limits: nothing is unpacked onto the disk, no name in it is used as a path, and a ZIP in
a ZIP is left alone.
"""

import codecs
import io
import re
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO

from publisher.errors import BadInput
from publisher.model.people import Reach, Wish
from publisher.subscribers.imports import reader
from publisher.subscribers.imports.formats import Row, State

FILES = 1000  # in a ZIP
SIZE = 2 << 30  # bytes of all lists in it
RATIO = 200  # how much larger a list may be than its part of the ZIP
LINE = 1 << 18  # characters of a line: more than the longest field that csv takes
_HEAD = 1 << 16
_BLOCK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# What the name of a file says of everybody in it; None: they never asked to be mailed.
_NAMES: tuple[tuple[str, State | None], ...] = (
    (r"unsubscribed_.*\.csv", Wish.ENDED),
    (r"cleaned_.*\.csv", Reach.BOUNCED),
    (r"non_?subscribed_.*\.csv", None),
    (r"subscribed_.*\.csv", Wish.ACTIVE),
    (r"email_list.*\.csv", Wish.ACTIVE),  # Substack
)


def read(stream: BinaryIO, name: str) -> Iterator[Row]:
    """The rows of the list in *stream*, which can seek; *name* is that of its file. Raises BadInput where it holds no
    list at all."""
    if stream.read(4) == b"PK\x03\x04":
        stream.seek(0)
        yield from _zipped(stream, name)
        return
    stream.seek(0)
    encoding = encoding_of(stream)
    stream.seek(0)
    yield from _list(stream, encoding, _said_by(name) or (Wish.ACTIVE,), "")


def encoding_of(stream: IO[bytes]) -> str:
    """The encoding of the text in *stream*: UTF-8 or 16 by its mark, UTF-16 without by its NULs, else UTF-8."""
    head = stream.read(_HEAD)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    half = len(head) // 2
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[start::2].count(0) > 0.3 * half and not head[1 - start :: 2].count(0):
            return encoding
    return legacy(head) or "utf-8"


def legacy(head: bytes) -> str:
    """The one-byte encoding of a file that begins with *head*: windows-1256 (Arabic, Persian, Urdu) or windows-1255
    (Hebrew); "" where it is UTF-8, with a slip here and there or without."""
    text = head.decode("utf-8", "surrogateescape")
    wrong = sum("\ud800" <= char <= "\udfff" for char in text)
    if wrong <= 4 or wrong <= 0.5 * sum(char > "\x7f" for char in text):
        return ""
    high = [byte for byte in head if byte > 0x7F]
    hebrew = sum(0xE0 <= byte <= 0xFA for byte in high)
    return "windows-1255" if hebrew > 0.9 * len(high) else "windows-1256"


def _list(stream: IO[bytes], encoding: str, said: tuple[State | None, ...], file: str) -> Iterator[Row]:
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    text = io.TextIOWrapper(stream, encoding, errors=errors, newline="")
    try:
        rows = _rows(text, said[0], file)
        yield from map(_unguessed, rows) if encoding.startswith("windows") else rows
    finally:
        text.detach()


def _rows(text: io.TextIOWrapper, always: State | None, file: str) -> Iterator[Row]:
    head = part = text.read(_HEAD)  # not a line: all of a list in JSON may be one
    while part and not (head := part.lstrip("\ufeff \t\r\n\0")):
        part = text.read(_HEAD)
    if reader.is_json(head):
        text.seek(0)
        yield from reader.items(text, file=file)
        return
    text.seek(0)
    rows = reader.rows(_lines(text), always=always or Wish.ACTIVE, file=file)
    yield from rows if always is not None else map(_unwanted, rows)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines, each only as long as a row may be: what is longer is cut, and refused as a row that is too long."""
    while line := text.readline(LINE):
        yield line
        if len(line) == LINE and line[-1] != "\n":
            while (rest := text.readline(LINE)) and rest[-1] != "\n":
                pass


def _unwanted(row: Row) -> Row:
    if row.address:
        return row._replace(address=None, reason="never subscribed where the list comes from")
    return row


def _unguessed(row: Row) -> Row:
    """A guess is good enough for headings, but nobody is mailed at an address that was guessed."""
    if row.address and not row.address.text.isascii():
        return row._replace(address=None, reason="the address is not UTF-8; save the file as UTF-8")
    return row


def _said_by(name: str) -> tuple[State | None] | None:
    base = re.split(r"[/\\]", name)[-1].casefold()
    return next(((state,) for pattern, state in _NAMES if re.fullmatch(pattern, base)), None)


def _zipped(stream: BinaryIO, name: str) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(stream) as archive:
            for part, said in _parts(archive, name):
                with archive.open(part) as first:
                    encoding = encoding_of(first)
                with archive.open(part) as again:
                    yield from _list(again, encoding, said, part.filename[:200])
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        OverflowError,
        RuntimeError,
        ValueError,
    ) as error:
        raise BadInput(f"a damaged or locked ZIP: {error}", name, "export it again, or unpack it") from error
    except Exception as error:
        if type(error).__module__ not in {"zlib", "lzma", "_lzma"}:
            raise
        raise BadInput(f"a damaged ZIP: {error}", name, "export it again, or unpack it") from error


def _parts(archive: zipfile.ZipFile, name: str) -> list[tuple[zipfile.ZipInfo, tuple[State | None]]]:
    """The lists in a ZIP, those of people who left first: nobody among them is mailed for a moment."""
    every = [each for each in archive.infolist() if not each.filename.startswith("__MACOSX/")]
    if len(every) > FILES:
        raise BadInput(f"a ZIP of {len(every)} files", name, f"a list has {FILES} at the most; unpack it")
    named = [(part, said) for part in every if (said := _said_by(part.filename))]
    plain = [part for part in every if re.search(r"\.(csv|json|jsonl|txt)\Z", part.filename, re.IGNORECASE)]
    if not named and len(plain) == 1:
        named = [(plain[0], (Wish.ACTIVE,))]
    if not named:
        raise BadInput("no list of readers in this ZIP", name, "unpack it and name the file")
    for part, _ in named:
        if part.file_size > SIZE or part.file_size > _BLOCK + RATIO * part.compress_size:
            raise BadInput(f"{ascii(part.filename)[:80]} in the ZIP is too large unpacked", name, "unpack it")
    if sum(part.file_size for part, _ in named) > SIZE:
        raise BadInput("the ZIP is too large unpacked", name, "unpack it")
    return sorted(named, key=lambda each: each[1][0] is Wish.ACTIVE)
