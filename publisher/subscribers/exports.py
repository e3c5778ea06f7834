"""A list of people as bytes: CSV that spreadsheets open right and `subscribers import` takes back, or JSON (L7).

CSV is RFC 4180 in UTF-8, with a byte order mark, without which Excel shows Arabic as something else. A field that a
spreadsheet would run begins with an apostrophe.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Format = Literal["csv", "json"]
BOM = b"\xef\xbb\xbf"
_RUNS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
)  # what a spreadsheet takes for the beginning of a formula (OWASP)


@dataclass(frozen=True, slots=True)
class Person:
    """A line of the list."""

    email: str
    language: str
    state: str
    created: str  # RFC 3339, UTC
    newsletters: dict[str, str]  # name: state of the subscription


def write(people: Iterable[Person], newsletters: Sequence[str], form: Format) -> Iterator[bytes]:
    """The list, in pieces; a column for each of *newsletters*."""
    return _csv(people, newsletters) if form == "csv" else _json(people)


def _csv(people: Iterable[Person], newsletters: Sequence[str]) -> Iterator[bytes]:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    heads = ["email", "language", "state", "created", *(f"newsletter:{name}" for name in newsletters)]
    yield BOM
    writer.writerow(map(safe, heads))
    for each in people:
        wishes = [each.newsletters.get(name, "") for name in newsletters]
        writer.writerow(map(safe, [each.email, each.language, each.state, each.created, *wishes]))
        if out.tell() > 65_536:
            yield _taken(out)
    yield _taken(out)


def safe(field: str) -> str:
    """The *field* as text that no spreadsheet runs; `plain` undoes it."""
    return f"'{field}" if field.lstrip("'").startswith(_RUNS) else field


def plain(field: str) -> str:
    """What `safe` was given, for whoever reads the list again."""
    return field[1:] if field.startswith("'") and field.lstrip("'").startswith(_RUNS) else field


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def _json(people: Iterable[Person]) -> Iterator[bytes]:
    lead = '{"subscribers": [\n'
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for each in people:
        row = {"email": each.email, "language": each.language, "state": each.state, "created": each.created}
        yield f"{lead}{encode(row | {'newsletters': each.newsletters})}".encode()
        lead = ",\n"
    yield b"\n]}\n" if lead.startswith(",") else f"{lead}]}}\n".encode()
