"""The bytes and headers of a letter that has been put together (M1, M2, M3, M6, H1, H5)."""

import re
from collections import Counter
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from publisher.digests.lint.given import Given, finding
from publisher.model.finding import Finding
from publisher.text.quote import quoted

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_WORD = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=")
_ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version")
_FOR_PROGRAMS = (
    "list-unsubscribe",
    "list-unsubscribe-post",
    "archived-at",
    "message-id",
    "feedback-id",
    "list-archive",
)
_OF_LISTS = ("List-ID", "List-Help", "Feedback-ID")
_LONGEST, _LONGEST_WORD = 998, 75  # octets of a line (RFC 5322, 2.1.1); characters of a word (RFC 2047, 2)


def check(given: Given) -> Iterator[Finding]:
    """Remarks on the bytes of a letter."""
    head, _, _ = given.data.partition(b"\r\n\r\n")
    if _BARE.search(given.data):
        yield finding("bare-newline", "letter")
    longest = max(map(len, given.data.split(b"\r\n")))
    if longest > _LONGEST:
        yield finding("line-too-long", "letter", f"{longest} octets")
    headers = fields(head)
    counted = Counter(name.lower() for name, _ in headers)
    for name in _ONCE:
        if counted[name.lower()] != 1:
            rule = "repeated-header" if counted[name.lower()] else "missing-header"
            yield finding(rule, f"header {name}")
    for name, value in headers:
        yield from _field(name, value, given)
    wanted = ["Auto-Submitted", *(_OF_LISTS if given.listed else ())]
    for name in wanted:
        if not counted[name.lower()]:
            yield finding("missing-header", f"header {name}")
    if given.listed:
        yield from _leaving({name.lower(): value for name, value in headers}, given)


def fields(head: bytes) -> list[tuple[str, str]]:
    """The header fields of *head*, unfolded, as they are sent."""
    lines = re.sub(r"\r?\n(?=[ \t])", "", head.decode("latin-1")).split("\n")
    found = (line.rstrip("\r").partition(":") for line in lines if ":" in line)
    return [(name, value.strip()) for name, _, value in found]


def decoded(value: str) -> str:
    """A field's value as readers see it (RFC 2047); as it stands where it cannot be decoded."""
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, UnicodeDecodeError, LookupError, ValueError):
        return value


def _field(name: str, value: str, given: Given) -> Iterator[Finding]:
    where = f"header {name}"
    long = [word for word in _WORD.findall(value) if len(word) > _LONGEST_WORD]
    if long:
        yield finding("long-encoded-word", where, f"{len(long[0])} characters")
    if name.lower() in _FOR_PROGRAMS and "=?" in value:
        yield finding("encoded-header", where, quoted(value))
    if name.lower() == "list-id" and "=?" in value.rpartition("<")[2]:
        yield finding("encoded-header", where, quoted(value))
    if name.lower() == "subject" and decoded(value) != given.content.subject:
        yield finding("subject-differs", where, quoted(decoded(value)))


def _leaving(headers: dict[str, str], given: Given) -> Iterator[Finding]:
    value = headers.get("list-unsubscribe", "")
    if not re.search(r"<https?://[^>]+>.*<mailto:[^>]+>", value):
        yield finding("no-list-unsubscribe", "header List-Unsubscribe", quoted(value) if value else "")
    elif "list-unsubscribe-post" not in headers:
        yield finding("no-one-click", "header List-Unsubscribe", given.site.url)
