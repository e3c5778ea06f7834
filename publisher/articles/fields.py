"""Front matter to values: one table of the names a field goes by, and how each is read (A3-A11)."""

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.articles import dates
from publisher.articles.yamlish import Mapping, Value
from publisher.model.article import Warn
from publisher.text import clean, language

# Names are compared without case, blanks, hyphens and underscores. The first that holds something counts.
NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "headline"),
    "date": ("date", "published", "pubdate", "publishdate", "publishedat", "datepublished", "created", "createdat",
             "datecreated"),
    "updated": ("updated", "lastmod", "modified", "lastmodified", "lastmodifiedat", "updatedat", "lastupdated",
                "datemodified"),
    "language": ("lang", "language", "locale"),
    "page language": ("htmllang",),
    "summary": ("summary", "description", "excerpt", "abstract"),
    "author": ("author",),
    "authors": ("authors",),
    "category": ("category",),
    "categories": ("categories", "section", "sections"),
    "tags": ("tags", "tag"),
    "id": ("id", "uuid", "guid"),
    "slug": ("slug",),
    "draft": ("draft",),
    "published": ("published", "publish"),
    "status": ("status",),
    "digest": ("digest",),
}  # fmt: skip

_NESTED = ("extra", "taxonomies")  # Zola
_TRUE = frozenset(("true", "yes", "on", "y", "1"))
_FALSE = frozenset(("false", "no", "off", "n", "0"))
_NOTHING = frozenset(("", "~", "null"))
_UNPUBLISHED = frozenset(("draft", "private", "pending", "hidden"))
_COMMAS = re.compile("[,،]")


def visible(text: str) -> bool:
    """Whether anything of *text* can be seen: letters, digits, signs; not blanks, NBSP, ZWNJ or marks."""
    return any(char.isprintable() and char != " " for char in text)


class Fields:
    """The fields of one article's front matter. What cannot be read is a warning and counts as not there."""

    def __init__(self, *tables: Mapping) -> None:
        """The first of *tables* that has a field counts, a table inside it last."""
        self.warnings: list[Warn] = []
        self._values: Mapping = {}
        for table in tables:
            nested = [inner for name in _NESTED if isinstance(inner := table.get(name), dict)]
            for values in (table, *nested):
                self._values = {_key(name): value for name, value in values.items()} | self._values

    def _all(self, field: str) -> Iterator[Value]:
        for name in NAMES[field]:
            value = self._values.get(name, "")
            if not (isinstance(value, str) and value.strip().lower() in _NOTHING):
                yield value

    def text(self, field: str) -> str:
        """One cleaned line; "" where there is none."""
        return next(
            (line for value in self._all(field) if isinstance(value, str) and (line := _line(value))), ""
        )

    def title(self) -> str:
        """The title as it was written: `null` and `~` are words here."""
        values = (self._values.get(name) for name in NAMES["title"])
        return next((line for value in values if isinstance(value, str) and (line := _line(value))), "")

    def truth(self, field: str) -> bool | None:
        """None where the field is missing or says neither yes nor no."""
        word = next((value.strip().lower() for value in self._all(field) if isinstance(value, str)), "")
        return True if word in _TRUE else False if word in _FALSE else None

    def held(self) -> str | None:
        """Why the article is not to be published yet (A6)."""
        if (
            self.truth("draft")
            or self.truth("published") is False
            or self.text("status").lower() in _UNPUBLISHED
        ):
            return "draft"
        return None

    def date(self, field: str, zone: ZoneInfo) -> datetime | None:
        """The first date that can be read (A5); a later one of the same day may add the time of day."""
        found: datetime | None = None
        for value in self._all(field):
            if not isinstance(value, str) or value.strip().lower() in _TRUE | _FALSE:
                continue
            try:
                moment = dates.read(value, zone)
            except (ValueError, OverflowError) as error:
                self.warnings.append(Warn(f"{field} {clean.one_line(value)[:40]!r} is passed over: {error}"))
                continue
            if not dates.is_day_only(value):
                same_day = found is None or found.astimezone(zone).date() == moment.astimezone(zone).date()
                return moment if same_day else found
            found = found or moment
        return found

    def language(self) -> str | None:
        """The declared tag, canonical."""
        tag = self.text("language")
        try:
            return language.canonical(tag) if tag else None
        except ValueError as error:
            self.warnings.append(Warn(f"{error}; the text decides"))
            return None

    def page_language(self) -> str | None:
        """What an HTML page says of itself: often its template's language, so a hint and no declaration."""
        try:
            return language.canonical(self.text("page language")) if self.text("page language") else None
        except ValueError:
            return None

    def authors(self) -> tuple[str, ...]:
        """`author` is one name however many commas are in it; `authors` is a list or has commas between."""
        names = [name for value in self._all("author") for name in _names(value, commas=False)]
        names += [name for value in self._all("authors") for name in _names(value, commas=True)]
        return tuple(dict.fromkeys(names))

    def categories(self) -> tuple[str, ...]:
        """Categories, then tags, one spelling each (A8)."""
        found = [name for value in self._all("category") for name in _names(value, commas=True)]
        found += [name for value in self._all("categories") for name in _names(value, commas=True)]
        for value in self._all("tags"):
            if isinstance(value, str) and not _COMMAS.search(value):
                found += _names(",".join(value.split()), commas=True)  # Jekyll: blanks part tags
            else:
                found += _names(value, commas=True)
        once: dict[str, str] = {}
        for name in found:
            once.setdefault(name.casefold(), name)
        return tuple(once.values())


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def _line(value: str) -> str:
    line = clean.one_line(value)
    return line if visible(line) else ""


def _names(value: Value, *, commas: bool) -> list[str]:
    """The names in *value*: a string, a list of strings, or of tables with a name. An Arabic comma also parts
    the items of a list: [سياسة، اقتصاد] is one item to YAML."""
    if isinstance(value, dict):
        return _names(value.get("name", ""), commas=False)
    if isinstance(value, list):
        items = (item.split("،") if isinstance(item, str) else _names(item, commas=False) for item in value)
        parts = [part for item in items for part in item]
    else:
        parts = _COMMAS.split(value) if commas else [value]
    return [line for part in parts if part.strip().lower() not in _NOTHING and (line := _line(part))]
