"""The plain text part, the way out, the size (M4, M7, M9, H6)."""

import re
from collections.abc import Iterator

from publisher.digests.compose import encoded_size
from publisher.digests.lint.given import Given, bare, finding, ours
from publisher.digests.lint.on_direction import controls
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT
from publisher.model.finding import Finding
from publisher.text.direction import first_strong, of_tag, of_text
from publisher.text.quote import named, quoted
from publisher.text.words import words

_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffd\ud800-\udfff]")
_MARKUP = re.compile(
    r"</?(?:p|br|a|div|span|table|tr|td|h[1-6]|b|i|ul|li)\b[^>]*>|&(?:\w{2,8}|#\d{2,6});|\u034f"
)
_URL = re.compile(r"https?://\S+|\ufdd0\w+\ufdd1")
_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff]")


def check(given: Given, shown: str, others: tuple[str, ...]) -> Iterator[Finding]:
    """Remarks on a letter's text, and on what both parts must hold. *shown* is the text of its HTML."""
    content = given.content
    if not content.text.strip():
        yield finding("no-plain-text", "text")
    for number, line in enumerate(content.text.split("\n"), 1):
        yield from _line(given, line, f"text: line {number}", others)
    for where, text in (("subject", content.subject), ("html", content.html), ("text", content.text)):
        if bad := _BAD.search(text) or (re.search(r"[\r\n]", text) if where == "subject" else None):
            around = text[max(0, bad.start() - 20) : bad.end() + 20]
            yield finding("bad-characters", where, f"{named(bad[0])} in {quoted(around)}")
    limit, size = given.site.letterhead.html_limit, encoded_size(content.html)
    if size > limit:
        yield finding("too-large", "html", f"{size:,} bytes, encoded; at most {limit:,}")
    if given.listed:
        yield from _ways_out(given, shown)
    for line in map(bare, given.site.letterhead.postal):
        for where, text in _parts(given, shown):
            if line not in bare(text):
                yield finding("no-postal", where, quoted(line))


def _line(given: Given, line: str, where: str, others: tuple[str, ...]) -> Iterator[Finding]:
    if not line.strip():
        return
    yield from controls(line, where)
    own, address = ours(line, others), _URL.search(line)
    right = (
        "\ufdd0" not in line
        and _RIGHT.search(line)
        and (of_text(line, "ltr") == "rtl" or (own != "" and _says_from_the_right(given)))
    )
    if right and first_strong(line) == "L":
        yield finding("text-reads-ltr", where, quoted(line.strip()))
    if address and _URL.search(own or line if "\ufdd0" in line else own) and bare(line) != address[0]:
        yield finding("url-not-alone", where, quoted(line.strip()))
    if found := _MARKUP.search(own):
        yield finding("markup-in-text", where, f"{quoted(found[0])} in {quoted(line.strip())}")


def _says_from_the_right(given: Given) -> bool:
    """Whether our own words in this letter read from right to left: a reader may have them in English around Arabic
    articles."""
    return given.content.direction == of_tag(words(given.interface).language) == "rtl"


def _parts(given: Given, shown: str) -> list[tuple[str, str]]:
    parts = [("html", shown)] if given.content.html else []
    return [*parts, ("text", given.content.text)]


def _ways_out(given: Given, shown: str) -> Iterator[Finding]:
    content = given.content
    reason = words(given.interface).text("You receive this letter because you subscribed to %(title)s.")
    pieces = [bare(piece) for piece in reason.split("%(title)s")]
    sources = [("html", content.html)] if content.html else []
    for where, source in (*sources, ("text", content.text)):
        if UNSUBSCRIBE_SLOT not in source:
            yield finding("no-unsubscribe", where)
        if PREFERENCES_SLOT not in source:
            yield finding("no-preferences", where)
    for where, text in _parts(given, shown):
        if not all(piece in bare(text) for piece in pieces):
            yield finding("no-reason", where)
