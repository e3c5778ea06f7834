"""Where an article stands on the site: what its file declares, else the site's link pattern (A15)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from publisher import layout
from publisher.articles import names, slugs

DEFAULT = "/:slug/"

_TOKEN = re.compile(r":([A-Za-z_]+)|\{([A-Za-z_]+)(?::([^{}]*))?\}")  # Hugo and Jekyll, Pelican
_DATED_NAME = re.compile(r"\A\d{4}-\d{1,2}-\d{1,2}[-_ ]+(?=.)")
_STRFTIME = {"Y": "year", "y": "short_year", "m": "month", "-m": "i_month", "d": "day", "-d": "i_day",
             "H": "hour", "M": "minute", "S": "second"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What an address is made of."""

    path: str  # of the file, relative to the article folder
    slug: str  # declared, or made from the title
    title: str
    categories: tuple[str, ...]
    date: datetime  # in the site's time zone


def _section(facts: Facts) -> str:
    """The folder of the file; a bundle (index.md in a folder of its own) stands in the one above."""
    *folders, name = facts.path.split("/")
    return "/".join(map(slugs.slug, folders[:-1] if name.startswith("index.") else folders))


_VALUES: dict[str, Callable[[Facts], str]] = {
    "year": lambda facts: f"{facts.date.year:04}",
    "short_year": lambda facts: f"{facts.date.year % 100:02}",
    "month": lambda facts: f"{facts.date.month:02}",
    "i_month": lambda facts: str(facts.date.month),
    "day": lambda facts: f"{facts.date.day:02}",
    "i_day": lambda facts: str(facts.date.day),
    "hour": lambda facts: f"{facts.date.hour:02}",
    "minute": lambda facts: f"{facts.date.minute:02}",
    "second": lambda facts: f"{facts.date.second:02}",
    "slug": lambda facts: facts.slug,
    "title": lambda facts: slugs.slug(facts.title) or facts.slug,
    "filename": lambda facts: slugs.slug(stem(facts.path)) or facts.slug,
    "section": lambda facts: _section(facts).partition("/")[0],
    "sections": _section,
    "categories": lambda facts: slugs.slug(facts.categories[0]) if facts.categories else "",
    "category": lambda facts: slugs.slug(facts.categories[0]) if facts.categories else "",
}
_NAMES = {"slug", "title", "filename"}
_EXAMPLE = Facts("section/name.md", "slug", "title", ("subject",), datetime(2001, 2, 3, tzinfo=UTC))


def stem(path: str) -> str:
    """The name of a file without ending, language and the date before it."""
    return _DATED_NAME.sub("", names.stem(path))


def check(pattern: str) -> str:
    """*pattern*, if it can be used. Raises ValueError with what is wrong, and the mend."""
    tokens = {name for match in _TOKEN.finditer(pattern) for name in _names_of(match)}
    if unknown := tokens - _VALUES.keys():
        known = ", ".join(f":{name}" for name in _VALUES)
        raise ValueError(f":{min(unknown)} is no part of a link; use {known}")
    if not tokens & _NAMES:
        raise ValueError(f"{pattern!r} names no article; add :slug, :title or :filename")
    if "?" in pattern or "#" in pattern:
        raise ValueError(f"{pattern!r} is no path; leave out ? and #")
    try:
        layout.place(_path(pattern, _EXAMPLE), "")
    except ValueError as error:
        raise ValueError(
            f"{pattern!r} {error}; write a path such as {DEFAULT} or /:year/:slug.html"
        ) from error
    return pattern


def expand(pattern: str, facts: Facts) -> str:
    """The slug of an article by *pattern*; its plain slug where the pattern leads to no place of its own."""
    try:
        return layout.place(_path(pattern, facts), "")
    except ValueError:
        return facts.slug


def _path(pattern: str, facts: Facts) -> str:
    """With one slash before it: where the first part is empty (no category) the second is no host."""
    text = _TOKEN.sub(lambda match: _expanded(match, facts), pattern.strip())
    return text if "://" in text else f"/{text.lstrip('/')}"


def has_tokens(address: str) -> bool:
    """Whether a declared *address* is a pattern, as Jekyll's permalinks may be."""
    return any(set(_names_of(match)) & _VALUES.keys() for match in _TOKEN.finditer(address))


def _names_of(match: re.Match[str]) -> list[str]:
    if match[2] == "date":
        return [_STRFTIME.get(code, code) for code in re.findall(r"%(-?\w)", match[3] or "%Y-%m-%d")]
    return [match[1] or match[2]]


def _expanded(match: re.Match[str], facts: Facts) -> str:
    if match[2] == "date":
        return re.sub(r"%(-?\w)", lambda code: _VALUES[_STRFTIME[code[1]]](facts), match[3] or "%Y-%m-%d")
    name = match[1] or match[2]
    return _VALUES[name](facts) if name in _VALUES else match[0]
