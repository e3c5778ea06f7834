"""Lists as text, in rows: CSV with or without headings, plain lines, JSON; a row at a time, in flat memory."""

import csv
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import Any, TextIO

from publisher.model.people import Wish
from publisher.subscribers import addresses
from publisher.subscribers.imports.formats import Columns, Row, State, addressed, shown, stated

LINES = 50  # of one row at the most: in a row that is longer a quote was opened and never closed
ITEM = 1 << 18  # characters of one reader in JSON at the most
_BLOCK = 1 << 16
_LIST = re.compile(r'\s*(?:\{\s*"[^"\\]*"\s*:\s*){0,4}\[')
_SPACE = re.compile(r"[\s,]*")


_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class _TooLong(Exception):
    pass


class _Swallows(Exception):
    pass


class _Lines:
    """Lines for csv.reader, which can be given again when a row turns out to be none."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._rest, self._again, self.row, self.number, self.ended = (
            lines,
            deque[str](),
            list[str](),
            0,
            False,
        )

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.row) >= LINES:
            raise _TooLong
        if self._again:
            line = self._again.popleft()
        else:
            try:
                line = next(self._rest)
            except StopIteration:
                self.ended = True
                raise
            if "\0" in line:
                line = line.replace("\0", "")
        self.row.append(line)
        return line

    def next_row(self) -> int:
        """Begin another row; the line it begins on."""
        self.number += len(self.row)
        self.row.clear()
        return self.number + 1

    def inner(self, delimiter: str) -> Iterator[list[str]]:
        """The lines of this row but the first, each as a row of its own; what is none ends them."""
        with suppress(csv.Error):
            yield from csv.reader(self.row[1:], delimiter=delimiter)

    def take_back(self) -> None:
        """All lines of this row but the first come again."""
        self._again.extendleft(reversed(self.row[1:]))
        del self.row[1:]
        self.ended = False


def rows(lines: Iterable[str], *, always: State = Wish.ACTIVE, file: str = "") -> Iterator[Row]:
    """The rows of a CSV file, one at a time. The column is the one whose heading is an address's. Where no heading is
    one that is known, the first row with an @ shows it, and what stands over that row are its headings if they are as
    many; else there are none, and each row's address is the field that holds an @."""
    columns: Columns | None = None
    before: tuple[int, list[str]] | None = None  # a row without an @, perhaps of headings nobody knows
    headed = True
    for line, fields, wrong in _fields(lines):
        if wrong:
            yield Row(line, fields[0], None, wrong, file=file)
            continue
        if columns is not None:
            yield columns.row(line, fields if headed else _bare(fields), file)
            continue
        known = Columns(fields, always)
        place = next((place for place, each in enumerate(fields) if "@" in each), None)
        if before is not None:
            yield _no_address(*before, file)
        if not known.known and place is None:
            before = line, fields
            continue
        if known.known:
            columns = known
            before = None
            continue
        headed = before is not None and len(before[1]) == len(fields) > 1
        columns = (
            Columns(before[1], always, place) if before and headed else Columns(["email", "state"], always)
        )
        before = None
        yield columns.row(line, fields if headed else _bare(fields), file)
    if before is not None:
        yield _no_address(*before, file)


def _no_address(line: int, fields: list[str], file: str) -> Row:
    return addressed(line, fields[0], file)._replace(address=None, reason="no address in this row")


def _bare(fields: list[str]) -> list[str]:
    """A row without headings: its address, and a word that says that its reader left."""
    if len(fields) == 1:
        return fields
    return [next((each for each in fields if "@" in each), fields[0]), stated(fields)]


def _fields(lines: Iterable[str]) -> Iterator[tuple[int, list[str], str]]:
    """The fields of each row, with its line; or its beginning, and what is wrong with it. A quote that is never closed,
    or that swallows what looks like other rows, costs its own line alone."""
    lines = iter(lines)
    first = next(lines, "").removeprefix("\ufeff")
    if said := _SEPARATOR.fullmatch(first):  # Excel's word for it
        source, delimiter = _Lines(lines), said[1]
        source.number = 1
    else:
        source, delimiter = _Lines(chain([first] if first else [], lines)), _delimiter(first)
    reader, width = csv.reader(source, delimiter=delimiter), 0
    while True:
        line = source.next_row()
        try:
            fields = next(reader)
            if source.ended and len(source.row) > 1:
                raise _TooLong
            if len(source.row) == 1:
                width = len(fields)
            elif any(
                len(each) == width and any(map(_ADDRESS.fullmatch, each)) for each in source.inner(delimiter)
            ):
                raise _Swallows
        except StopIteration:
            return
        except (csv.Error, _TooLong, _Swallows) as error:
            reason = "a quote opens here and is never closed"
            if isinstance(error, csv.Error) and len(source.row) < 2:
                reason = f"not a CSV row: {error}"
            if isinstance(error, _Swallows):
                reason = "a quote opens here and is closed behind the rows of others"
            yield line, [shown(source.row[0].strip()[:320]) if source.row else ""], reason
            source.take_back()
            reader = csv.reader(source, delimiter=delimiter)
            continue
        if any(fields) and any(map(addresses.bare, fields)):
            yield line, fields, ""


def _delimiter(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",;\t|", key=bare.count)


def is_json(head: str) -> bool:
    """Whether a file that begins so is JSON, or lines of it."""
    return head.lstrip()[:1] in ("{", "[") or (head.lstrip()[:1] == '"' and "@" in _string(head))


def _string(head: str) -> str:
    try:
        found = json.loads(head.lstrip().partition("\n")[0])
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""


def items(text: TextIO, *, file: str = "") -> Iterator[Row]:
    """The rows of a JSON document, a list of objects or strings that may stand within objects, or of JSON lines."""
    decoder = json.JSONDecoder()
    buffer, place, line, more = "", 0, 1, True
    start, inside = True, False
    while True:
        if more and len(buffer) - place < _BLOCK:
            block = text.read(_BLOCK)
            more = bool(block)
            buffer, place = buffer[place:] + block.replace("\0", ""), 0
        if start:
            start = False
            lead = _LIST.match(buffer)
            inside = bool(lead)
            if lead:
                line += lead[0].count("\n")
                place = lead.end()
        space = _SPACE.match(buffer, place)
        assert space
        line += buffer.count("\n", place, space.end())
        place = space.end()
        if place == len(buffer):
            if more:
                continue
            if inside:
                yield Row(line, "", None, "the file ends within its list: it was cut off", file=file)
            return
        if inside and buffer[place] == "]":
            return
        try:
            item, end = decoder.raw_decode(buffer, place)
        except (ValueError, RecursionError) as error:
            if more and len(buffer) - place < ITEM:
                buffer += (block := text.read(ITEM)).replace("\0", "")
                more = bool(block)
                continue
            what = getattr(error, "msg", "too deep")
            yield Row(line, "", None, f"not JSON: {what}; nothing behind this line was read", file=file)
            return
        yield _item(line, item, file)
        line += buffer.count("\n", place, end)
        place = end


def _item(line: int, item: Any, file: str) -> Row:
    if isinstance(item, str):
        return addressed(line, item, file)
    if not isinstance(item, Mapping):
        return Row(line, ascii(item)[:80], None, "neither an address nor an object that has one", file=file)
    flat = dict(_flat(item))
    columns = _columns(tuple(flat))
    if not columns.known:
        return Row(line, "", None, "no address in this object", file=file)
    return columns.row(line, list(flat.values()), file)


_columns = lru_cache(maxsize=64)(Columns)  # of one list: most of its objects have the same names


def _flat(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in item.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, bool):
            yield name, str(value).lower()
        elif isinstance(value, int | float):
            yield name, str(value)
        elif name == "newsletters" and isinstance(value, Mapping):
            yield from ((f"newsletter:{each}", str(wish)) for each, wish in value.items())
        elif name == "lists" and isinstance(value, list):  # listmonk: a person is on these, or was
            said = [_on(each) for each in value if isinstance(each, Mapping)]
            if said and "confirmed" not in said:
                yield "subscription status", "unconfirmed" if "unconfirmed" in said else "unsubscribed"


def _on(subscription: Mapping[str, Any]) -> str:
    """What somebody is to a list of listmonk's: one with a single opt-in mails also who never confirmed."""
    status = str(subscription.get("subscription_status"))
    if status == "unconfirmed" and subscription.get("optin") == "single":
        return "confirmed"
    return status if status in ("unconfirmed", "unsubscribed") else "confirmed"
