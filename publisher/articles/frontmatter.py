"""The head of a file: what its author says about the article, apart from its text (A3)."""

import re
from dataclasses import dataclass

from publisher.articles import yamlish
from publisher.articles.names import Kind
from publisher.articles.yamlish import Mapping
from publisher.errors import Unreadable
from publisher.model.article import Warn

LIMIT = 64_000  # bytes

_OPEN = re.compile(r"---[ \t]*\Z")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_KEY = re.compile(r"[\"']?[^\W\d_][^:\n]{0,100}:(?:[ \t]|$)")
_INDENTED = re.compile(r"[ \t]+\S")

# Dialects that are not read yet: their first lines, and how people call them.
_TOML = re.compile(r"\+\+\+[ \t]*\Z")
_JSON = re.compile(r"\{\s*\"[^\"\n]*\"\s*:")
_HEADERS = re.compile(r"title[ \t]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Matter:
    """Front matter and the text below it; `line` is the line of the file on which the text begins."""

    values: Mapping
    text: str
    line: int
    warnings: tuple[Warn, ...] = ()


def split(text: str, kind: Kind) -> Matter:
    """Part *text* (lines end with "\\n") of a file of *kind* at the end of its front matter.

    Raises Unreadable for front matter that is not closed, too large, not YAML or in a dialect that is not read.
    """
    start = len(text) - len(text.lstrip("\n\t "))
    start = text.rfind("\n", 0, start) + 1
    first, _, rest = text[start:].partition("\n")
    line = text.count("\n", 0, start) + 1
    if not _OPEN.match(first):
        _refuse_dialects(text, start, first, line)
        return Matter({}, text, 1)
    end = _CLOSE.search(rest)
    head = rest[: end.start()] if end else rest
    if not _announced(head, kind, blank_before=start > 0, closed=end is not None):
        return Matter({}, text, 1)
    if end is None:
        raise Unreadable("the front matter is not closed", "put a line of --- below it", line)
    if len(head.encode()) > LIMIT:
        raise Unreadable(
            f"the front matter is larger than {LIMIT // 1000} kB", "move its text below the --- line", line
        )
    values, warnings = yamlish.load(head, line + 1)
    if start:
        warnings.append(Warn("front matter should begin on the first line", line))
    return Matter(values, rest[end.end() :], line + 1 + head.count("\n"), tuple(warnings))


def _announced(head: str, kind: Kind, *, blank_before: bool, closed: bool) -> bool:
    """Whether --- opens front matter, and is no rule between paragraphs."""
    first = next((line for line in head.split("\n") if line.strip() and not line.startswith("#")), "")
    if _KEY.match(first):
        return closed or kind != "plain"
    # In a Markdown or HTML file a block between two --- at the very top can be nothing else, unless a blank
    # line stands where the first key should.
    return kind != "plain" and closed and not blank_before and (not first or not head.startswith("\n"))


def _refuse_dialects(text: str, start: int, first: str, line: int) -> None:
    found = ""
    if _TOML.match(first) and re.search(r"^\+\+\+[ \t]*$", text[start + len(first) :], re.MULTILINE):
        found = "TOML (+++)"
    elif _JSON.match(text, start):
        found = "JSON ({...})"
    elif _HEADERS.match(first) and _all_headers(text[start:]):
        found = "`Key: value` lines (Pelican, MultiMarkdown)"
    if found:
        raise Unreadable(
            f"front matter in {found} is not read yet", "write it as YAML between --- lines", line
        )


def _all_headers(text: str) -> bool:
    """Whether every line before the first blank one is `Key: value` or goes on with the one above."""
    lines = text[:LIMIT].partition("\n\n")[0].split("\n")
    return all(_KEY.match(line) or _INDENTED.match(line) for line in lines if line.strip())
