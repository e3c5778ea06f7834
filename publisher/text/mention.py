"""An address in a text: whether one person's stands there, and taking addresses out."""

import re
from collections.abc import Collection
from functools import cached_property

# What would make it the end of a longer address, or the beginning of a longer name; "=3D" is quoted-printable's "=".
_BEFORE = r"(?:(?<![\w.+\-%!#$&^~])|(?<==3d))"
_AFTER = r"(?![\w\-]|\.\w)"
# Who uses a database is nobody's address: "postgresql://nashir@" stays.
_ANY = re.compile(
    r"postgres(?:ql)?://[\w.%\-]+@|([^\s<>()\[\]{}\"',;:=/\\@])[^\s<>()\[\]{}\"',;:=/\\@]*@(?=[\w\[])"
)
HIDDEN = "…"


class Mention:
    """One address, in every spelling it may have. Capitals do not matter."""

    def __init__(self, spellings: Collection[str]) -> None:
        self.spellings = sorted({each.lower() for each in spellings} | set(spellings))

    def within(self, text: str | bytes | None) -> bool:
        """Whether the address stands there, and not as a part of another."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        if not text or not self._may_be_in(text.lower()):
            return False  # most texts by far: a search for any capitals takes a hundred times as long
        return self._pattern.search(text) is not None

    def _may_be_in(self, lower: str) -> bool:
        return any(each in lower for each in self.spellings)

    def without(self, text: str) -> str:
        """The text with a mark instead of it."""
        return self._pattern.sub(HIDDEN, text)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        each = "|".join(map(re.escape, sorted(self.spellings, key=len, reverse=True)))
        return re.compile(f"{_BEFORE}(?:{each}){_AFTER}", re.IGNORECASE)


def masked(text: str) -> str:
    """The text with every address in it shortened to its first character and its domain."""
    return _ANY.sub(_short, text) if "@" in text else text


def _short(found: re.Match[str]) -> str:
    return f"{found[1]}{HIDDEN}@" if found[1] else found[0]
