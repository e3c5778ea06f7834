"""Shortcodes of Hugo, Zola and Liquid, and attribute lists of kramdown (A12): known ones become HTML, others go
with a warning, in code they stay. An article is data: nothing is evaluated, and whatever else has braces is text.

Taken are only forms that nothing else looks like: `{{< >}}` and `{{% %}}` anywhere; `{% %}` alone on its line or
with arguments and an end; `{{ name(...) }}` alone on its line; `{: .class}` where kramdown reads it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal

from publisher.articles import embeds, spans
from publisher.model.article import Warn

_LONGEST = 200_000  # characters, as in arabic.py

_ANY = re.compile(r"\{\{|\{%|\{::?|\{#[\w-]+\}[ \t]*$", re.MULTILINE)
_TOKEN = re.compile(
    r"\{\{(?P<escaped>[<%])/\*(?P<shown>(?:(?!\{\{|\*/).)*)\*/[>%]\}\}"
    r"|\{\{[<%][ \t\n]*(?:(?P<end>/)[ \t\n]*)?(?P<hugo>\w[\w./-]*?)(?P<given>(?:[ \t\n](?:(?!\{\{).)*?)?)"
    r"(?P<alone>/?)[>%]\}\}"
    r"|\{%-?[ \t\n]*(?P<liquid>[A-Za-z_]\w*)(?P<said>(?:(?!\{%|%\}).)*?)-?%\}"
    r"|^[ \t]*\{\{-?[ \t]*(?P<call>[A-Za-z_]\w*)\((?P<with>(?:(?!\{\{|\}\}).)*)\)[ \t]*-?\}\}[ \t]*$"
    r"|(?:(?<=\]\()|(?<=[=:][\"'])|(?<=\]: ))"
    r"\{\{-?[ \t]*(?:site\.(?:url|baseurl)|[\"'](?P<site>[^\"'\n{}]*)[\"'][ \t]*\|[^{}\n]*_url)[ \t]*-?\}\}"
    r"|(?:^[ \t]*(?=\{:[^{}\n]*\}[ \t]*$)|(?<=[)\]*_`>}]))\{:(?P<list>[^{}\n]*)\}"
    r"|^[ \t]*\{::/?\w[^{}\n]*\}[ \t]*$"
    r"|(?<=[^\s#])[ \t]+\{\#(?P<anchor>[\w-]+)\}[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_LIST = re.compile(r"(?:[ \t]*+(?:[.#][\w-]++|[\w-]++=(?:\"[^\"]*\"|'[^']*'|[^\s\"']++)|toc))*+[ \t]*\Z")
_CALL = re.compile(r"[ \t\n]*\((?P<given>.*)\)[ \t\n]*\Z", re.DOTALL)
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]")

# Liquid tags that are no words of a sentence, wherever they stand.
_INLINE = frozenset(("include", "include_relative", "include_cached", "post_url", "link", "gist", "youtube"))
_VERBATIM = frozenset(("raw", "highlight", "comment"))  # what they hold is not read


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    form: Literal["text", "hugo", "liquid", "call"]
    name: str
    given: str = ""  # its arguments; of a "text" what it becomes
    closes: bool = False
    pairs: bool = False  # may have an end
    begins: bool = False  # a line
    lone: bool = False  # alone on its line
    call: bool = False  # has arguments in brackets


def replaced(text: str, line: int) -> tuple[str, list[Warn]]:
    """*text*, which begins on *line* of its file, with its shortcodes as HTML or gone, and what was dropped."""
    if len(text) > _LONGEST or not _ANY.search(text) or not _TOKEN.search(text):
        return text, []
    code = spans.holes(spans.read(text), "code")
    found = (match for match in _TOKEN.finditer(text) if text.index("{", match.start()) not in code)
    tokens = [token for match in found if (token := _token(text, match))]
    unknown: dict[str, list[int]] = {}
    parts: list[str] = []
    last = 0
    for start, end, shown in _shown(text, tokens, unknown):
        parts += (text[last:start], shown)
        last = end
    parts.append(text[last:])
    return "".join(parts), [
        Warn(
            f"the shortcode {name} is unknown; dropped{_times(places)}", line + text.count("\n", 0, places[0])
        )
        for name, places in unknown.items()
    ]


def _times(places: list[int]) -> str:
    return f" {len(places)} times" if len(places) > 1 else ""


def _token(text: str, match: re.Match[str]) -> _Token | None:
    start, end = match.span()
    if match["escaped"]:
        shown = f"{{{{{match['escaped']}{match['shown']}{match[0][-3:]}"
        return _Token(start, end, "text", "", escape(shown, quote=False))
    if match["hugo"]:
        pairs, place = not match["alone"], _place(text, start, end)
        return _Token(
            start, end, "hugo", match["hugo"].lower(), match["given"], bool(match["end"]), pairs, *place
        )
    if match["liquid"]:
        return _liquid(text, match)
    if match["call"]:
        return _Token(
            start, end, "call", match["call"].lower(), match["with"], begins=True, lone=True, call=True
        )
    heading = not match["anchor"] or _HEADING.match(text, text.rfind("\n", 0, start) + 1)
    listed = match["list"] is None or _LIST.match(match["list"])
    text = f' <span id="{match["anchor"]}"></span>' if match["anchor"] else match["site"] or ""
    return _Token(start, end, "text", "", text) if heading and listed else None


def _liquid(text: str, match: re.Match[str]) -> _Token:
    start, end = match.span()
    name, given = match["liquid"].lower(), match["said"].strip()
    call = _CALL.match(given)
    begins, lone = _place(text, start, end)
    closes = name == "end" or (name.startswith("end") and not given)
    return _Token(
        start,
        end,
        "liquid",
        name.removeprefix("end") if closes else name,
        call["given"] if call else given,
        closes=closes,
        pairs=True,
        begins=begins,
        lone=lone,
        call=call is not None,
    )


def _place(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether what stands there begins a line, and whether it is alone on it."""
    while start and text[start - 1] in " \t>":
        start -= 1
    while end < len(text) and text[end] in " \t":
        end += 1
    begins = not start or text[start - 1] == "\n"
    return begins, begins and text[end : end + 1] in ("\n", "")


def _ends(tokens: list[_Token]) -> dict[int, int]:
    """The number of the token that closes each one that is closed; Zola's `end` closes the nearest call."""
    ends: dict[int, int] = {}
    waiting: dict[str, list[int]] = {}
    for number, token in enumerate(tokens):
        if token.closes:
            opened = waiting.get(token.name, [])
            while opened and opened[-1] in ends:
                opened.pop()
            if opened:
                ends[opened.pop()] = number
        elif token.pairs:
            waiting.setdefault(token.name, []).append(number)
            if token.call:
                waiting.setdefault("", []).append(number)
    return ends


def _shown(text: str, tokens: list[_Token], unknown: dict[str, list[int]]) -> Iterator[tuple[int, int, str]]:
    """Where a token stands and what it becomes; those that stay are left out. Notes where *unknown* ones stood."""
    ends = _ends(tokens)
    closing: dict[int, str] = {}
    read = 0  # what stands before is done
    for number, token in enumerate(tokens):
        end = ends.get(number)
        if token.start < read:
            continue
        if token.form == "text":
            yield token.start, token.end, token.given
        elif number in closing:
            yield token.start, token.end, closing[number]
        elif token.name in _VERBATIM and end is not None:
            read = tokens[end].end
            yield token.start, read, _verbatim(token.name, text[token.end : tokens[end].start])
        elif _taken(token, closed=end is not None):
            known = _known(token, closed=end is not None)
            if known is None and not token.closes:
                unknown.setdefault(token.name, []).append(token.start)
            before, after = known or ("", "")
            if end is not None:
                closing[end] = after
            yield token.start, token.end, before


def _taken(token: _Token, *, closed: bool) -> bool:
    """Whether it can be nothing but a shortcode: `{% if %}` in a sentence may be what the sentence is about."""
    inline = token.name in _INLINE and token.given != ""
    return token.form != "liquid" or token.lone or inline or (token.call and closed)


def _verbatim(name: str, held: str) -> str:
    if name == "highlight":
        return f"\n\n<pre><code>{escape(held.strip(chr(10)), quote=False)}</code></pre>\n\n"
    return held if name == "raw" else ""


def _known(token: _Token, *, closed: bool) -> tuple[str, str] | None:
    """What stands for the token and, if it is *closed*, for its end; None if it is unknown."""
    given = embeds.arguments(token.given)
    if token.name in embeds.ADDRESSES:
        return embeds.address(given), ""
    if closed and (pair := embeds.around(token.name, given)):
        return pair
    if markup := embeds.standing(token.name, given):
        return (f"{markup}\n\n" if token.begins else markup), ""
    return None
