"""Plain text in the shape newsrooms file it (A1)."""

import re
from html import escape
from itertools import groupby

from publisher.articles.headline import LIMIT
from publisher.errors import Unreadable

_MARKS = "\u200e\u200f"  # what an editor may put before a hyphen to hold it in place
_ITEM = re.compile(rf"[{_MARKS}]*-[ \t\u00a0]+")
_TAG = re.compile(r"<[!?/]?[A-Za-z][^<>]*>")


def html(text: str, first_line: int, *, headline: bool) -> str:
    """*text* as HTML: each line a paragraph, the first an <h1> if it is the *headline*; a lone "- " line before a
    paragraph is an <h2>, several in a row are a list. Blank lines say nothing.

    Raises Unreadable, with the line counted from *first_line*, if the text is XML or HTML.
    """
    lines = [line.strip() for line in text.split("\n")]
    start = next((number for number, line in enumerate(lines) if line.strip(_MARKS)), len(lines))
    if start < len(lines) and _TAG.fullmatch(lines[start]):
        raise Unreadable(
            "looks like XML or HTML", "name it .html, or put the headline first", first_line + start
        )
    rest = [line for line in lines[start:] if line.strip(_MARKS)]
    parts = []
    if headline and rest and len(rest[0]) <= LIMIT:
        parts.append(_element("h1", rest.pop(0)))
    groups = [
        (is_item, list(group)) for is_item, group in groupby(rest, lambda line: bool(_ITEM.match(line)))
    ]
    for number, (is_item, group) in enumerate(groups):
        if not is_item:
            parts += [_element("p", line) for line in group]
        elif len(group) > 1:
            parts.append(
                f"<ul>{''.join(_element('li', _ITEM.sub('', line, count=1)) for line in group)}</ul>"
            )
        elif number + 1 < len(groups):
            parts.append(_element("h2", _ITEM.sub("", group[0], count=1)))
        else:  # nothing stands below it: a closing line such as "- رويترز"
            parts.append(_element("p", group[0]))
    return "\n".join(parts)


def _element(tag: str, line: str) -> str:
    return f"<{tag}>{escape(line, quote=False)}</{tag}>"
