"""MDX to Markdown: the words of components stay, the program around them goes (A12)."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from textwrap import dedent

from publisher.articles import embeds
from publisher.articles.embeds import Arguments
from publisher.articles.spans import Holes
from publisher.model.article import Warn

_LONGEST = 200_000  # characters, as in arabic.py
_WIDEST = 5_000  # characters of one tag: a longer one is text
_UNCLOSED = 50  # tags or statements without an end: a text with more is no MDX

_FENCE = re.compile(
    r"^[ \t]*(?:>[ \t]?|[-*+][ \t]+|\d+[.)][ \t]+)*(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE
)
_TICKS = re.compile(r"`+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")

_IMPORT = re.compile(
    r"^import[ \t]+(?:[\w$*{][^\"'`;]{0,500}?\bfrom[ \t\n]*)?(?P<q>[\"'])[^\"'\n]+(?P=q)[ \t]*;?[ \t]*$",
    re.MULTILINE,
)
_EXPORT = re.compile(r"^export[ \t]+(?:default|const|let|var|function|class|async|\{|\*)", re.MULTILINE)
_COMMENT = re.compile(r"(?<![ \t])[ \t]*\{/\*(?:(?!\*/|\{/\*).)*\*/\}", re.DOTALL)
_STRING = re.compile(r"\{(?:\"(?P<double>[^\"{}\n]*)\"|'(?P<single>[^'{}\n]*)')\}")
_TAG = re.compile(r"</?(?:(?P<name>[A-Za-z][\w.-]*)(?=[\s/>])|(?=>))")
_ATTRIBUTE = re.compile(r"(?P<key>[A-Za-z_][\w:-]*)(?:[ \t\n]*=[ \t\n]*(?P<value>\"[^\"]*\"|'[^']*'))?")
_COMPONENT = re.compile(r"^[ \t]*</?[A-Z][\w.]*(?=[\s/>])", re.MULTILINE)

_CUT = "\x00"  # where a component's tag stood alone on its line; no text holds NUL (clean.decode)


def is_mdx(text: str) -> bool:
    """Whether a .md file is one of MDX: it has components, and imports or `{/* comments */}`."""
    return bool(
        ("{/*" in text or "import " in text)
        and _COMPONENT.search(text)
        and (_COMMENT.search(text) or _IMPORT.search(text))
    )


def flattened(text: str, line: int) -> tuple[str, list[Warn]]:
    """*text*, which begins on *line* of its file, as Markdown: without imports, exports, comments, attributes in
    braces and the tags of components; pictures and videos become HTML. Warns of the components that are unknown."""
    if len(text) > _LONGEST:
        return text, []
    code = _code(text)
    unknown: dict[str, int] = {}
    changes = [
        (match.start(), match.end(), _string(match) if pattern is _STRING else "")
        for pattern in (_IMPORT, _COMMENT, _STRING)
        for match in pattern.finditer(text)
        if match.end() - 1 not in code
    ]
    changes += [(start, end, "") for _, start, end in _reaching(text, code, _EXPORT, _end_of_export)]
    for tag, start, end in _reaching(text, code, _TAG, _end_of_tag):
        if (shown := _shown(text, tag, end, unknown)) is not None:
            changes.append((start, end, shown))
    parts: list[str] = []
    last = 0
    for start, end, shown in sorted(changes):
        if start >= last:
            parts += (text[last:start], shown)
            last = end
    return _dedented("".join((*parts, text[last:]))), _warnings(unknown, text, line)


def _warnings(unknown: dict[str, int], text: str, line: int) -> list[Warn]:
    if not unknown:
        return []
    names = ", ".join(f"<{name}>" for name in list(unknown)[:5]) + (" …" if len(unknown) > 5 else "")
    where = line + text.count("\n", 0, min(unknown.values()))
    return [Warn(f"components that are unknown were dropped, the words in them stay: {names}", where)]


def _reaching(
    text: str, code: Holes, pattern: re.Pattern[str], end_of: Callable[[str, int], int]
) -> Iterator[tuple[re.Match[str], int, int]]:
    """What begins with *pattern* outside of *code*, none inside another, with the place where it ends."""
    last = unclosed = 0
    for match in pattern.finditer(text):
        if match.start() < last or match.start() in code:
            continue
        end = end_of(text, match.end())
        unclosed += not end
        if end:
            last = end
            yield match, match.start(), end
        elif unclosed > _UNCLOSED:
            return


def _code(text: str) -> Holes:
    """Fenced blocks and code spans. MDX has no indented code, and CommonMark does not see a fence that follows a
    component's tag, so its parser cannot be asked."""
    fences = list(_fences(text))
    inside = Holes(fences)
    spans = [(start, end) for start, end in _ticked(text) if start not in inside]
    return Holes(sorted(fences + spans))


def _fences(text: str) -> Iterator[tuple[int, int]]:
    start, opened = 0, ""
    for match in _FENCE.finditer(text):
        fence = match["fence"]
        if not opened:
            if fence[0] == "`" and "`" in match["info"]:
                continue
            start, opened = match.start(), fence
        elif fence.startswith(opened) and not match["info"].strip():
            yield start, match.end()
            opened = ""
    if opened:
        yield start, len(text)


def _ticked(text: str) -> Iterator[tuple[int, int]]:
    """Code spans: a run of backticks to the next of the same length in the same paragraph."""
    runs = [(match.start(), match.end()) for match in _TICKS.finditer(text)]
    places: dict[int, list[int]] = {}
    for number, (start, end) in enumerate(runs):
        places.setdefault(end - start, []).append(number)
    breaks = [match.start() for match in _BLANK_LINE.finditer(text)]
    number = 0
    while number < len(runs):
        start, end = runs[number]
        same = places[end - start]
        following = bisect_left(same, number + 1)
        at = bisect_left(breaks, start)
        limit = breaks[at] if at < len(breaks) else len(text)
        if following < len(same) and runs[same[following]][0] < limit:
            number = same[following]
            yield start, runs[number][1]
        number += 1


def _end_of_export(text: str, start: int) -> int:
    """The end of the line that closes every bracket of the statement; 0 if none does."""
    depth = 0
    stop = min(len(text), start + _WIDEST)
    for place in range(text.rfind("\n", 0, start) + 1, stop):
        char = text[place]
        depth += (char in "{([") - (char in "})]")
        if char == "\n" and depth <= 0:
            return place
    return stop if stop == len(text) and depth <= 0 else 0


def _end_of_tag(text: str, place: int) -> int:
    """Where the tag ends whose name ends at *place*, strings and braces passed over; 0 if it does not."""
    depth, quote = 0, ""
    for at in range(place, min(len(text), place + _WIDEST)):
        char = text[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'`" and (depth or char != "`"):
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif not depth and char == ">":
            return at + 1
        elif not depth and char == "<":
            return 0
    return 0


def _shown(text: str, tag: re.Match[str], end: int, unknown: dict[str, int]) -> str | None:
    """What stands for the *tag* that ends at *end*; None where it stays as it is."""
    name, inner = tag["name"] or "", text[tag.end() : end - 1]
    if name[:1].islower() and "." not in name:
        return None if "{" not in inner else _plain_tag(tag[0], inner)
    alone = _alone(text, tag.start(), end)
    if name and not tag[0].startswith("</"):
        if markup := embeds.standing(name.lower(), _arguments(inner)):
            return f"{markup}\n\n" if _begins(text, tag.start()) else markup
        unknown.setdefault(name, tag.start())
    return f"\n{_CUT}\n" if alone else ""


def _string(found: re.Match[str]) -> str:
    return found["double"] or found["single"] or ""


def _plain_tag(opening: str, inner: str) -> str:
    """An HTML tag without the attributes that are programs: `style={{...}}` goes, `src={"a"}` is a string."""
    inner = _STRING.sub(lambda found: f'"{_string(found)}"', inner)
    kept = [found[0] for found in _ATTRIBUTE.finditer(_without_braces(inner)) if found["value"]]
    return f"{' '.join((opening, *kept))}{' /' if inner.rstrip().endswith('/') else ''}>"


def _without_braces(inner: str) -> str:
    parts, depth = [], 0
    for char in inner:
        depth += char == "{"
        parts.append(" " if depth else char)
        depth -= char == "}" and depth > 0
    return "".join(parts)


def _arguments(inner: str) -> Arguments:
    inner = _STRING.sub(lambda found: f'"{_string(found)}"', inner)
    named = {
        found["key"].lower(): found["value"][1:-1]
        for found in _ATTRIBUTE.finditer(_without_braces(inner))
        if found["value"]
    }
    return Arguments([], named)


def _begins(text: str, start: int) -> bool:
    """Whether a line begins at *start*; a block of HTML there goes on to the next blank line."""
    while start and text[start - 1] in " \t":
        start -= 1
    return not start or text[start - 1] == "\n"


def _alone(text: str, start: int, end: int) -> bool:
    while end < len(text) and text[end] in " \t":
        end += 1
    return _begins(text, start) and text[end : end + 1] in ("\n", "")


def _dedented(text: str) -> str:
    """The words inside of components at the margin: their indentation would make them code."""
    if _CUT not in text:
        return text
    return "".join(dedent(part) for part in re.split(rf"[ \t]*{_CUT}", text))
