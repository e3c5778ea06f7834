"""Interface words in the reader's language, from publisher/locales/*.po (R8).

A language without a catalogue (ps, ug ...) gets English, never Arabic.
"""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from unicodedata import bidirectional

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.messages.pofile import read_po
from babel.plural import PluralRule

from publisher.text.dates import Digits, write_digits
from publisher.text.direction import of_tag

LANGUAGES = ("ar", "fa", "he", "ur", "ckb", "en")

_FOLDER = Path(__file__).parent.parent / "locales"
# What stands between the items of a list, and before the last one; Arabic has the latter everywhere.
_AND = {
    "ar": ("", " و"),
    "he": (", ", " ו"),
    "fa": ("، ", " و "),
    "ur": ("، ", " اور "),
    "ckb": ("، ", " و "),
}
_IN_FRONT = re.compile(r"\A(?:<[^<>]*>|&\w+;)+")
_WORD = re.compile(r"[^\W_]+")
_CATEGORIES = ("zero", "one", "two", "few", "many", "other")


class Words:
    """The words of one language; `language` and `direction` are those they are really in."""

    def __init__(self, language: str) -> None:
        self.language, self.direction = language, of_tag(language)
        with (_FOLDER / f"{language}.po").open("rb") as file:
            catalog = read_po(file, locale=language, abort_invalid=True)
        self.texts: dict[str, str] = {}  # by the English of them, with `%(name)s`
        self.plurals: dict[tuple[str, str], Sequence[str]] = {}  # forms in the order of _CATEGORIES
        for message in catalog:
            match message.id, message.string:
                case str(msgid), str(string):
                    self.texts[msgid] = string
                case (singular, plural), forms:
                    self.plurals[singular, plural] = tuple(forms or ())

    @cached_property
    def _locale(self) -> Locale:
        return Locale(self.language)

    @cached_property
    def _rule(self) -> PluralRule:
        """Which form a number takes. Read at first use: CLDR's data of a language take 15 ms to load."""
        return self._locale.plural_form

    @cached_property
    def _categories(self) -> list[str]:
        used = {*self._rule.tags, "other"}
        return [category for category in _CATEGORIES if category in used]

    def text(self, msgid: str) -> str:
        """The words for *msgid*; the caller fills in `%(name)s`. Raises KeyError for an unknown *msgid*."""
        return self.texts[msgid]

    def count(self, singular: str, plural: str, n: int, digits: Digits = "latn") -> str:
        """The form CLDR asks for at *n* of the message *singular* / *plural*, *n* written in *digits*.

        Raises KeyError for an unknown message.
        """
        return self.form(singular, plural, n) % {"n": write_digits(str(n), digits)}

    def form(self, singular: str, plural: str, n: int) -> str:
        """As `count`, with `%(n)s` for the number, where the form has it."""
        return self.plurals[singular, plural][self._categories.index(self._rule(n))]

    def join(self, items: Sequence[str]) -> str:
        """*items*, plain or in HTML, as a list in a sentence: «أ وب وج», «الف، ب و ج».

        By CLDR's patterns, but for Sorani, for which it has none, and Persian and Urdu, where a comma before the
        last "and" is not what newspapers write. Arabic و stands apart from a Latin word, where it would look like
        a part of it, with a blank that does not break; Hebrew ו stands before any other script with a maqaf.
        """
        if self.language not in _AND or len(items) < 2:
            return format_list(items, locale=self._locale)
        comma, conjunction = _AND[self.language]
        parts = [items[0]]
        for number, item in enumerate(items[1:], start=2):
            between = conjunction if number == len(items) or not comma else comma
            parts += between, _apart(self.language, item) if between is conjunction else "", item
        return "".join(parts)


def _apart(language: str, item: str) -> str:
    """What stands between a conjunction of one letter and *item*."""
    word = _WORD.search(_IN_FRONT.sub("", item))
    if language == "ar" and word and any(bidirectional(char) == "L" for char in word[0]):
        return "\u00a0"
    if language == "he" and word and bidirectional(word[0][0]) != "R":
        return "־"
    return ""


@lru_cache(maxsize=len(LANGUAGES))
def _load(language: str) -> Words:
    return Words(language)


def words(language: str) -> Words:
    """The words for a reader of *language* (BCP 47), read once; English where we have none."""
    primary, *rest = language.split("-")
    return _load(primary if primary in LANGUAGES and "Latn" not in rest else "en")


@lru_cache(maxsize=256)
def own_name(tag: str) -> str:
    """What the readers of a language call it (CLDR), "עברית" for "he"; the tag where CLDR does not know."""
    try:
        return Locale.parse(tag, sep="-").get_language_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag
