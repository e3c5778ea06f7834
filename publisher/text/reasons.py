"""The commonest reasons why a file is refused, and their mends, in an editor's language.

They are made, kept and logged in English. A page for editors says in their language what the catalogues have; the rest
stays English, and is marked as that.
"""

import re
from functools import cache
from typing import NamedTuple

from publisher.text.words import Words

# As they are made, with a name where something is filled in.
REASONS = (
    "there is no title",
    "write the headline on its first line",
    "the file is empty",
    "looks like XML or HTML",
    "name it .html, or put the headline first",
    "the front matter is not closed",
    "put a line of %(fence)s below it",
    "the front matter is not YAML: %(problem)s",
    "the front matter is not TOML: %(problem)s",
    "the front matter is not JSON: %(problem)s",
    "put the value in quotes",
    "indent with blanks, not tabs",
    "see that line",
    "byte %(byte)s is not UTF-8 (byte %(place)s)",
    "there is a NUL byte: this is no text, or UTF-16 without its mark (byte %(place)s)",
    "save the file as UTF-8",
    "the file has %(size)s bytes, more than %(limit)s",
    "split it, or raise articles.max_bytes in config.toml",
    "an old Word file (.doc), or one with a password",
    "not a Word file, or only a part of one",
    "not a Word document",
    "open it in Word or LibreOffice and save it as .docx",
    "open it in Word or LibreOffice and save it as .docx, without a password",
    "typed in the legacy font %(font)s: its letters are not those of Unicode",
    "convert the text to Unicode (Kurdish converters do it), and save it again",
    "the program may not read the file",
    "chmod +r the file, or its folder +rx",
    "the path leads through a symbolic link",
    "put the file itself here",
    "not a regular file",
    "remove it",
    "the file was moved or deleted while it was read",
    "nothing, if it was you",
    "this name cannot be used",
    "choose a file that ends in %(endings)s",
    "give it a shorter name",
    "make the picture smaller",
)
_VALUE = re.compile(r"%\((\w+)\)s")
_FSI, _PDI = "\u2068", "\u2069"


class Told(NamedTuple):
    """A sentence, and the language it is in."""

    text: str
    language: str
    direction: str


def retold(english: str, words: Words) -> Told:
    """What is said in *english*, in the language of *words* where that is known; what is filled in is isolated."""
    for msgid, pattern in _patterns():
        if found := pattern.fullmatch(english):
            values = {name: f"{_FSI}{value}{_PDI}" for name, value in found.groupdict().items()}
            return Told(
                words.text(msgid) % values if values else words.text(msgid), words.language, words.direction
            )
    return Told(english, "en", "ltr")


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Each of REASONS, and what it looks like with its values."""
    found = []
    for msgid in REASONS:
        parts = _VALUE.split(msgid)  # text, name, text, ...
        made = [f"(?P<{part}>.+)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts)]
        found.append((msgid, re.compile("".join(made), re.DOTALL)))
    return found
