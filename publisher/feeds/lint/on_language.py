"""What a feed and its entries say of their language and direction (F4, F5)."""

import re
from collections.abc import Iterator

from publisher.feeds.lint.document import Document
from publisher.feeds.lint.remarks import Remark
from publisher.feeds.lint.view import View, Words, bare, told
from publisher.text import language
from publisher.text.quote import quoted

_ENOUGH_IN_ENTRY = 150  # ... of one entry
_KNOWN = frozenset(
    ["ar", "fa", "ur", "ps", "sd", "ug", "ckb", "he", "yi"]
)  # language.detect tells these apart
_ENOUGH = 400  # right-to-left letters, to tell languages of one script apart
_OLD = {"iw": "he", "ji": "yi", "in": "id"}
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)


def check(view: View) -> Iterator[Remark]:
    """Remarks on the language and direction of the feed and of each entry."""
    document = view.document
    where, line = ("language" if document.kind != "atom" else "xml:lang"), document.language_line
    disagrees = other = False
    if not document.language:
        rtl = view.direction == "rtl"
        guess = language.detect(language.prose(view.text), "und") if rtl else ""
        mend = f"write {_written(document, guess)}" if guess not in ("", "und") else ""
        yield Remark("no-language" if rtl else "no-language-ltr", "feed", document.line, "", mend)
    else:
        yield from _tag(document, where, line)
        mostly = view.letters.mostly
        disagrees = mostly is not None and told(document.language) not in (None, mostly)
        if disagrees:
            yield _disagrees(view, where, line)
        else:
            for remark in _other(view, where, line):
                other = True
                yield remark
    if document.language and bare(document.language_too) not in ("", bare(document.language)):
        found = f"xml:lang is {quoted(document.language_too)}, <language> {quoted(document.language)}"
        yield Remark("languages-differ", "xml:lang", line, found)
    turned = False
    for remark in _direction(view):
        turned = turned or remark.rule == "direction-disagrees"
        yield remark
    for each in view.entries:
        yield from _entry(view, each, disagrees=disagrees, turned=turned)
        if each.entry.language or not other:
            yield from _tongue(view, each)
        yield from _hreflang(each)


def _written(document: Document, tag: str) -> str:
    """How the format says the language."""
    return {
        "rss": f"<language>{tag}</language>",
        "atom": f'xml:lang="{tag}" on <feed>',
        "json": f'"language": "{tag}"',
    }[document.kind]


def _tag(document: Document, where: str, line: int | None) -> Iterator[Remark]:
    tag = document.language
    first = tag.partition("-")[0].lower()
    if not _TAG.fullmatch(tag) or not _canonical(tag):
        mend = f"write {_written(document, better)}" if (better := _canonical(tag)) else ""
        yield Remark("language-invalid", where, line, quoted(tag), mend)
    elif first in _OLD:
        new = language.feed_tag(tag)
        yield Remark("language-deprecated", where, line, quoted(tag), f"write {_written(document, new)}")
    elif told(tag) == "rtl" and language.feed_tag(tag).lower() != tag.lower():
        mend = f"write {_written(document, language.feed_tag(tag))}"
        yield Remark("language-region", where, line, quoted(tag), mend)


def _canonical(tag: str) -> str:
    try:
        return language.feed_tag(tag)
    except ValueError:
        return ""


def _disagrees(view: View, where: str, line: int | None) -> Remark:
    document = view.document
    guess = language.detect(language.prose(view.text), "und")
    share = round(100 * view.letters.right / (view.letters.right + view.letters.left))
    mend = f"write {_written(document, guess)}" if guess != "und" else ""
    found = f"{quoted(document.language)}, and {share} of 100 letters are right-to-left ones"
    return Remark("language-disagrees", where, line, found, mend)


def _other(view: View, where: str, line: int | None) -> Iterator[Remark]:
    """Another language of the same script."""
    said = bare(view.document.language)
    if said not in _KNOWN or view.letters.right < _ENOUGH or view.letters.mostly != "rtl":
        return
    text = language.prose(view.text)
    # Told from itself and from nothing: only where both agree.
    found = language.detect(text, said)
    if found != said and found in _KNOWN and language.detect(text, "und") == found:
        mend = f"write {_written(view.document, found)}"
        yield Remark(
            "language-other", where, line, f"{quoted(said)}, and the texts read as {quoted(found)}", mend
        )


def _direction(view: View) -> Iterator[Remark]:
    document = view.document
    mostly = view.letters.mostly
    if document.direction and mostly and document.direction != mostly:
        found = f"{document.direction}, and the texts are {mostly}"
        yield Remark("direction-disagrees", "feed", document.line, found)
    tried = any(each.rule == "its-invalid" for each in document.faults)
    if not document.direction and not tried and view.direction == "rtl":
        yield Remark("no-direction-metadata", "feed", document.line)


def _entry(view: View, words: Words, *, disagrees: bool, turned: bool) -> Iterator[Remark]:
    """*disagrees*: the feed's language was found to be another one; *turned*: the direction that its metadata say."""
    entry, feed = words.entry, view.document.language
    mostly = words.letters.mostly
    if entry.language and not _canonical(entry.language):
        yield Remark("language-invalid", "language", entry.line, quoted(entry.language), entry=entry.number)
    elif entry.language.partition("-")[0].lower() in _OLD:
        mend = f"write {_canonical(entry.language)}"
        yield Remark(
            "language-deprecated", "language", entry.line, quoted(entry.language), mend, entry.number
        )
    elif entry.language and entry.language == feed:
        yield Remark("language-repeated", "language", entry.line, quoted(feed), entry=entry.number)
    if mostly and told(words.language) not in (None, mostly) and (entry.language or not disagrees):
        found = f"{quoted(words.language)}, and its letters are {'right-to-left' if mostly == 'rtl' else 'Latin'} ones"
        yield Remark("entry-language", "language", entry.line, found, entry=entry.number)
    if entry.direction and mostly and entry.direction != mostly:
        found = f"{entry.direction}, and its texts are {mostly}"
        yield Remark("direction-disagrees", "item", entry.line, found, entry=entry.number)
    said = view.document.direction
    if said and not entry.direction and mostly and said != mostly and not turned:
        found = f"the feed says {said}, and its texts are {mostly}"
        yield Remark("entry-no-direction", "item", entry.line, found, entry=entry.number)


def _tongue(view: View, words: Words) -> Iterator[Remark]:
    """An entry in another language of the same script than it says."""
    entry, said = words.entry, bare(words.language)
    if said in _KNOWN and words.letters.right >= _ENOUGH_IN_ENTRY and words.letters.mostly == "rtl":
        text = language.prose(f"{words.title} {words.own}")
        found = language.detect(text, said)
        if found != said and found in _KNOWN and language.detect(text, "und") == found:
            reads = f"{quoted(said)}, and the entry reads as {quoted(found)}"
            own = {"rss": f"<dc:language>{found}</dc:language>", "atom": f'xml:lang="{found}" on <entry>'}
            mend = f"write {own.get(view.document.kind, _written(view.document, found))}"
            yield Remark("entry-language-other", "language", entry.line, reads, mend, entry.number)


def _hreflang(words: Words) -> Iterator[Remark]:
    """A link to the entry's page that says another language than the entry."""
    entry, said = words.entry, bare(words.language)
    pages = [each for each in entry.links if each.rel == "alternate"]
    if len(pages) == 1 and said and bare(pages[0].hreflang) not in ("", said):
        leads = f"{quoted(pages[0].hreflang)}, and the entry is in {quoted(said)}"
        yield Remark("hreflang-other", "link", pages[0].line, leads, entry=entry.number)
