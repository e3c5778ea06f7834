"""Text of a letter with what makes mail programs show it in order (M9, R4, R6)."""

from unicodedata import bidirectional

from markupsafe import Markup, escape

from publisher.model.article import Direction
from publisher.text.bidi import LRM, RLM, isolate
from publisher.text.direction import first_strong, lead, of_text

# Outlook wants the property beside the attribute; GMX drops the attribute, and without it a span needs unicode-bidi;
# screen readers want the language.
_LATIN = '<span dir="ltr" lang="en" style="direction: ltr; unicode-bidi: isolate;">'
# Evolution takes the direction of a cell or paragraph from its first letter, that of a span from the span.
_TURNED = '<span dir="rtl" style="direction: rtl;">'
_SHOWS = {"R", "AL"}  # classes of the bidi algorithm that hold a line's end where it belongs by themselves
_STAYS = {"EN", "AN", "NSM"}  # ... and those that stay with what is before them


def run(text: str, direction: Direction) -> Markup:
    """*text* for an HTML element of *direction*: escaped; in rtl, its Latin runs stand in spans (R4, R11), a text
    that is Latin altogether in one."""
    if direction == "ltr":
        return escape(text)
    if _latin(text):
        return Markup(f"{_LATIN}{escape(text)}</span>")
    marked = isolate(text, "span").replace('<span dir="ltr">', _LATIN)
    return Markup(marked if first_strong(text) != "L" else f"{_TURNED}{marked}</span>")


def line(text: str, direction: Direction) -> str:
    """*text* as a paragraph of plain text (M9). Programs that look at its first strong letter are told its direction;
    in those that set every line from left to right a number, quote or stop at an end stays at that end."""
    if direction == "ltr":
        return LRM + text if first_strong(text) in ("R", "AL") else text
    marked = lead_line(held(text, direction), direction)
    if not _SHOWS.intersection(map(bidirectional, text)):
        return marked
    start = "" if bidirectional(marked[0]) in _SHOWS else RLM
    end = "" if bidirectional(marked[-1]) in _SHOWS | _STAYS else RLM
    return f"{start}{marked}{end}"


def held(text: str, direction: Direction) -> str:
    """*text*, plain, for a line of *direction*: in rtl, with marks beside its Latin runs (R4). What is Latin
    altogether holds together by itself."""
    return text if direction == "ltr" or _latin(text) else isolate(text, "lrm")


def within(text: str, direction: Direction) -> str:
    """*text*, a title or a headline, for a sentence of *direction* that it is put into: between two marks of its own
    direction where that is the other one, so that its signs and numbers stay with it."""
    own = of_text(text, direction)
    mark = LRM if own == "ltr" else RLM
    return text if own == direction else f"{mark}{text}{mark}"


def lead_line(text: str, direction: Direction) -> str:
    """*text*, one line, with a leading U+200F where a mail program, which looks at the first strong letter, would
    take it for ltr (R6). What has Latin letters and none other reads from left to right anyway."""
    return text if _latin(text) else lead(text, direction)


def _latin(text: str) -> bool:
    kinds = set(map(bidirectional, text.replace(LRM, "")))
    return "L" in kinds and not kinds & _SHOWS
