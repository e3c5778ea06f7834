"""Words that stand in a block without an element of their own: in items, cells, and beside a picture or a block (F9).

What holds them keeps its side of the page, where its mark or column is; they stand in an element with a direction.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import regex
from lxml import etree

from publisher.model.article import Direction
from publisher.text import direction
from publisher.text.language import detect, feed_tag, script

How = Literal["bdi", "span"]

CODE = frozenset({"code", "pre", "kbd", "samp"})
_FLOWS = (
    "blockquote caption dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary table tbody"
    " td tfoot th thead tr ul"
)
BLOCKS = frozenset(_FLOWS.split())
# These become ltr as a whole.
PARAGRAPHS = frozenset({"p", "blockquote", "div", "ul", "ol", "dl"})
# These keep their side of the page, where their marker or column is: what they hold is isolated as a whole.
ITEMS = frozenset(
    {*("h1", "h2", "h3", "h4", "h5", "h6"), "li", "dt", "dd", "td", "th", "caption", "figcaption", "summary"}
)
_HOLDERS = ITEMS | {"blockquote", "details", "div", "figure"}
_AUTHORS = frozenset({"audio", "video", "bdi"})  # a run with one of these is left as it is

_RTL = regex.compile(r"[\p{bc=R}\p{bc=AL}]")
_LATIN = regex.compile(r"\p{bc=L}")


class _Run(NamedTuple):
    """What stands between two blocks of *parent*: text behind *before*, or first where that is None, and *inline*."""

    parent: etree._Element
    before: etree._Element | None
    inline: list[etree._Element]

    @property
    def first(self) -> str:
        return (self.parent.text if self.before is None else self.before.tail) or ""


def is_latin(element: etree._Element) -> bool:
    """Whether *element* has left-to-right letters and no right-to-left one."""
    return _all_latin("".join(element.itertext()))


def has_rtl(text: str) -> bool:
    """Whether a letter of *text* is right-to-left."""
    return _RTL.search(text) is not None


def enclose_latin(block: etree._Element, how: How) -> None:
    """Put what is left-to-right altogether in a right-to-left *block*, and has no element that says so, into an
    element *how*. Code alone says it by itself. One walk."""
    found: list[_Run] = []
    settled = 0  # how many open elements give a direction to what they hold
    open_: list[bool] = []
    for event, element in etree.iterwalk(block, events=("start", "end")):
        if event == "end":
            settled -= open_.pop()
            continue
        sets = "dir" in element.attrib or element.tag == "bdi"
        sets = sets or (not settled and element.tag in PARAGRAPHS and is_latin(element))
        open_.append(sets)
        settled += sets
        if not settled and element.tag in _HOLDERS:
            found += [run for run in _runs(element) if _is_latin_run(run)]
    for run in reversed(found):  # what a run begins behind stays where it is
        _enclose(run, how, {"dir": "ltr"})


def turn(block: etree._Element, tag: str, article: str, how: How) -> None:
    """Give the items of left-to-right lists in *block*, which is in the language *tag*, their own direction and
    language where a paragraph of the same words would have a right-to-left one in an *article* of that language."""
    if "dir" in block.attrib:
        return
    for item in list(block.iter("li", "p")):
        around = (item, *item.iterancestors())
        if any("dir" in each.attrib for each in around) or not any(each.tag == "li" for each in around):
            continue
        for run in reversed(list(_runs(item))):
            own = _right_to_left(_words(run), article)
            if own and _is_inline(run):
                said = {"dir": "rtl"} | ({} if feed_tag(own) == feed_tag(tag) else {"lang": feed_tag(own)})
                if item.tag == "p":
                    item.attrib.update(said)
                else:
                    _enclose(run, how, said)


def _right_to_left(words: str, article: str) -> str:
    """The language of *words* in an *article* of that language where it is a right-to-left one, else ""."""
    if not has_rtl(words):
        return ""
    found = detect(words, article)
    way: Direction = direction.of_tag(found)
    if way == "ltr":
        return ""
    return article if script(found) == script(article) else found  # so few words do not tell them apart


def _runs(parent: etree._Element) -> Iterator[_Run]:
    run = _Run(parent, None, [])
    for child in parent:
        if child.tag in BLOCKS:
            yield run
            run = _Run(parent, child, [])
        else:
            run.inline.append(child)
    yield run


def _words(run: _Run) -> str:
    """The words of *run*, without code and what has a direction of its own."""
    found = [run.first]
    for child in run.inline:
        found += _spoken(child)
        found.append(child.tail or "")
    return " ".join(found) if len(found) > 1 else found[0]


def _spoken(element: etree._Element) -> Iterator[str]:
    if element.tag in CODE or element.tag == "bdi" or "dir" in element.attrib:
        return
    yield element.text or ""
    for child in element:
        yield from _spoken(child)
        yield child.tail or ""


def _is_latin_run(run: _Run) -> bool:
    return _all_latin(_words(run)) and _is_inline(run) and _is_whole(run)


def _is_inline(run: _Run) -> bool:
    """Whether no link or the like in *run* holds blocks."""
    return not any(each.tag in BLOCKS - CODE for child in run.inline for each in child.iter())


def _is_whole(run: _Run) -> bool:
    """Whether nothing in *run* has a direction of the author's, or a right-to-left letter (in code)."""
    return not any(
        has_rtl("".join(child.itertext()))
        or any(each.tag in _AUTHORS or "dir" in each.attrib for each in child.iter())
        for child in run.inline
    )


def _all_latin(text: str) -> bool:
    return _RTL.search(text) is None and _LATIN.search(text) is not None


def _enclose(run: _Run, how: How, said: dict[str, str]) -> None:
    inner = etree.Element(how, said)
    inner.text = run.first
    inner.extend(run.inline)
    if run.before is None:
        run.parent.text = None
        run.parent.insert(0, inner)
    else:
        run.before.tail = None
        run.before.addnext(inner)
