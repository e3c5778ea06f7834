"""HTML files: a page's title, what its <meta> say, and its <body> (A2)."""

from typing import TYPE_CHECKING

from lxml import etree

from publisher.articles.yamlish import Mapping
from publisher.text import clean

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# <meta name|property>: the field it fills; the first that is there counts.
_META = {
    "author": "author",
    "article:author": "author",
    "description": "description",
    "og:description": "description",
    "date": "date",
    "dc.date": "date",
    "article:published_time": "date",
    "article:modified_time": "updated",
    "keywords": "keywords",
    "tags": "tags",  # Pelican
    "category": "category",
}
_TITLES = ("og:title", "dc.title")


def read(text: str, title: str) -> tuple[Mapping, str]:
    """The fields that the page *text* fills and the inside of its article (`_article`), not sanitised.

    The title is *title* if the file gives one elsewhere, else <title>, the first <h1>, or a <meta>; an <h1> that
    <title> only adds the site's name to is the better headline. The <h1> that is the title leaves the body.
    """
    # The text is decoded already: what the page says of its encoding is no longer true.
    from lxml.html import HTMLParser, document_fromstring  # few articles are pages

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        page = document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:  # nothing but blanks and comments
        return {}, ""
    meta = _metas(page)
    fields: Mapping = {"html lang": page.get("lang", "")}
    for name, field in _META.items():
        if name in meta:
            fields.setdefault(field, meta[name])
    article = _article(page)
    heading = next((found for part in (article, page) if part is not None for found in part.iter("h1")), None)
    shown = _words(heading)
    said = (
        title
        or _words(page.find(".//head/title"))
        or shown
        or next((meta[n] for n in _TITLES if n in meta), "")
    )
    fields["title"] = shown if not title and _adds_site(said, shown) else said
    if heading is not None and shown == fields["title"]:
        heading.drop_tree()
    return fields, _inside(article)


def _adds_site(title: str, heading: str) -> bool:
    """Whether *title* is *heading* and a site's name: "Headline - Site", "Headline | Site"."""
    rest = title.removeprefix(heading).lstrip() if heading else title
    return rest != title and rest[:1] in tuple("-–—|·•")


def _metas(page: "HtmlElement") -> dict[str, str]:
    found: dict[str, str] = {}
    for element in page.iter("meta"):
        name, content = element.get("name") or element.get("property"), element.get("content")
        if name and content and content.strip():
            found.setdefault(name.lower(), content)
    return found


def _words(element: etree._Element | None) -> str:
    return "" if element is None else clean.one_line("".join(element.itertext()))


# What stands around the article on a page of a site. Inside of an <article> a header or an aside is its own.
_FURNITURE = ("nav", "header", "footer", "aside")


def _article(page: "HtmlElement") -> "HtmlElement | None":
    """The part of *page* that is the article: its one <article> or <main>, else its <body>; without the menus, and
    without the headers, footers and asides of the page."""
    body = page.find("body")
    if body is None:
        return None
    found = next((only[0] for name in ("article", "main") if len(only := _outermost(body, name)) == 1), body)
    around = _around(found)
    if around and _words(found) != "".join(map(_words, around)):
        for part in around:
            part.drop_tree()
    return found


def _around(found: "HtmlElement") -> "list[HtmlElement]":
    """What stands in *found* and is no part of the article; a header with the headline in it is one. One walk."""
    heading = next(found.iter("h1"), None)
    kept = set(heading.iterancestors("header")) if heading is not None else set()
    around: list[HtmlElement] = []
    articles = 0
    walk = etree.iterwalk(found, events=("start", "end"))
    for event, part in walk:
        if part.tag == "article":
            articles += 1 if event == "start" else -1
        elif event == "start" and (
            part.tag == "nav" or (part.tag in _FURNITURE and not articles and part not in kept)
        ):
            around.append(part)
            walk.skip_subtree()
    return around


def _outermost(body: "HtmlElement", name: str) -> "list[HtmlElement]":
    """The elements called *name* that hold words, but those inside of another."""
    return [each for each in body.iter(name) if next(each.iterancestors(name), None) is None and _words(each)]


def _inside(article: "HtmlElement | None") -> str:
    if article is None:
        return ""
    text = etree.tostring(article, encoding="unicode", method="html", with_tail=False)
    return text[text.index(">") + 1 :].removesuffix(f"</{article.tag!s}>")
