"""URLs, links, enclosures, people and archives (F11, F15, F24; RFC 5005)."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from publisher.feeds.lint.document import Document, Entry, Link, Person
from publisher.feeds.lint.remarks import Remark
from publisher.feeds.lint.view import View
from publisher.text.quote import quoted
from publisher.text.urls import url

_SCRIPT = re.compile(
    r"[\x00-\x20]*(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:|\s*data:text/html", re.IGNORECASE
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
_RELS = frozenset({"self", "alternate", "hub", "current", "prev-archive", "next-archive", "next", "prev", "previous",
                   "first", "last", "enclosure", "related", "via", "replies", "edit", "icon", "image"})  # fmt: skip


def fault(href: str, base: str = "") -> str:
    """The rule that a URL breaks; "" for none."""
    href = href.strip()
    if _SCRIPT.match(href):
        return "javascript-url"
    scheme = _SCHEME.match(href)
    if not href or (scheme and scheme[1].lower() not in ("http", "https")) or re.search(r"[\s<>\"]", href):
        return "bad-url"
    if not scheme:
        return "xml-base" if _SCHEME.match(base) else "relative-url"
    try:
        host = urlsplit(href).hostname or ""
    except ValueError:
        host = ""
    if not host:
        return "bad-url"
    if not href.isascii():
        return "non-ascii-url" if host.isascii() else "idn-host"
    return ""


def faults(hrefs: Iterable[str], base: str, local: re.Pattern[str]) -> dict[str, list[str]]:
    """The rules that URLs of a content break, each with those that do; *local*: other schemes that it may have."""
    found: dict[str, list[str]] = {}
    for href in hrefs:
        rule = fault(href, base)
        if rule and (rule == "javascript-url" or not local.match(href)):
            found.setdefault(rule, []).append(href)
    return found


def mend(rule: str, href: str, document: Document) -> str:
    """The URL as it should be, where that is known."""
    home = next((each.href.strip() for each in document.links if each.rel == "alternate"), "")
    if rule not in ("non-ascii-url", "idn-host") and not (rule == "relative-url" and home.startswith("http")):
        return ""
    better = url(href, home)
    return f"write {better}" if better and len(better) < 300 else ""


def check(view: View) -> Iterator[Remark]:
    """Remarks on the links of the feed and of each entry."""
    document = view.document
    for each in document.links:
        yield from _url(document, each, None)
    yield from _own(document)
    yield from _archive(document)
    for person in document.authors:
        yield from _person(person, None)
    for entry in document.entries:
        yield from _entry(document, entry)


def _url(document: Document, link: Link, entry: int | None) -> Iterator[Remark]:
    if link.rel not in _RELS:
        return
    where = f"link rel={link.rel}" if link.name == "link" and link.rel != "alternate" else link.name
    rule = fault(link.href, link.base)
    if rule:
        fix = mend(rule, link.href, document)
        yield Remark(
            rule, where, link.line, quoted(link.href.strip()) if link.href else "no address", fix, entry
        )
    elif link.href != link.href.strip():
        yield Remark("stray-space", where, link.line, quoted(link.href), entry=entry)


_SELF = {
    "rss": '<atom:link href="…" rel="self" type="application/rss+xml"/>',
    "atom": '<link href="…" rel="self"/>',
    "json": '"feed_url": "…"',
}
_HOME = {"rss": "<link>…</link>", "atom": '<link href="…"/>', "json": '"home_page_url": "…"'}


def _own(document: Document) -> Iterator[Remark]:
    rels: dict[str, list[Link]] = {}
    for each in document.links:
        rels.setdefault(each.rel, []).append(each)
    selves, homes = rels.get("self", []), rels.get("alternate", [])
    if not selves:
        yield Remark("no-self", "feed", document.line, mend=f"write {_SELF[document.kind]}")
    elif len(selves) > 1:
        yield Remark("several-selves", "link rel=self", selves[1].line, f"{len(selves)} of them")
    if not homes:
        yield Remark("no-home", "feed", document.line, mend=f"write {_HOME[document.kind]}")
    elif selves and homes[0].href.strip() == selves[0].href.strip():
        yield Remark("self-is-home", "link", homes[0].line, quoted(homes[0].href.strip()))
    if "hub" not in rels:
        yield Remark("no-hub", "feed", document.line)
    if not document.icon:
        yield Remark("no-icon", "feed", document.line)


def _archive(document: Document) -> Iterator[Remark]:
    rels = {each.rel: each for each in document.links}
    if document.archive and "current" not in rels:
        yield Remark("archive-no-current", "feed", document.line)
    if document.complete and (document.archive or {"prev-archive", "next-archive"} & rels.keys()):
        yield Remark("archive-and-complete", "feed", document.line)
    before = rels.get("prev-archive")
    if (
        before
        and before.href
        and before.href in {rels[r].href for r in ("self", "current", "next-archive") if r in rels}
    ):
        yield Remark("archive-loops", "link rel=prev-archive", before.line, quoted(before.href))


def _person(person: Person, entry: int | None) -> Iterator[Remark]:
    if person.wants == "e-mail" and not _MAIL.search(person.value):
        fix = f"write <dc:creator>{quoted(person.value)[1:-1]}</dc:creator>" if person.name == "author" else (
            f"write name@example.org ({quoted(person.value)[1:-1]}), or leave it out")  # fmt: skip
        yield Remark("author-no-email", person.name, person.line, quoted(person.value), fix, entry)
    elif person.wants == "name" and not person.value:
        yield Remark("author-no-name", person.name, person.line, entry=entry)


def _entry(document: Document, entry: Entry) -> Iterator[Remark]:
    for each in entry.links:
        if each.name != "guid":
            yield from _url(document, each, entry.number)
    pages = [each for each in entry.links if each.rel == "alternate"]
    if not pages and not entry.enclosures:
        yield Remark("entry-no-link", "item", entry.line, entry=entry.number)
    named = {(each.type, each.hreflang) for each in pages}
    if len(pages) > 1 and document.kind == "atom":
        found = f"{len(pages)} of them" + (", of one type and language" if len(named) < len(pages) else "")
        yield Remark("several-alternates", "link", pages[1].line, found, entry=entry.number)
    for each in entry.enclosures:
        yield from _url(document, each, entry.number)
        needed = {"url": each.href, "type": each.type} | (
            {} if document.kind == "json" else {"length": each.length}
        )
        lacks = [name for name, value in needed.items() if not value.strip()]
        lacks += (
            ["length in bytes"]
            if each.length.strip() and not re.fullmatch(r"\d+", each.length.strip(), re.A)
            else []
        )
        if lacks and each.href:
            yield Remark(
                "enclosure-incomplete",
                each.name,
                each.line,
                f"without {', '.join(lacks)}",
                entry=entry.number,
            )
    for person in entry.authors:
        yield from _person(person, entry.number)
