"""What the readers of RSS and Atom share: namespaces, words of an element, links, stylesheets, direction."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree

from publisher.feeds.lint.document import Fault, Id, Link, Stamp, Text
from publisher.text.held import BLOCKS

ATOM = "{http://www.w3.org/2005/Atom}"
ATOM_03 = "{http://purl.org/atom/ns#}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_HISTORY = "{http://purl.org/syndication/history/1.0}"
_ITS = "{http://www.w3.org/2005/11/its}"
_ITS_DIRECTIONS = {"ltr": "ltr", "rtl": "rtl", "lro": "ltr", "rlo": "rtl"}
_PSEUDO = re.compile(r"(\w+)\s*=\s*[\"']([^\"']*)[\"']")
_HTML = BLOCKS | {"a", "bdi", "span"}  # where a template forgot the namespace
_XHTML = "{http://www.w3.org/1999/xhtml}"


def local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def words(element: etree._Element | None) -> str:
    """The text of *element* and of what stands in it."""
    return "".join(str(part) for part in element.itertext()) if element is not None else ""


def first(parent: etree._Element, *tags: str) -> etree._Element | None:
    return next((found for tag in tags if (found := parent.find(tag)) is not None), None)


def base(element: etree._Element) -> str:
    """xml:base in force (XML Base)."""
    found = ""
    for each in reversed([element, *element.iterancestors()]):
        said = each.get(_BASE)
        if said:
            try:
                found = urljoin(found, said)
            except ValueError:
                found = said
    return found


def text(element: etree._Element, *, html: bool = False, based: bool = False) -> Text:
    return Text(
        local(element),
        words(element),
        element.sourceline,
        html,
        base(element) if based else "",
        element.get("type"),
    )


def stamps(parent: etree._Element, tags: dict[str, str]) -> tuple[Stamp, ...]:
    """The dates of *parent*: of *tags*, each with its form."""
    found = []
    for tag, form in tags.items():
        element = parent.find(tag)
        if element is not None:
            found.append(Stamp(local(element), words(element).strip(), element.sourceline, form))  # type: ignore[arg-type]
    return tuple(found)


def atom_links(parent: etree._Element, ns: str = ATOM) -> Iterator[Link]:
    for each in parent.findall(f"{ns}link"):
        rel = each.get("rel", "alternate").strip().rpartition("http://www.iana.org/assignments/relation/")[2]
        yield Link(
            "link",
            each.get("href", ""),
            each.sourceline,
            rel.lower() or "alternate",
            base(each),
            each.get("type", ""),
            each.get("hreflang", ""),
            each.get("length", ""),
        )


def identity(element: etree._Element | None, *, permalink: bool = False) -> Id | None:
    if element is None:
        return None
    return Id(local(element), words(element).strip(), element.sourceline, permalink)


def stylesheets(root: etree._Element) -> tuple[Link, ...]:
    found = []
    node = root.getprevious()
    while node is not None:
        if isinstance(node, etree._ProcessingInstruction) and node.target == "xml-stylesheet":
            said = dict(_PSEUDO.findall(node.text or ""))
            found.append(
                Link("xml-stylesheet", said.get("href", ""), node.sourceline, type=said.get("type", ""))
            )
        node = node.getprevious()
    return tuple(found)


def archived(parent: etree._Element) -> bool:
    return parent.find(f"{_HISTORY}archive") is not None


def completed(parent: etree._Element) -> bool:
    return parent.find(f"{_HISTORY}complete") is not None


def direction(element: etree._Element) -> str:
    return _ITS_DIRECTIONS.get(element.get(f"{_ITS}dir", ""), "")


def directions(root: etree._Element) -> Iterator[Fault]:
    """What is wrong with the direction metadata, in all of the document outside XHTML."""
    its = False
    for element in root.iter(etree.Element):
        if str(element.tag).startswith(_XHTML):
            continue
        for name in () if local(element) in _HTML else ("dir", "direction"):
            if element.get(name) is not None:
                yield Fault(
                    "dir-attribute", local(element), element.sourceline, f'{name}="{element.get(name)}"'
                )
        said = element.get(f"{_ITS}dir")
        its = its or said is not None
        if said is not None and said not in _ITS_DIRECTIONS:
            yield Fault("its-invalid", local(element), element.sourceline, f'its:dir="{said}"')
    if its and root.get(f"{_ITS}version") is None:
        yield Fault("its-invalid", local(root), root.sourceline, "its:dir without its:version")


def missing(parent: etree._Element, ns: str, *names: str) -> Iterator[Fault]:
    """Elements that the format requires and that are not there, or empty."""
    for name in names:
        element = parent.find(f"{ns}{name}")
        if element is None or not words(element).strip():
            how = "is empty" if element is not None else "is not there"
            line = element.sourceline if element is not None else parent.sourceline
            yield Fault("missing-element", local(parent), line, f"<{name}> {how}")


def repeated(parent: etree._Element, ns: str, *names: str) -> Iterator[Fault]:
    for name in names:
        found = parent.findall(f"{ns}{name}")
        if len(found) > 1:
            yield Fault(
                "repeated-element", local(parent), found[1].sourceline, f"<{name}> stands {len(found)} times"
            )
