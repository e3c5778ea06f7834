"""What readers tell entries by (F10)."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from publisher.feeds.lint.document import Document, Entry
from publisher.feeds.lint.remarks import Remark
from publisher.feeds.lint.view import View
from publisher.text.quote import quoted

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_ODD = re.compile(r"[^!-~]")


def check(view: View) -> Iterator[Remark]:
    """Remarks on the id of the feed and of each entry."""
    document = view.document
    if document.kind == "atom" and document.id:
        yield from _shape(document, document.id.value, document.id.line, None)
    seen: dict[str, int] = {}
    shown: dict[tuple[str, str], tuple[int, str]] = {}
    for words in view.entries:
        entry = words.entry
        said = entry.id.value if entry.id else ""
        if not said:
            yield _none(document, entry)
        elif said in seen:
            found = f"{quoted(said)} is the id of entry {seen[said]} too"
            yield Remark(
                "duplicate-id", entry.id.name if entry.id else "id", entry.line, found, entry=entry.number
            )
        else:
            yield from _shape(document, said, entry.id.line if entry.id else None, entry.number)
            yield from _permalink(entry)
        link = next((each.href.strip() for each in entry.links if each.rel == "alternate"), "")
        key = (words.title.strip(), link)
        if all(key) and key in shown and said not in seen:
            found = f"title and link are those of entry {shown[key][0]}"
            yield Remark("duplicate-entry", "item", entry.line, found, entry=entry.number)
        shown.setdefault(key, (entry.number, said))
        if said:
            seen.setdefault(said, entry.number)


def _none(document: Document, entry: Entry) -> Remark:
    linked = any(each.rel == "alternate" and each.href.strip() for each in entry.links)
    rule = "no-guid" if document.kind == "rss" and linked else "no-id"
    return Remark(rule, "item", entry.line, entry=entry.number)


def _shape(document: Document, said: str, line: int | None, entry: int | None) -> Iterator[Remark]:
    where = "guid" if document.kind == "rss" else "id"
    if document.kind == "atom" and not _ABSOLUTE.fullmatch(said):
        yield Remark("bad-id", where, line, quoted(said), entry=entry)
    elif _ODD.search(said):
        yield Remark("non-ascii-id", where, line, quoted(said), entry=entry)


def _permalink(entry: Entry) -> Iterator[Remark]:
    if entry.id is None or not entry.id.permalink:
        return
    link = next(
        (each.href.strip() for each in entry.links if each.rel == "alternate" and each.name == "link"), ""
    )
    if not entry.id.value.startswith(("http://", "https://")):
        yield Remark("guid-no-permalink", "guid", entry.id.line, quoted(entry.id.value), entry=entry.number)
    elif link and _place(link) != _place(entry.id.value):
        found = f"{quoted(entry.id.value)}, and <link> is {quoted(link)}"
        yield Remark("guid-other-link", "guid", entry.id.line, found, entry=entry.number)


def _place(address: str) -> str:
    """What of an address names the page: campaign tags at its end do not."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    query = "&".join(each for each in parts.query.split("&") if not each.lower().startswith("utm_"))
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}?{query}"
