"""What several rules ask of a feed: the direction of each entry, the words of each text. Found once."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from publisher.feeds.lint import markup
from publisher.feeds.lint.document import Document, Entry, Text
from publisher.model.article import Direction
from publisher.text import direction, language

_FEW = 20  # letters: fewer say nothing of a language


@dataclass(frozen=True, slots=True)
class Letters:
    """How many letters of each direction."""

    right: int
    left: int

    @classmethod
    def of(cls, text: str) -> "Letters":
        count: Counter[str] = Counter()
        for char, times in Counter(text).items():
            count[unicodedata.bidirectional(char)] += times
        return cls(count["R"] + count["AL"], count["L"])

    def __add__(self, other: "Letters") -> "Letters":
        return Letters(self.right + other.right, self.left + other.left)

    @property
    def mostly(self) -> Direction | None:
        """The direction of nearly all of them; None where there are few, or both."""
        if self.right + self.left < _FEW:
            return None
        share = self.right / (self.right + self.left)
        return "rtl" if share > 0.6 else "ltr" if share < 0.02 else None


def told(tag: str) -> Direction | None:
    """The direction of a language tag; None for what is none."""
    try:
        return direction.of_tag(tag) if tag else None
    except ValueError:
        return None


def bare(tag: str) -> str:
    """The language of a tag, in today's code; "" for what is none."""
    try:
        return language.canonical(tag).partition("-")[0] if tag else ""
    except ValueError:
        return ""


def words(text: Text | None) -> str:
    """The words of *text*, without markup."""
    return "" if text is None else markup.facts(text.value).text if text.html else text.value


class Words:
    """An entry, with what its texts hold."""

    def __init__(self, entry: Entry, inherited: str) -> None:
        self.entry = entry
        self.language = entry.language or inherited

    @cached_property
    def title(self) -> str:
        return words(self.entry.title)

    @cached_property
    def summary(self) -> str:
        return words(self.entry.summary)

    @cached_property
    def facts(self) -> markup.Facts | None:
        content = self.entry.content
        return markup.facts(content.value) if content and content.html else None

    @cached_property
    def content(self) -> str:
        return self.facts.text if self.facts else words(self.entry.content)

    @cached_property
    def own(self) -> str:
        """Of its content what says no other language."""
        return self.facts.own if self.facts and self.facts.first else self.content

    @cached_property
    def letters(self) -> Letters:
        return Letters.of(self.title) + Letters.of(self.summary) + Letters.of(self.own)

    @cached_property
    def direction(self) -> Direction:
        """By the language where the letters do not speak against it, else by the letters."""
        if told(self.language) == "rtl":
            return "rtl" if self.letters.right or self.letters.left < _FEW else "ltr"
        return "rtl" if self.letters.right > self.letters.left else "ltr"


class View:
    """A feed, with what its texts hold."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.entries = tuple(Words(each, document.language) for each in document.entries)

    @cached_property
    def letters(self) -> Letters:
        """Of the feed's own texts and of the entries that say no language of their own."""
        found = Letters.of(" ".join(words(each) for each in self.document.texts))
        for each in self.entries:
            if not each.entry.language:
                found += each.letters
        return found

    @cached_property
    def text(self) -> str:
        """Enough of them to tell the language by."""
        own = [words(each) for each in self.document.texts]
        own += [f"{e.title} {e.summary} {e.own[:4000]}" for e in self.entries[:40] if not e.entry.language]
        return " ".join(own)

    @cached_property
    def direction(self) -> Direction:
        if told(self.document.language) == "rtl":
            return "rtl" if self.letters.right or self.letters.left < _FEW else "ltr"
        return "rtl" if self.letters.right > self.letters.left else "ltr"
