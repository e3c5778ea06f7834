"""What an article names by a path: the pictures, recordings and attachments beside it, and other articles (A13)."""

import re
from collections.abc import Iterator
from html import unescape

from publisher import layout
from publisher.articles import names
from publisher.model.media import ATTACHMENTS, PICTURES, RECORDINGS, TYPES, Reference, Use, ending
from publisher.text.clean import one_line
from publisher.text.urls import beside, candidates

# A path that no scheme, host or anchor begins: what most articles do not have.
_PATH = re.compile(r"\b(?:src|href|poster|srcset)=[\"'](?!https?:|mailto:|#|//)")
_TAG = re.compile(r"<(img|a|audio|video|source)\s([^<>]*)>")
_ATTRIBUTE = re.compile(r"([a-z]+)=(?:\"([^\"]*)\"|'([^']*)')")
_PAGES = frozenset(("", "php", "asp", "aspx", "xhtml"))  # pages: no files of ours
MOST = 500  # of one article


def find(elements: list[str], source: str, declared: tuple[str, str]) -> tuple[Reference, ...]:
    """What the sanitised *elements* name, each once, behind the picture that the front matter *declared* (its path
    and what it shows, "" for none). *source* is the file's text, which tells the line."""
    found: dict[str, Reference] = {}
    shown = [
        each for element in elements if '="' in element and _PATH.search(element) for each in _in(element)
    ]
    cover = beside(declared[0]) if declared[0] else None
    if cover:
        said = next((alt for path, _, alt in shown if path == cover and alt), declared[1])
        in_text = any(path == cover for path, _, _ in shown)
        found[cover] = Reference(cover, "picture", said, _line(source, declared[0], cover), in_text)
    for path, use, alt in shown:
        if path not in found and len(found) < MOST:
            # A shortcode may name an article without its ending.
            bare = [path.rpartition(".")[0]] if use == "article" else []
            found[path] = Reference(path, use, alt, _line(source, path, *bare))
    return tuple(found.values())


def _in(element: str) -> Iterator[tuple[str, Use, str]]:
    for tag in _TAG.finditer(element):
        values = {name: unescape(a or b) for name, a, b in _ATTRIBUTE.findall(tag[2])}
        alt = one_line(values.get("alt", ""))
        written = [values.get(name, "") for name in ("src", "href", "poster")]
        for raw in (*written, *candidates(values.get("srcset", ""))):
            path = beside(raw)
            if path and (use := _use(tag[1], path)):
                yield path, use, alt


def _use(tag: str, path: str) -> Use | None:
    kind = ending(path)
    if tag == "a" and kind in names.KINDS:
        return "article"
    if tag == "a" and (kind in _PAGES or (path.startswith("/") and not _ours(path, kind))):
        return None
    if kind in PICTURES:
        return "picture"
    if kind in RECORDINGS:
        return "recording"
    return "picture" if tag == "img" and kind not in ATTACHMENTS else "attachment"


def _ours(path: str, kind: str) -> bool:
    """Whether a link to *path*, from the top of the site, may mean a file of the author's."""
    return kind in TYPES and not layout.is_reserved(path[1:])


def _line(source: str, *written: str) -> int | None:
    """The line where one of *written* first stands."""
    for path in written:
        at = source.find(path)
        if at >= 0:
            return source.count("\n", 0, at) + 1
    return None
