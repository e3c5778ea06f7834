"""Which article an entry of an older feed is: by its id, its link, its title, or how its text begins (A15)."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from publisher import layout
from publisher.articles import links, slugs
from publisher.model.adoption import Adopted, Kind, OldEntry
from publisher.text.fold import fold

By = Literal["id", "link", "title", "text"]

_OPENING = 40  # letters and digits: as many the same are no accident
_READ = 4_000  # letters of an entry that are looked through for an article's opening
# Folders of pages that list articles, and are named as articles may be.
_LISTS = frozenset(
    ["tag", "tags", "category", "categories", "author", "authors", "page", "archive", "archives", "series"]
)
_COUNTERS = frozenset(
    ["feedproxy.google.com", "feeds.feedburner.com", "feedburner.com", "feeds2.feedburner.com"]
)
_COUNTED = re.compile(r"(?:utm_\w+|fbclid|gclid|mc_\w+|ref|source|rss|from)(?:=|\Z)", re.IGNORECASE)
_SCRIPT = re.compile(r"\.(?:php\d?|aspx?|jspx?|cgi|pl|cfm|do)\Z", re.IGNORECASE)
_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article, as far as an entry may be told to be it."""

    id: str
    path: str  # of its file
    slug: str  # where it stands, or wants to
    others: tuple[str, ...]  # former addresses and aliases
    title: str
    summary: str
    published: datetime
    updated: datetime
    seq: int | None  # None: not published yet
    adopted: Adopted | None


@dataclass(frozen=True, slots=True)
class Match:
    """What became of an entry: the article it is and what told so, or why none."""

    entry: OldEntry
    article: Candidate | None = None
    by: By | None = None
    why: str = ""
    place: str = ""  # the slug that the entry's link asks for; "" where no article can stand there


def match(
    kind: Kind, entries: Sequence[OldEntry], candidates: Sequence[Candidate], root: str, home: str = ""
) -> list[Match]:
    """Each of *entries* with its article, the surest signs first; an article is one entry at the most. *root* is the
    URL of the site, *home* that of the site that the feed says it is of."""
    found: dict[int, Match] = {}
    why: dict[int, str] = {}
    where = places(entries, root, home)
    for sign in _signs(kind, where):
        taken = {match.article.id for match in found.values() if match.article}
        owners = _owners((one, sign.of_article(one)) for one in candidates)
        open_ = [number for number in range(len(entries)) if number not in found]
        often = (
            Counter(k for n in open_ for k in sign.of_entry(entries[n])) if sign.is_name else Counter[str]()
        )
        for number in open_ if owners else ():
            # A sign may have thousands of keys for each entry: they are never all held.
            keys = (key for key in sign.of_entry(entries[number]) if key in owners)
            fits = {one.id: one for key in keys if often[key] < 2 for one in owners[key]}
            free = [one for one in fits.values() if one.id not in taken]
            if len(free) == 1:
                found[number] = Match(entries[number], free[0], sign.by)
                taken.add(free[0].id)
            elif fits:
                why[number] = _doubt(sign.by, free, [one.path for one in fits.values()])
    none = (
        "no article has this address" if kind == "sitemap" else "no article has this id, link, title or text"
    )
    given: set[str] = set()
    for number in sorted(found):  # the newest entry keeps an address that several have
        place = where.get(entries[number].link, "")
        found[number] = replace(found[number], place="" if place in given else place)
        given.add(place)
    return [found.get(n) or Match(entry, why=why.get(n, none)) for n, entry in enumerate(entries)]


@dataclass(frozen=True, slots=True)
class _Sign:
    """What tells an article: keys of an entry, and of an article, of which one is the same."""

    by: By
    of_entry: Callable[[OldEntry], Iterable[str]]
    of_article: Callable[[Candidate], Iterable[str]]
    is_name: bool = False  # only where no other entry has it


def _signs(kind: Kind, places_: Mapping[str, str]) -> list[_Sign]:
    """The surest first. A sitemap has addresses only, and not only those of articles."""

    def where(entry: OldEntry) -> str:
        return places_.get(entry.link, "")

    def name(entry: OldEntry) -> list[str]:
        parts = where(entry).split("/")
        return [] if kind == "sitemap" and _LISTS.intersection(parts[:-1]) else [_last(parts[-1])]

    addresses = [
        _Sign("link", lambda entry: [where(entry)], lambda one: [one.slug, *one.others]),
        _Sign("link", name, _names_of, is_name=True),
    ]
    if kind == "sitemap":
        return addresses
    return [
        _Sign("id", _ids, lambda one: _ids_of(one, kind)),
        *addresses,
        _Sign(
            "title",
            lambda entry: _dated(entry.title, entry.published),
            lambda one: _dated(one.title, one.published),
            is_name=True,
        ),
        _Sign("title", lambda entry: [fold(entry.title)], lambda one: [fold(one.title)], is_name=True),
        _Sign("text", _windows, _opening),
    ]


def _doubt(by: By, free: Sequence[Candidate], fits: Sequence[str]) -> str:
    if free:
        return f"several articles fit by {by}: {', '.join(sorted(one.path for one in free)[:3])}"
    return f"{fits[0]} is another entry already"


def places(entries: Iterable[OldEntry], root: str, home: str) -> dict[str, str]:
    """The slug that each link of *entries* asks for on the site at *root*, which may have moved to another host. Left
    out are links to other sites (a link blog's, a counter's), and those that tell articles apart by what follows
    the ?, which no file's address does."""
    links = {entry.link: layout.absolute(entry.link, root) for entry in entries if entry.link}
    hosts = _hosts(links.values(), root, home)
    found = {link: layout.old_place(full, root) for link, full in links.items() if layout.host(full) in hosts}
    asked: dict[str, set[str]] = {}
    for link, slug in found.items():
        asked.setdefault(slug, set()).add(_query(link))
    return {
        link: slug
        for link, slug in found.items()
        if slug and len(asked[slug]) == 1 and not (_SCRIPT.search(slug) and _query(link))
    }


def _hosts(links: Iterable[str], root: str, home: str) -> set[str]:
    """The hosts that the old site had: ours, the one that its feed names, else the one of most links."""
    hosts = {layout.host(root), layout.host(home)} - {"", *_COUNTERS}
    linked = Counter(map(layout.host, links))
    if hosts.isdisjoint(linked) and layout.host(home) != layout.host(root):
        most, count = linked.most_common(1)[0] if linked else ("", 0)
        hosts |= {most} - {"", *_COUNTERS} if 2 * count > linked.total() else set()
    return hosts


def _query(link: str) -> str:
    """What follows the ? of *link*, without what only counts readers."""
    query = link.partition("#")[0].partition("?")[2]
    return "&".join(sorted(part for part in query.split("&") if part and not _COUNTED.match(part)))


def _owners(pairs: Iterable[tuple[Candidate, Iterable[str]]]) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for one, keys in pairs:
        for key in dict.fromkeys(keys):
            if key:
                found.setdefault(key, []).append(one)
    return found


def _ids(entry: OldEntry) -> list[str]:
    return [entry.id, layout.declared_id(entry.id)] if entry.id else []


def _ids_of(one: Candidate, kind: Kind) -> list[str]:
    return [one.id, *([one.adopted.id_in(kind)] if one.adopted else [])]


def _last(slug: str) -> str:
    return slug.rpartition("/")[2].removesuffix(".html").removesuffix(".htm").lower()


def _names_of(one: Candidate) -> list[str]:
    """What the last part of its address may have been: its slug, its title, the name of its file."""
    name = links.stem(one.path)
    return [_last(one.slug), slugs.slug(one.title), name.lower(), slugs.slug(name), *map(_last, one.others)]


def _dated(title: str, date: datetime | None) -> list[str]:
    return [f"{fold(title)}\0{date.date()}"] if title and date else []


def _opening(one: Candidate) -> list[str]:
    opening = _letters(one.summary)[:_OPENING]
    return [opening] if len(opening) == _OPENING else []


def _letters(text: str) -> str:
    return _LETTERS.sub("", fold(text))


def _windows(entry: OldEntry) -> Iterable[str]:
    letters = _letters(entry.text[: 2 * _READ])[:_READ]
    return (letters[start : start + _OPENING] for start in range(len(letters) - _OPENING + 1))
