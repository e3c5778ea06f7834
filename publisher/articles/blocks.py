"""The elements of a body with the language and direction of each (A7), and its lead (A11)."""

import re
from collections.abc import Iterator

from publisher.articles import tongues
from publisher.articles.fields import visible
from publisher.model.article import Block, Body, Direction
from publisher.text import direction, html, language

_OPENING = re.compile(
    r"<(?P<tag>[a-z][a-z0-9]*)(?P<attributes>(?:\s+[\w:.-]+(?:=(?:\"[^\"]*\"|'[^']*'))?)*)\s*/?>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"\s(?P<name>dir|lang)=[\"'](?P<value>[^\"']*)[\"']", re.IGNORECASE)
_CODE = frozenset(("pre", "code"))
_OWN = ("lang=", "dir=", "<pre", "<code")  # what may give an element its own language or direction
_IN_CODE = re.compile(r"<(?P<tag>code|pre|kbd|samp)\b[^<>]*>.*?</(?P=tag)>", re.DOTALL)
_FOOTNOTE = re.compile(r"<sup[^<>]*><a href=\"#[^\"]*\"[^<>]*>[^<>]*</a></sup>")


def body(elements: list[str], tag: str) -> Body:
    """*elements* (sanitised) of an article in the language *tag*."""
    base = direction.of_tag(tag)
    if _is_plain("".join(elements), tag):
        return Body(tuple(Block(element, tag, base) for element in elements), tag, base)
    return Body(tuple(_block(element, tag, base) for element in elements), tag, base)


def _is_plain(markup: str, tag: str) -> bool:
    """Whether nothing in a body says that a part of it is in another language or direction than *tag*'s: looking at all
    at once takes a fifth of the time."""
    return not any(sign in markup for sign in _OWN) and language.is_all(html.words(markup, " "), tag)


def _block(element: str, tag: str, base: Direction) -> Block:
    name, declared = _opening(element)
    own = _canonical(declared.get("lang", "")) or tongues.of_block(_spoken(element), tag)
    way: Direction
    if declared.get("dir") in ("rtl", "ltr"):
        way = "rtl" if declared["dir"] == "rtl" else "ltr"
    elif name in _CODE:
        own, way = _canonical(declared.get("lang", "")) or tag, "ltr"
    else:
        way = base if own == tag else direction.of_tag(own)
    return Block(element, own, way)


def _spoken(element: str) -> str:
    """The words of *element* that say its language: those outside code, where there are any."""
    if "<" not in element[1:]:
        return html.plain(element)
    said = html.plain(_IN_CODE.sub(" ", element))
    return said if any(map(str.isalpha, said)) else html.plain(element)


def _opening(element: str) -> tuple[str, dict[str, str]]:
    found = _OPENING.match(element)
    if found is None:
        return "", {}
    attributes = {
        match["name"].lower(): match["value"].lower() for match in _ATTRIBUTE.finditer(found["attributes"])
    }
    return found["tag"].lower(), attributes


def _canonical(tag: str) -> str:
    try:
        return language.canonical(tag) if tag else ""
    except ValueError:
        return ""


def words(element: str) -> str:
    """The words of *element* on one line, without the numbers of its footnotes."""
    return html.plain(_FOOTNOTE.sub("", element))


def lead(elements: list[str]) -> str:
    """The words of the first paragraph that has any, else of the first element that has."""
    for wanted in ("<p", "<"):
        for text in _texts(elements, wanted):
            return text
    return ""


def opening(elements: list[str], length: int) -> str:
    """The body's first words, at least *length* characters of them if there are so many."""
    said = ""
    for text in _texts(elements, "<"):
        said = f"{said} {text}".strip()
        if len(said) >= length:
            break
    return said


def _texts(elements: list[str], wanted: str) -> Iterator[str]:
    texts = (words(element) for element in elements if element.startswith(wanted))
    return (text for text in texts if visible(text))
