"""Values that several tables have, to what they mean. Each raises ValueError: what is wrong, "; ", the mend."""

import re
from collections.abc import Sequence
from datetime import time
from typing import TypeVar

T = TypeVar("T")


def below(text: str) -> str:
    """A path below the site's folder."""
    path = text.strip().removeprefix("./")
    if any(part in {"", ".", ".."} for part in path.split("/")) and path:
        raise ValueError(f"{text!r} does not lie below the site; put the file there and write its name")
    return path


def one_of(word: str, words: tuple[T, ...]) -> T:
    """The one of *words* that it is."""
    for each in words:
        if each == word:
            return each
    raise ValueError(f"{word!r} is none; choose of {', '.join(map(str, words))}")


def kinds(words: Sequence[str], known: Sequence[str], what: str) -> None:
    """Every word is a known one."""
    for word in words:
        if word not in known:
            raise ValueError(f"{word!r} has no {what}; choose of {', '.join(known)}")


def name(text: str) -> str:
    """A name that may stand in a URL and a file's name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", text):
        raise ValueError(f"{text!r} cannot be a name; use a-z, 0-9, - and _")
    return text


def clock(text: str) -> time:
    """A time of day."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text, re.ASCII):
        raise ValueError(f'{text!r} is no time of day; write "03:30", with the hour from 00 to 23')
    return time.fromisoformat(text)


def between(number: float, least: float, most: float) -> float:
    """A number within limits, these included."""
    if not least <= number <= most:
        raise ValueError(f"{number} is not between {least} and {most}; choose one that is")
    return number
