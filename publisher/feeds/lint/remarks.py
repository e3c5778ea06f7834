"""What lint says: a rule that a feed breaks, where, what stands there, and the mend."""

from dataclasses import dataclass
from typing import Literal

from publisher.feeds.lint.document import Kind
from publisher.feeds.lint.table import RULES

Level = Literal["error", "warning", "note"]


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
