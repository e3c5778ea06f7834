"""Words of ours whose signs somebody changed: a comma of another script, a joiner that is lost, a letter of another
keyboard, a stop at the other end."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from publisher.text.fold import fold
from publisher.text.words import words

_HOLE = re.compile(r"%\(\w+\)s")
_LEAST = 6  # letters that tell a message from another text
_EDGES = " :•·…!←→|\xa0"


def restored(text: str, language: str) -> str:
    """What *text* says in our catalogue of *language*, where it says the same there with other signs; "" where it
    stands there as it is, or is none of our words. A text without direction marks; what others wrote in it may be
    one sign."""
    speak = words(language)
    if speak.language != language.partition("-")[0]:
        return ""
    text = text.strip(_EDGES)
    literal, loose = _catalogue(speak.language)
    if not text or literal.fullmatch(text):
        return ""
    found = loose.fullmatch(_key(text))
    number = (found and found.lastgroup) or ""
    return speak.texts[_names(speak.language)[int(number[1:])]] if number else ""


def spoken(text: str, language: str) -> bool:
    """Whether *text* is one of our texts in *language*, word for word."""
    speak = words(language)
    literal, _ = _catalogue(speak.language)
    return speak.language == language.partition("-")[0] and literal.fullmatch(text.strip(_EDGES)) is not None


def _key(text: str) -> str:
    """Its letters and digits, in any spelling; Sorani is written with either heh."""
    return "".join(char for char in fold(text).replace("ھ", "ه") if char.isalnum())


@lru_cache(maxsize=8)
def _names(language: str) -> tuple[str, ...]:
    """The messages that are long enough."""
    texts = words(language).texts
    return tuple(name for name in texts if name and _tells(texts[name]))


def _tells(text: str) -> bool:
    """Whether what stands in *text* beside its holes is enough to know it by."""
    return len(_key(_HOLE.sub("", text))) >= _LEAST


@lru_cache(maxsize=8)
def _catalogue(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Every text of the catalogue, and the long ones by their keys; anything may stand in their holes."""
    speak = words(language)
    whole = [*speak.texts.values(), *(form for forms in speak.plurals.values() for form in forms)]
    known = [text for text in whole if text and (_tells(text) or not _HOLE.search(text))]
    texts = ["".join(_parts(text.strip(_EDGES), re.escape)) for text in known]
    keys = [
        f"(?P<m{number}>{''.join(_parts(speak.texts[name], _key))})"
        for number, name in enumerate(_names(language))
    ]
    return re.compile("|".join(texts), re.S), re.compile("|".join(keys) or r"(?!)", re.S)


def _parts(text: str, written: Callable[[str], str]) -> Iterator[str]:
    """A pattern for *text*: its pieces as they are *written*, and anything in its holes."""
    first, *others = _HOLE.split(text)
    yield written(first)
    for piece in others:
        yield ".*" + written(piece)
