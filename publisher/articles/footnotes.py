"""Footnotes as pyromark writes them, made a list at the end of the text: with a rule above it, names that no page uses,
and a way back from each (A2)."""

import re

_DEFINITION = re.compile(
    r'<div class="footnote-definition" id="[^"]*"><sup class="footnote-definition-label">(?P<number>\d+)</sup>\n'
    r"(?P<text>[^<]*+(?:<(?!/?div\b)[^<]*+)*)</div>\n?"
)
_REFERENCE = re.compile(r'<sup class="footnote-reference"><a href="#[^"]*">(?P<number>\d+)</a></sup>')
_END = "</p>\n"


def gathered(html: str) -> str:
    """*html* with its footnotes in one list, in the order of their numbers. Time is linear in the length."""
    notes: dict[int, str] = {}

    def take(found: re.Match[str]) -> str:
        notes.setdefault(int(found["number"]), found["text"])
        return ""

    text = _DEFINITION.sub(take, html)
    if not notes:
        return html
    marked: set[int] = set()

    def mark(found: re.Match[str]) -> str:
        number = int(found["number"])
        if number not in notes:
            return found[0]
        own = "" if number in marked else f' id="fnref-{number}"'
        marked.add(number)
        return f'<sup{own}><a href="#fn-{number}">{number}</a></sup>'

    text = _REFERENCE.sub(mark, text)
    noted = [(number, _REFERENCE.sub(mark, note)) for number, note in sorted(notes.items())]
    items = [
        _item(number, note, place, back=number in marked) for place, (number, note) in enumerate(noted, 1)
    ]
    return f"{text.rstrip()}\n<hr>\n<ol>\n{''.join(items)}</ol>\n"


def _item(number: int, note: str, place: int, *, back: bool) -> str:
    """The note as an item of the list, the one in this *place*."""
    if back:
        way = f'<a href="#fnref-{number}">↑</a>'
        ends = note.endswith(_END)
        note = f"{note.removesuffix(_END)} {way}{_END}" if ends else f"{note}<p>{way}{_END}"
    value = "" if number == place else f' value="{number}"'
    return f'<li id="fn-{number}"{value}>{note}</li>\n'
