"""The head of a file: what its author says about the article, apart from its text (A3)."""

import re
from dataclasses import dataclass, replace

from publisher.articles import dialects, yamlish
from publisher.articles.names import Kind
from publisher.articles.yamlish import Mapping
from publisher.errors import Unreadable
from publisher.model.article import Warn

LIMIT = 64_000  # bytes

_FENCE = re.compile(r"(?P<fence>---|\+\+\+)[ \t]*\Z")
_CLOSE = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
}
_KEY = {
    "---": re.compile(r"[\"']?[^\W\d_][^:\n]{0,100}:(?:[ \t]|$)"),
    "+++": re.compile(r"[ \t]*(?:[\"']?[^\W_][^=\n]{0,100}=|\[)"),
}
_JSON = re.compile(r"\{\s*\"[^\"\n]*\"\s*:")
_BLANK = re.compile(r"\n[ \t]*\n")
_REST_OF_LINE = re.compile(r"[ \t]*(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Matter:
    """Front matter and the text below it; `line` is the line of the file on which the text begins."""

    values: Mapping
    text: str
    line: int
    warnings: tuple[Warn, ...] = ()


def split(text: str, kind: Kind) -> Matter:
    """Part *text* (lines end with "\\n") of a file of *kind* at the end of its front matter: YAML between lines of
    ---, TOML between lines of +++, a JSON object, or in Markdown `Key: value` lines down to a blank one.

    Raises Unreadable for front matter that is not closed, too large, or broken.
    """
    start = len(text) - len(text.lstrip("\n\t "))
    start = text.rfind("\n", 0, start) + 1
    line = text.count("\n", 0, start) + 1
    first = text[start : text.find("\n", start) + 1 or None].rstrip("\n")
    if found := _FENCE.match(first):
        matter = _fenced(text, start + len(first) + 1, line, kind, found["fence"])
    elif _JSON.match(text, start):
        matter = _object(text, start, line)
    else:
        matter = _headers(text, start, line) if kind in ("markdown", "mdx") else None
    if matter is None:
        return Matter({}, text, 1)
    if start and found:
        late = Warn("front matter should begin on the first line", line)
        matter = replace(matter, warnings=(*matter.warnings, late))
    return matter


def _fenced(text: str, start: int, line: int, kind: Kind, fence: str) -> Matter | None:
    """What stands between the fence on *line* and the next; *start* is behind the first."""
    rest = text[start:]
    end = _CLOSE[fence].search(rest)
    head = rest[: end.start()] if end else rest
    if not _announced(head, kind, fence, blank_before=line > 1, closed=end is not None):
        return None
    if end is None:
        raise Unreadable("the front matter is not closed", f"put a line of {fence} below it", line)
    _limit(head, line)
    values, warnings = (yamlish.load if fence == "---" else dialects.toml)(head, line + 1)
    return Matter(values, rest[end.end() :], line + 1 + head.count("\n"), tuple(warnings))


def _announced(head: str, kind: Kind, fence: str, *, blank_before: bool, closed: bool) -> bool:
    """Whether the fence opens front matter, and is no rule between paragraphs."""
    first = next((line for line in head.split("\n") if line.strip() and not line.startswith("#")), "")
    if _KEY[fence].match(first):
        return closed or kind != "plain"
    # In a Markdown or HTML file a block between two fences at the very top can be nothing else, unless a blank
    # line stands where the first key should.
    return kind != "plain" and closed and not blank_before and (not first or not head.startswith("\n"))


def _object(text: str, start: int, line: int) -> Matter:
    values, warnings, end = dialects.json_object(text, start, line)
    _limit(text[start:end], line)
    last = line + text.count("\n", start, end)
    if not (behind := _REST_OF_LINE.match(text, end)):
        raise Unreadable("text stands behind the } of the front matter", "put it on the next line", last)
    return Matter(values, text[behind.end() :], last + 1, tuple(warnings))


def _headers(text: str, start: int, line: int) -> Matter | None:
    head = _BLANK.split(text[start:], maxsplit=1)[0].rstrip("\n")
    lines = head[:LIMIT].split("\n")
    if len(head) > LIMIT and len(lines) > 1:
        lines.pop()  # cut off
    found = dialects.headers(lines, line)
    if found is None:
        return None
    _limit(head, line)
    values, warnings = found
    return Matter(values, text[start + len(head) :], line + head.count("\n"), tuple(warnings))


def _limit(head: str, line: int) -> None:
    if len(head.encode()) > LIMIT:
        raise Unreadable(
            f"the front matter is larger than {LIMIT // 1000} kB",
            "move its text below the front matter",
            line,
        )
