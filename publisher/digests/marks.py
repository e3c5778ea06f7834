"""Text of a letter with what makes mail programs show it in order (M9, R4, R6)."""

from unicodedata import bidirectional

from markupsafe import Markup, escape

from publisher.model.article import Direction
from publisher.text.bidi import LRM, RLM, isolate
from publisher.text.direction import lead, of_text

# Outlook wants the property beside the attribute; GMX drops the attribute, and without it a span needs unicode-bidi;
# screen readers want the language.
_LATIN = '<span dir="ltr" lang="en" style="direction: ltr; unicode-bidi: isolate;">'


def run(text: str, direction: Direction) -> Markup:
    """*text* for an HTML element of *direction*: escaped; in rtl, its Latin runs stand in spans (R4, R11), a text
    that is Latin altogether in one."""
    if direction == "ltr":
        return escape(text)
    if _latin(text):
        return Markup(f"{_LATIN}{escape(text)}</span>")
    return Markup(isolate(text, "span").replace('<span dir="ltr">', _LATIN))


def line(text: str, direction: Direction) -> str:
    """*text* as a paragraph of plain text (M9)."""
    return lead_line(isolate(text, "lrm"), direction) if direction == "rtl" else text


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
    return "L" in kinds and not kinds & {"R", "AL"}
