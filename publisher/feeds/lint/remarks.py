"""What lint says: a rule that a feed breaks, where, what stands there, and the mend."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from publisher.feeds.lint.document import Kind
from publisher.feeds.lint.table import RULES

Level = Literal["error", "warning", "note"]
_SHOWN = 60  # characters of a quotation


@dataclass(frozen=True, slots=True)
class Remark:
    """One breach of one rule."""

    rule: str  # its id
    where: str  # "title", "channel", "self link"
    line: int | None = None
    found: str = ""  # what stands there, for a person
    mend: str = ""  # "" for the rule's own
    entry: int | None = None  # from 1; None: the feed itself
    column: int | None = None

    @property
    def level(self) -> Level:
        return RULES[self.rule].level

    @property
    def what(self) -> str:
        """What a reader does wrong because of it."""
        return RULES[self.rule].what

    @property
    def how(self) -> str:
        """How to mend it."""
        return self.mend or RULES[self.rule].mend


@dataclass(frozen=True, slots=True)
class Report:
    """Everything lint says of one feed."""

    kind: Kind | None  # None: no feed could be read
    language: str
    direction: str
    entries: int
    generator: str
    remarks: tuple[Remark, ...]

    def count(self, level: Level) -> int:
        return sum(each.level == level for each in self.remarks)


def quoted(text: str) -> str:
    """*text* for a line of a message: short, on one line, characters that show nothing or move others by number."""
    short = text if len(text) <= _SHOWN else text[:_SHOWN].rstrip() + "…"
    return f"“{_ODD.sub(_named, short)}”"


_ODD = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def _named(found: re.Match[str]) -> str:
    return "⏎" if found[0] in "\r\n" else f"[U+{ord(found[0]):04X}]"


def named(char: str) -> str:
    """A character for a message: its number and its name."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
