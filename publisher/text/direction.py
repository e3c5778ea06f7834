"""The direction of a language or a text, and the mark that makes readers see it (F6, A7)."""

import unicodedata
from collections import Counter
from typing import Literal

from publisher.model.article import Direction
from publisher.text.language import script

RLM = "\u200f"

_SCRIPTS = (
    "Adlm Arab Armi Avst Chrs Cprt Elym Hatr Hebr Hung Khar Lydi Mand Mani Mend Merc Mero Narb Nbat Nkoo Orkh"
    " Ougr Palm Phli Phlp Phnx Prti Rohg Samr Sarb Sogd Sogo Syrc Thaa Yezi"
)
RTL_SCRIPTS = frozenset(_SCRIPTS.split())

Strong = Literal["L", "R", "AL"]
_STRONG: dict[str, Strong] = {"L": "L", "R": "R", "AL": "AL"}


def of_tag(tag: str) -> Direction:
    """The direction of a language: by its script subtag, else by the script CLDR thinks likely. Raises
    ValueError for what is not a language tag."""
    return "rtl" if script(tag) in RTL_SCRIPTS else "ltr"


def of_text(text: str, fallback: Direction) -> Direction:
    """The direction of most strong characters; *fallback* when there are none, or as many of each."""
    count: Counter[str] = Counter()
    for char, times in Counter(text).items():
        count[unicodedata.bidirectional(char)] += times
    right, left = count["R"] + count["AL"], count["L"]
    if right == left:
        return fallback
    return "rtl" if right > left else "ltr"


def first_strong(text: str) -> Strong | None:
    """The first strong character outside isolates, None when there is none (UAX #9, P2).

    A PDI that closes nothing is passed over; an isolate that is never closed hides the rest.
    """
    depth = 0
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("LRI", "RLI", "FSI"):
            depth += 1
        elif kind == "PDI":
            depth = max(0, depth - 1)
        elif not depth and kind in _STRONG:
            return _STRONG[kind]
    return None


def lead(text: str, direction: Direction) -> str:
    """*text* with one leading U+200F where a reader that looks at the first strong character would take an rtl
    text for ltr (F6); never doubled, and "" stays ""."""
    if direction == "ltr" or not text.strip() or first_strong(text) in ("R", "AL"):
        return text
    return RLM + text
