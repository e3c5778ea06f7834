"""HTML files: a page's title, what its <meta> say, and its <body> (A2)."""

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from publisher.articles.yamlish import Mapping
from publisher.text import clean

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
    """The fields that the page *text* fills and the inside of its <body>, not sanitised.

    The title is *title* if the file gives one elsewhere, else <title>, the first <h1>, or a <meta>; an <h1> that
    <title> only adds the site's name to is the better headline. The <h1> that is the title leaves the body.
    """
    # The text is decoded already: what the page says of its encoding is no longer true.
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
    heading = next(page.iter("h1"), None)
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
    return fields, _inside(page)


def _adds_site(title: str, heading: str) -> bool:
    """Whether *title* is *heading* and a site's name: "Headline - Site", "Headline | Site"."""
    rest = title.removeprefix(heading).lstrip() if heading else title
    return rest != title and rest[:1] in tuple("-–—|·•")


def _metas(page: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in page.iter("meta"):
        name, content = element.get("name") or element.get("property"), element.get("content")
        if name and content and content.strip():
            found.setdefault(name.lower(), content)
    return found


def _words(element: etree._Element | None) -> str:
    return "" if element is None else clean.one_line("".join(element.itertext()))


def _inside(page: HtmlElement) -> str:
    body = page.find("body")
    if body is None:
        return ""
    text = etree.tostring(body, encoding="unicode", method="html", with_tail=False)
    return text[text.index(">") + 1 :].removesuffix("</body>")
