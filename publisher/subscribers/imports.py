"""Reading a list of addresses: CSV with or without a header, `, ; tab`, one address a row (L7)."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from publisher.errors import BadInput
from publisher.subscribers import addresses
from publisher.subscribers.addresses import Address
from publisher.subscribers.exports import plain

_HEADERS = {
    "email",
    "e-mail",
    "address",
    "email address",
    "mail",
    "البريد",
    "البريد الإلكتروني",
    "ایمیل",
    "אימייל",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file: its line (1 = first) and the address, or why there is none."""

    line: int
    address: Address | None
    reason: str = ""


def rows(lines: Iterable[str]) -> Iterator[Row]:
    """The rows of a CSV file, one at a time. The column is the one whose heading is an address's, else the first
    that holds an @."""
    lines = iter(lines)
    first = next(lines, "").removeprefix("\ufeff")
    reader = csv.reader(_chain(first, lines), delimiter=_delimiter(first))
    column: int | None = None
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(reader.line_num, None, f"not a CSV row: {error}")
            continue
        fields = [plain(addresses.bare(field)) for field in fields]
        if not any(fields):
            continue
        if column is None:
            heading = next((i for i, field in enumerate(fields) if field.casefold() in _HEADERS), None)
            column = (
                heading if heading is not None else next((i for i, f in enumerate(fields) if "@" in f), 0)
            )
            if heading is not None:
                continue
        yield _row(reader.line_num, fields, column)


def _row(line: int, fields: list[str], column: int) -> Row:
    if column >= len(fields) or not fields[column]:
        return Row(line, None, "no address in this row")
    if any("\ud800" <= char <= "\udfff" for char in fields[column]):  # how bytes that are no UTF-8 are read
        return Row(line, None, "the address is not UTF-8; save the file as CSV in UTF-8")
    try:
        return Row(line, addresses.parse(fields[column]))
    except BadInput as error:
        return Row(line, None, f"{error.where}: {error.what}")


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from (line.replace("\0", "") for line in rest)


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)
