"""The addresses that an older site's feeds had: the same documents are written there too (A15)."""

from collections.abc import Iterable
from typing import Literal

from publisher import layout

Format = Literal["rss", "atom", "json"]
_FORMATS: dict[str, Format] = {"rss": "rss", "atom": "atom", "json": "json"}


def read(aliases: Iterable[str]) -> dict[str, Format]:
    """The file of each alias, and the format it holds: `/feed.xml atom`, or without a word what its name says
    (.json, "atom" in it, else RSS). A path without a feed's ending is a folder: its file is index.xml or index.json.

    Raises ValueError with what is wrong, and the mend.
    """
    found: dict[str, Format] = {}
    for alias in aliases:
        path, _, word = alias.strip().partition(" ")
        word = word.strip().lower() or _guess(path.lower())
        if word not in _FORMATS:
            raise ValueError(f'{word!r} is no format; write "{path} rss", atom or json')
        found[_file(path, _FORMATS[word])] = _FORMATS[word]
    return found


def _guess(path: str) -> str:
    if path.endswith(".json"):
        return "json"
    return "atom" if "atom" in path else "rss"


def _file(path: str, kind: Format) -> str:
    try:
        return layout.feed_file(path, "index.json" if kind == "json" else "index.xml")
    except ValueError as error:
        why = "is not percent-encoded UTF-8" if isinstance(error, UnicodeError) else str(error)
        raise ValueError(f'{path!r} {why}; name the path of the old feed, as "/index.xml"') from error
