"""A file as read to what lists need of it (Manuscript), and to its blocks (Body)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from zoneinfo import ZoneInfo

import yaml
from lxml import etree

from publisher import layout
from publisher.articles import (
    blocks,
    dates,
    docx,
    frontmatter,
    headline,
    hypertext,
    links,
    markdown,
    names,
    plain,
    references,
    relations,
    slugs,
    tongues,
)
from publisher.articles.fields import Fields, visible
from publisher.articles.opening import opening
from publisher.errors import Empty, Unreadable
from publisher.model.article import Article, Body, Leaf, Manuscript, Story, Warn
from publisher.model.media import Reference
from publisher.text import clean, direction, html, language
from publisher.text.dates import digits_in
from publisher.text.excerpt import excerpt

_MARKUP = 50_000  # marks of HTML: an honest article has a hundredth; the time to read one is bounded by them
# Characters, what is in quotes not counted: parsers compare each attribute with all others.
_LONGEST_TAG = 20_000
_CROWDED = re.compile(rf"<[A-Za-z](?:[^<>\"']|\"[^\"]*+\"|'[^']*+'){{{_LONGEST_TAG}}}")

_SEPARATOR = re.compile("[\u2028\u2029\u0085\x0b\x0c]")
# Front matter and the first line below it: fields and headline, where a separator is a blank and no paragraph.
_HEAD = re.compile(r"\s*(?:(?:---|\+\+\+)[ \t]*\n.*?\n(?:---|\.\.\.|\+\+\+)[ \t]*\n\s*)?[^\n]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the site decides for files that do not say."""

    language: str
    timezone: ZoneInfo
    url: str = ""  # the site's: an address of its own is told from another's by it


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A file taken apart."""

    fields: Fields
    title: str
    elements: list[str]  # the body's top-level elements, sanitised, without the title
    whole: bool  # False: only those of the opening
    words: str  # title and text without code, tags and addresses: what tells language and digits, if that was asked
    language: str
    hash: str
    source: str
    warnings: list[Warn]


class _Source(NamedTuple):
    """A file as its kind is read."""

    text: str  # what a reader may see of it: its hash tells a change
    words: str  # what tells its language
    fields: Fields
    markup: str  # not sanitised
    whole: bool  # False: only the markup of the opening
    warnings: list[Warn]


def parse(leaf: Leaf, rules: Rules) -> Manuscript:
    """What the file says of itself; what it does not say is left to the store.

    Raises Unreadable, and nothing else, for a file that cannot be published.
    """
    with _named_faults():
        return _manuscript(leaf, rules)


def body(leaf: Leaf, rules: Rules, language: str | None = None) -> Body:
    """The blocks of the file below its title, in *language* (the stored one) or the one the file is in.

    Raises Unreadable, and nothing else, for a file that cannot be published.
    """
    with _named_faults():
        sheet = _take_apart(leaf, rules, tag=language or "")
        return blocks.body(sheet.elements, sheet.language)


def story(leaf: Leaf, rules: Rules, article: Article) -> Story | None:
    """*article* with its body from its file; None where the file says something else by now (another content).

    Raises Unreadable, and nothing else, for a file that cannot be published.
    """
    with _named_faults():
        sheet = _take_apart(leaf, rules, tag=article.language)
        if sheet.hash != article.content_hash:
            return None
        return Story(article, blocks.body(sheet.elements, sheet.language))


def _manuscript(leaf: Leaf, rules: Rules) -> Manuscript:
    sheet = _take_apart(leaf, rules, briefly=True)
    if not (sheet.whole or _enough(sheet)):
        sheet = _take_apart(leaf, rules)
    summary, is_lead = _summary(sheet)
    fields = sheet.fields
    published = fields.date("date", rules.timezone, sheet.language) or _date_in_path(
        leaf.path, rules.timezone, sheet.language, fields.warnings
    )
    updated = fields.date("updated", rules.timezone, sheet.language)
    return Manuscript(
        path=leaf.path,
        title=sheet.title,
        language=sheet.language,
        direction=direction.of_tag(sheet.language),
        summary=summary,
        summary_is_lead=is_lead,
        authors=fields.authors(),
        categories=fields.categories(),
        published=published,
        updated=max(updated, published) if updated and published else updated,
        expires=fields.date("expires", rules.timezone, sheet.language),
        declared_id=fields.text("id") or None,
        slug=slugs.slug(fields.text("slug")) or None,
        held=fields.held(),
        digest=fields.truth("digest") is not False,
        pin=fields.pinned(),
        weight=fields.number("weight") or 0,
        translation=relations.claim(leaf.path, fields),
        digits=digits_in(sheet.words) or "",
        content_hash=sheet.hash,
        link=_link(fields, rules),
        aliases=_aliases(fields, rules),
        warnings=(*sheet.warnings, *fields.warnings),
        references=_references(sheet, names.kind(leaf.path)),
    )


def _references(sheet: _Sheet, kind: names.Kind | None) -> tuple[Reference, ...]:
    found = references.find(sheet.elements, sheet.source, sheet.fields.picture())
    if kind != "docx":
        return found
    return tuple(
        replace(each, use="embedded", line=None) if docx.is_embedded(each.path) else replace(each, line=None)
        for each in found
    )


def _take_apart(leaf: Leaf, rules: Rules, *, briefly: bool = False, tag: str = "") -> _Sheet:
    """*briefly*: the opening of the text will do. *tag*: its language, where that is known."""
    kind = names.kind(leaf.path)
    if kind is None:
        raise Unreadable("not an article", "articles are .md, .txt, .html and .docx files")
    source = _document(leaf) if kind == "docx" else _text(kind, leaf, briefly=briefly)
    fields, warnings = source.fields, source.warnings
    title, elements = headline.find(fields.title(), html.split(html.sanitise(_bounded(source.markup))))
    if not title:
        if not elements and not fields.held():
            raise Empty("the file is empty", "write the headline on its first line")
        title = clean.one_line(clean.tidy(names.stem(leaf.path).replace("-", " "))[0])
        if not visible(title):
            raise Unreadable("there is no title", "write the headline on its first line")
        warnings.append(Warn("no title and no words; named after the file"))
    words = "" if tag else language.prose(f"{title}\n{source.words}")
    tag = tag or tongues.of_article(leaf.path, fields, words, rules.language)
    digest = blake2b(source.text.encode(), digest_size=16).hexdigest()
    return _Sheet(fields, title, elements, source.whole, words, tag, digest, source.text, warnings)


def _text(kind: names.Kind, leaf: Leaf, *, briefly: bool) -> _Source:
    text, warnings = _cleaned(leaf.data)
    matter = frontmatter.split(text, kind)
    fields, shown = Fields(matter.values), matter.text
    if briefly and kind == "markdown" and fields.title():
        shown = opening(shown)
    fields, markup, found = _markup(kind, matter, fields, shown)
    whole = len(shown) == len(matter.text)
    return _Source(text, matter.text, fields, markup, whole, [*warnings, *matter.warnings, *found])


def _document(leaf: Leaf) -> _Source:
    document = docx.read(leaf.data)
    # The date of saving is left out: saving a file unchanged is no change (A10).
    shown = [value for name, value in document.fields.items() if name != "updated"]
    text = "\n".join((*map(str, shown), document.html))
    fields, words = Fields(document.fields), docx.words(document)
    return _Source(text, words, fields, document.html, True, document.warnings)


def _cleaned(data: bytes) -> tuple[str, list[Warn]]:
    text, warnings = clean.decode(data)
    if _SEPARATOR.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = _HEAD.sub(lambda head: _SEPARATOR.sub(" ", head[0]), text, count=1)
    text, found = clean.tidy(text)
    return text, warnings + found


def _markup(
    kind: names.Kind, matter: frontmatter.Matter, fields: Fields, text: str
) -> tuple[Fields, str, list[Warn]]:
    """*text*, the whole or the opening of what stands below the front matter, as HTML; with the fields of both."""
    if kind == "html":
        values, markup = hypertext.read(_bounded(text), fields.title())
        return Fields(matter.values, values), markup, []
    if kind == "plain":
        return fields, plain.html(text, matter.line, headline=not fields.title()), []
    return fields, *markdown.html(text, matter.line, is_mdx=kind == "mdx")


def _bounded(markup: str) -> str:
    if markup.count("<") + markup.count("&") > _MARKUP:
        raise Unreadable(f"more than {_MARKUP:,} tags and paragraphs", "split it into several articles")
    if len(markup) > _LONGEST_TAG and _CROWDED.search(markup):
        raise Unreadable("a tag with more attributes than any page has", "take it out")
    return markup


def _enough(sheet: _Sheet) -> bool:
    """Whether the opening tells the summary as the whole text would."""
    if declared := _declared(sheet):
        return len(blocks.opening(sheet.elements, len(declared))) >= len(declared)
    return any(element.startswith("<p") and visible(blocks.words(element)) for element in sheet.elements)


def _summary(sheet: _Sheet) -> tuple[str, bool]:
    """The declared summary, else the lead; and whether the body's first words say the same (A11)."""
    if declared := _declared(sheet):
        said = blocks.opening(sheet.elements, len(declared))
        return declared, said.startswith(declared.rstrip(" .…"))
    lead = blocks.lead(sheet.elements)
    return excerpt(lead), bool(lead)


def _link(fields: Fields, rules: Rules) -> str | None:
    """The address declared; a pattern (Jekyll) is kept with a slash before it until the date is known."""
    declared = fields.text("link")
    if declared and links.has_tokens(declared):
        return f"/{declared.lstrip('/')}"
    return _place(declared, "url", fields, rules) if declared else None


def _aliases(fields: Fields, rules: Rules) -> tuple[str, ...]:
    found = (_place(address, "alias", fields, rules) for address in fields.texts("aliases"))
    return tuple(dict.fromkeys(address for address in found if address))


def _place(address: str, name: str, fields: Fields, rules: Rules) -> str | None:
    try:
        return layout.place(address, rules.url)
    except ValueError as error:
        why = "is not percent-encoded UTF-8" if isinstance(error, UnicodeError) else str(error)
        fields.warnings.append(Warn(f"{name} {address[:80]!r} is passed over: it {why}"))
        return None


def _declared(sheet: _Sheet) -> str:
    declared = sheet.fields.text("summary")
    return "" if declared == sheet.title else declared


def _date_in_path(path: str, zone: ZoneInfo, language: str, warnings: list[Warn]) -> datetime | None:
    try:
        return dates.in_path(path, zone, language)
    except (ValueError, OverflowError) as error:
        warnings.append(Warn(f"the date in the file's name is passed over: {error}"))
        return None


@contextmanager
def _named_faults() -> Iterator[None]:
    """One bad file stops nothing but itself: whatever a parser raises becomes Unreadable."""
    try:
        yield
    except clean.Undecodable as error:
        raise Unreadable(f"{error.what} (byte {error.offset})", error.mend, error.line) from error
    except (ValueError, ArithmeticError, RecursionError, yaml.YAMLError, etree.LxmlError) as error:
        raise _unforeseen(error) from error
    except BaseException as error:
        # a panic in a Rust library (pyo3) is no Exception, and its class cannot be imported
        if type(error).__name__ != "PanicException":
            raise
        raise _unforeseen(error) from error


def _unforeseen(error: BaseException) -> Unreadable:
    return Unreadable(
        f"cannot be read ({type(error).__name__}: {str(error)[:200]})",
        "simplify the file, or report this as a fault",
    )
