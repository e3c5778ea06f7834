"""How text of one language is set: what a template needs on each element that holds it (R1, R5, R7)."""

from dataclasses import dataclass

from publisher.digests.fonts import font, outlook_font
from publisher.model.article import Direction
from publisher.text import clean
from publisher.text.direction import of_tag
from publisher.text.language import detect, feed_tag, prose, script


@dataclass(frozen=True, slots=True)
class Voice:
    """A language as set in a letter."""

    lang: str
    dir: Direction
    align: str  # "right" or "left"
    font: str
    leading: str  # line-height
    outlook: str  # CSS font-family for Outlook on Windows


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text that somebody wrote for a letter, and how it is set."""

    text: str
    voice: Voice


def voice(language: str, direction: Direction | None = None) -> Voice:
    """The voice of *language* (BCP 47), in *direction* where that is known of the text, else in the language's."""
    runs = direction or of_tag(language)
    family, leading = font(language)
    align = "right" if runs == "rtl" else "left"
    return Voice(feed_tag(language), runs, align, family, leading, outlook_font(language))


def paragraphs(text: str, language: str) -> tuple[Paragraph, ...]:
    """The paragraphs of *text*, parted by empty lines, in its language by its letters, in *language* where those do
    not say. One in another script is set in its own: of one script a greeting is too short to tell its language."""
    lines = clean.paragraphs(text)
    whole = detect(prose("\n".join(lines)), language)
    found = [(line, detect(prose(line), whole)) for line in lines]
    return tuple(
        Paragraph(line, voice(whole if script(own) == script(whole) else own)) for line, own in found
    )
