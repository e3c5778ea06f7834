"""`lint`: the feeds behind files and URLs, each with what is wrong with it. Needs no site; in one, what its own words
say in its feeds is looked at too."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher import net
from publisher.config import Settings
from publisher.errors import BadInput
from publisher.feeds.lint import opening
from publisher.feeds.lint.check import check
from publisher.feeds.lint.on_server import Served
from publisher.feeds.lint.remarks import Remark, Report
from publisher.layout import STATE
from publisher.model.site import Site
from publisher.store.state import State
from publisher.verbs.session import reading

SECONDS = 5.0  # for each request (threat 8)
_ADDRESS = re.compile(r"\w[\w-]*(\.[\w-]+)+(:\d+)?/")  # as browsers show it, without a scheme
LIMIT = opening.LARGE  # bytes of an answer, unpacked (threat 8, F3)


@dataclass(frozen=True, slots=True)
class Linted:
    """One source: its report, or why it could not be read."""

    source: str
    report: Report | None
    problem: str = ""


def lint(
    sources: Sequence[str], clock: Callable[[], datetime], *, private: bool = False, site: Site | None = None
) -> Iterator[Linted]:
    """Each of *sources*, a file, a URL, or "-" for standard input, in its order. *private*: URLs may name this
    machine or a private network. *site*: the one that asks, whose own feeds are judged by how it writes dates."""
    for source in sources:
        try:
            if "://" in source:
                yield Linted(source, _from_web(source, clock, private=private, site=site))
            else:
                yield Linted(source, check(_file(source), clock(), site=site))
        except BadInput as error:
            mend = f". Mend: {error.mend}" if error.mend else ""
            yield Linted(source, None, f"{error.what}{mend}")
        except OSError as error:
            mend = f". Mend: write https://{source} for an address" if _ADDRESS.match(source) else ""
            yield Linted(source, None, f"{error.strerror or error}{mend}")


def asking(settings: Settings) -> Site:
    """The site that asks, with the digits that its articles are written in where it has published any. Raises
    BadState for a state that cannot be read."""
    if not settings.store.url and not State(settings.root / STATE).database.exists():
        return settings.site
    with reading(settings) as house:
        return house.learnt().site


def _file(source: str) -> bytes:
    """The bytes of a file, one more than lint reads where there are more."""
    if source == "-":
        return sys.stdin.buffer.read(opening.LIMIT + 1)
    with Path(source).open("rb") as file:
        return file.read(opening.LIMIT + 1)


def _from_web(source: str, clock: Callable[[], datetime], *, private: bool, site: Site | None) -> Report:
    answer = net.look(source, private=private, limit=LIMIT, seconds=SECONDS)
    if len(answer.body) > LIMIT:
        found = f"more than {LIMIT // 1_000_000} MB; what came after that was not read"
        mend = "save it to a file and lint that; then write fewer entries into it"
        return Report(None, "", "", 0, "", (Remark("far-too-large", "document", 1, found, mend),))
    return check(answer.body, clock(), _served(source, answer, private=private), site)


def _served(url: str, answer: net.Answer, *, private: bool) -> Served:
    """What the server says, also of a second request with the ETag of the first."""
    names = {"if-none-match": "etag", "if-modified-since": "last-modified"}
    known = {ask: answer.headers[said] for ask, said in names.items() if answer.headers.get(said)}
    again: int | None = None
    if known:
        try:
            again = net.look(url, private=private, limit=LIMIT, seconds=SECONDS, known=known).status
        except BadInput:
            again = 0
    return Served(url, answer.headers, len(answer.body), again)


def as_json(linted: Sequence[Linted]) -> dict[str, Any]:
    """The JSON document of `nashir --json lint` (docs/lint.md)."""
    return {
        "feeds": [_feed(each.source, each.report) for each in linted if each.report],
        "unread": [{"source": each.source, "reason": each.problem} for each in linted if each.problem],
    }


def _feed(source: str, report: Report) -> dict[str, Any]:
    return {
        "source": source,
        "format": report.kind,
        "language": report.language or None,
        "direction": report.direction or None,
        "entries": report.entries,
        "errors": report.count("error"),
        "warnings": report.count("warning"),
        "notes": report.count("note"),
        "findings": [
            {
                "rule": each.rule,
                "level": each.level,
                "line": each.line,
                "column": each.column,
                "entry": each.entry,
                "where": each.where,
                "found": each.found,
                "what": each.what,
                "mend": each.how,
            }
            for each in report.remarks
        ],
    }
