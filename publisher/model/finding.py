"""What a lint says of a letter: a rule that it breaks, where, and the mend."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]  # shown wrong; wrong in some mail programs; worth knowing


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that is broken, at its first place. Words in English."""

    name: str  # "block-without-dir": docs/letter-lint.md has a row for each
    rule: str  # of docs/letters.md: "R1", "M9", "P1", or "threat 1"
    level: Level
    where: str  # the part, and the element or line in it: "html: <p class=soft>"
    found: str  # what stands there, short; "" where something is missing
    what: str  # what somebody sees or does wrong because of it
    mend: str
    places: int = 1  # how often it is broken
