"""Which article an entry of an older feed is: by its id, its link, its title, or how its text begins (A15)."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

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


def match(kind: Kind, entries: Sequence[OldEntry], candidates: Sequence[Candidate], root: str) -> list[Match]:
    """Each of *entries* with its article, the surest signs first; an article is one entry at the most. *root* is the
    URL of the site."""
    found: dict[int, Match] = {}
    why: dict[int, str] = {}
    for sign in _signs(kind, root):
        taken = {match.article.id for match in found.values() if match.article}
        owners = _owners((one, sign.of_article(one)) for one in candidates)
        open_ = {
            n: [k for k in sign.of_entry(entry) if k] for n, entry in enumerate(entries) if n not in found
        }
        often = Counter(key for keys in open_.values() for key in keys) if sign.is_name else Counter[str]()
        for number, keys in open_.items():
            fits = {one.id: one for key in keys if often[key] < 2 for one in owners.get(key, ())}
            free = [one for one in fits.values() if one.id not in taken]
            if len(free) == 1:
                found[number] = Match(entries[number], free[0], sign.by)
                taken.add(free[0].id)
            elif fits:
                why[number] = _doubt(sign.by, free, [one.path for one in fits.values()])
    none = (
        "no article has this address" if kind == "sitemap" else "no article has this id, link, title or text"
    )
    return [found.get(n) or Match(entry, why=why.get(n, none)) for n, entry in enumerate(entries)]


@dataclass(frozen=True, slots=True)
class _Sign:
    """What tells an article: keys of an entry, and of an article, of which one is the same."""

    by: By
    of_entry: Callable[[OldEntry], Iterable[str]]
    of_article: Callable[[Candidate], Iterable[str]]
    is_name: bool = False  # only where no other entry has it


def _signs(kind: Kind, root: str) -> list[_Sign]:
    """The surest first. A sitemap has addresses only, and not only those of articles."""

    def where(entry: OldEntry) -> str:
        return place(entry.link, root)

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


def place(link: str, root: str) -> str:
    """The place on the site that *link* had, on whatever host; "" where no article can stand there."""
    for address in (link, urlsplit(link).path if link.startswith(("http:", "https:")) else ""):
        try:
            return layout.place(address, root)
        except ValueError:
            continue
    return ""


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
