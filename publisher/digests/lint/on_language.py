"""The languages that a letter says its words are in (R1, R11)."""

import unicodedata
from collections.abc import Iterator

from lxml.etree import _Element

from publisher.digests.lint.given import Given, at, bare, finding, ours, said
from publisher.digests.lint.view import Block, View
from publisher.model.finding import Finding
from publisher.model.site import Site
from publisher.text.dated import dates
from publisher.text.language import canonical, detect, feed_tag, prose, script
from publisher.text.quote import quoted
from publisher.text.wording import spoken
from publisher.text.words import LANGUAGES

_WORD = 4  # letters: less is no word of ours
_LETTERS = 12  # fewer tell nothing of a language


def check(view: View, given: Given, others: tuple[str, ...]) -> Iterator[Finding]:
    """Remarks on every lang of a letter; *others* wrote some of its words."""
    for element in view.root.iter():
        tag = element.get("lang") if isinstance(element.tag, str) else None
        if tag and (rule := _fault(tag)):
            better = f'write lang="{canonical(tag)}"' if rule == "old-lang" else ""
            yield finding(rule, f"html: <{element.tag!s}>", quoted(tag), better)
    own = feed_tag(given.content.language)
    for each in (view.root, *view.root.findall("body")):
        tag = each.get("lang")
        if tag and not _fault(tag) and feed_tag(tag) != own:
            yield finding("other-lang", f"html: <{each.tag!s}>", quoted(tag), f'write lang="{own}"')
    known = _known(given)
    for block in view.seen:
        yield from _block(block, known, others, given)
    yield from _around(view)


def _known(given: Given) -> dict[str, str]:
    """The texts whose language is known, without those that stand for several."""
    found: dict[str, set[str]] = {}
    for text, tag in given.tongues:
        found.setdefault(bare(text), set()).add(tag)
    return {text: tags.pop() for text, tags in found.items() if text and len(tags) == 1}


def _around(view: View) -> Iterator[Finding]:
    """Elements that say a language that nothing in them is in."""
    within: dict[_Element, set[str]] = {}
    for block in view.seen:
        # A Latin run is no word of another language to who set it.
        pieces = [(text, block.box if box.isolated else box) for text, box in block.pieces]
        langs = {box.lang for text, box in pieces if text.strip("\xa0 ")}
        for element in (block.box.element, *block.box.element.iterancestors()):
            within.setdefault(element, set()).update(langs)
    for box in view.boxes:
        held = within.get(box.element, set())
        if held and box.element.get("lang") and box.lang not in held:
            better = f'write lang="{held.pop()}"' if len(held) == 1 else ""
            yield finding("other-lang", at(box), quoted(box.lang), better)


def _fault(tag: str) -> str:
    """The rule that *tag* breaks by itself."""
    try:
        better = canonical(tag)
    except ValueError:
        return "invalid-lang"
    return (
        "invalid-lang"
        if "_" in tag
        else "old-lang"
        if better.partition("-")[0] != tag.partition("-")[0].lower()
        else ""
    )


def _block(block: Block, known: dict[str, str], others: tuple[str, ...], given: Given) -> Iterator[Finding]:
    lang = block.box.lang
    if not lang:
        return
    text = ours(block.text, others)
    right = _told(block, known) or _dated(text, lang, given.site) or _heard(text, lang)
    # The site's own name may stand among the words of a letter in another language.
    among = lang == given.interface and bare(block.text) == bare(given.site.title)
    if right and not among and feed_tag(right) != feed_tag(lang):
        yield said(
            "other-lang", block, f'write lang="{feed_tag(right)}", not "{lang}": {{{{ parts.says(voice) }}}}'
        )


def _told(block: Block, known: dict[str, str]) -> str:
    """The language of a text that somebody else wrote, where it is known."""
    text = bare(block.text)
    if text in known:
        return known[text]
    cut = text.removesuffix("…").rstrip()
    found = {tag for whole, tag in known.items() if cut != text and whole.startswith(cut)} if cut else set()
    return found.pop() if len(found) == 1 else ""


def _dated(text: str, lang: str, site: Site) -> str:
    """The language of a date in *text* that is right in that one, and not in *lang*."""
    right = (each for each in LANGUAGES if any(not one.what for one in dates(text, site, (each,))))
    found = next(right, "")
    return found if found and not any(not one.what for one in dates(text, site, (lang,))) else ""


def _heard(text: str, lang: str) -> str:
    """The language of words of ours, where they are surely in another one than *lang*; "" where they may be."""
    letters = sum(map(str.isalpha, text))
    if letters < _WORD or spoken(text, lang):
        return ""
    for other in LANGUAGES:
        if spoken(text, other):
            return other
    if letters < _LETTERS:
        return ""
    found = detect(prose(text), lang)
    if found != lang and detect(prose(text), "und") == found:
        return found
    strong = {unicodedata.bidirectional(char) for char in text if char.isalpha()}
    return "en" if strong == {"L"} and script(lang) in ("Arab", "Hebr") else ""
