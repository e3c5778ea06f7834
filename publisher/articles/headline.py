"""Which words of a body are its title (A4)."""

import re

from publisher.articles.blocks import words
from publisher.articles.fields import visible
from publisher.text.excerpt import excerpt

LIMIT = 500  # characters; a longer first line is a paragraph, from which a headline is cut
CUT = 120

_H1 = re.compile(r"<h1[\s>]")
_LINE = re.compile(r"<(?:h[1-6]|p)[\s>]")
_HEADING = re.compile(r"<h[1-6][\s>]")
_BREAK = re.compile(r"\n|<br\b")


def find(declared: str, elements: list[str]) -> tuple[str, list[str]]:
    """The title and the *elements* left without it: the *declared* one, else the first <h1>, else the first line.

    A first heading or first line that only repeats the declared title goes too. "" where nothing has words.
    """
    if declared:
        declared = declared if len(declared) <= LIMIT else excerpt(declared, LIMIT)
        heading = next((number for number, element in enumerate(elements) if _HEADING.match(element)), 0)
        for number in {0, heading}:
            if elements and _LINE.match(elements[number]) and words(elements[number]) == declared:
                return declared, _without(elements, number)
        return declared, elements
    for number, element in enumerate(elements):
        if _H1.match(element) and _fits(title := words(element)):
            return title, _without(elements, number)
    return _first_line(elements)


def _first_line(elements: list[str]) -> tuple[str, list[str]]:
    for number, element in enumerate(elements):
        said = words(element)
        if not visible(said):
            continue
        if _LINE.match(element) and _fits(said) and not _BREAK.search(element.strip()):
            return said, _without(elements, number)
        line = words(_BREAK.split(element.strip(), maxsplit=1)[0])
        # The sentence goes on below its first line: the body keeps all of it.
        return excerpt(line if visible(line) else said, CUT), elements
    return "", elements


def _fits(title: str) -> bool:
    return visible(title) and len(title) <= LIMIT


def _without(elements: list[str], number: int) -> list[str]:
    return elements[:number] + elements[number + 1 :]
