"""Atom 1.0 (RFC 4287)."""

import re
from collections.abc import Iterator

from lxml import etree

from publisher.feeds.lint.document import Document, Entry, Fault, Person, Text
from publisher.feeds.lint.xml import (
    ATOM,
    LANG,
    archived,
    atom_links,
    base,
    completed,
    direction,
    directions,
    identity,
    local,
    missing,
    repeated,
    stamps,
    stylesheets,
    words,
)  # fmt: skip

_XHTML = "{http://www.w3.org/1999/xhtml}"
_MEDIA = re.compile(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9][\w.+-]*(?:\s*;.*)?", re.ASCII)
_TYPES = (None, "text", "html", "xhtml")


def read(root: etree._Element) -> Document:
    """The feed of *root*, <feed>."""
    ns = str(root.tag).removesuffix("feed")
    author = root.find(f"{ns}author")
    entries = root.findall(f"{ns}entry")
    alone = [each for each in entries if author is None and not _has_author(each, ns)]
    faults = list(directions(root))  # before XHTML loses its namespace
    if ns == ATOM:
        faults += [
            *missing(root, ns, "title", "id", "updated"),
            *repeated(root, ns, "title", "id", "updated"),
        ]
    else:
        faults.append(
            Fault("old-format", "feed", root.sourceline, f"the namespace is {ns.strip('{}') or 'none'}")
        )
    if author is None and (alone or not entries):
        faults.append(Fault("no-author", "feed", alone[0].sourceline if alone else root.sourceline))
    return Document(
        "atom",
        root.sourceline,
        language=root.get(LANG, ""),
        language_line=root.sourceline,
        direction=direction(root),
        texts=tuple(
            _text(each) for name in ("title", "subtitle") for each in root.findall(f"{ns}{name}")[:1]
        ),
        id=identity(root.find(f"{ns}id")),
        dates=stamps(root, {f"{ns}updated": "rfc3339"}),
        links=tuple(atom_links(root, ns)),
        authors=tuple(_people(root, ns)),
        entries=tuple(_entry(each, ns, number) for number, each in enumerate(entries, 1)),
        generator=words(root.find(f"{ns}generator")).strip(),
        icon=root.find(f"{ns}icon") is not None or root.find(f"{ns}logo") is not None,
        stylesheets=stylesheets(root),
        archive=archived(root),
        complete=completed(root),
        faults=tuple(faults),
    )


def _has_author(entry: etree._Element, ns: str) -> bool:
    return entry.find(f"{ns}author") is not None or entry.find(f"{ns}source/{ns}author") is not None


def _entry(entry: etree._Element, ns: str, number: int) -> Entry:
    faults = tuple(_faults(entry, ns, entry.find(f"{ns}content")))  # before XHTML loses its namespace
    found = {name: entry.find(f"{ns}{name}") for name in ("title", "summary", "content")}
    texts = {name: _text(each) for name, each in found.items() if each is not None}
    content = found["content"]
    elsewhere = content is not None and (content.get("src") or _MEDIA.fullmatch(content.get("type", "")))
    if elsewhere:  # a file, or base64: nothing to read
        texts.pop("content")
    links = tuple(atom_links(entry, ns))
    own = [each for each in (content, found["title"]) if each is not None and each.get(LANG)]
    return Entry(
        number,
        entry.sourceline,
        language=entry.get(LANG, "") or (own[0].get(LANG, "") if own else ""),
        direction=direction(entry),
        title=texts.get("title"),
        summary=texts.get("summary"),
        content=texts.get("content"),
        elsewhere=bool(elsewhere),
        id=identity(entry.find(f"{ns}id")),
        dates=stamps(entry, {f"{ns}published": "rfc3339", f"{ns}updated": "rfc3339"}),
        links=tuple(each for each in links if each.rel != "enclosure"),
        enclosures=tuple(each for each in links if each.rel == "enclosure"),
        authors=tuple(_people(entry, ns)),
        faults=faults,
    )


def _faults(entry: etree._Element, ns: str, content: etree._Element | None) -> Iterator[Fault]:
    if ns == ATOM:
        yield from missing(entry, ns, "title", "updated")
        yield from repeated(entry, ns, "title", "id", "updated", "published", "content", "summary")
    for name in ("title", "summary", "content"):
        for each in entry.findall(f"{ns}{name}")[:1]:
            if ns != ATOM or (name == "content" and _MEDIA.fullmatch(each.get("type", ""))):
                continue
            if each.get("type") not in _TYPES:
                yield Fault("content-type", name, each.sourceline, f'type="{each.get("type")}"')
            elif each.get("type") == "xhtml" and (len(each) != 1 or each[0].tag != f"{_XHTML}div"):
                yield Fault("content-type", name, each.sourceline, 'type="xhtml" without its <div> of XHTML')
            elif each.get("type") != "xhtml" and len(each):
                yield Fault(
                    "content-type", name, each[0].sourceline, f"<{local(each[0])}> stands in it unescaped"
                )


def _people(parent: etree._Element, ns: str) -> Iterator[Person]:
    for each in parent.findall(f"{ns}author"):
        name = each.find(f"{ns}name")
        yield Person("author", words(name).strip(), each.sourceline, "name")


def _text(element: etree._Element) -> Text:
    """A text construct; XHTML as the HTML it is."""
    kind = element.get("type")
    if kind == "xhtml" and len(element):
        value = "".join(etree.tostring(each, encoding="unicode", method="html", with_tail=False)
                        for each in _bare(element))  # fmt: skip
        return Text(local(element), value, element.sourceline, True, base(element), kind)
    return Text(
        local(element), words(element), element.sourceline, kind not in (None, "text"), base(element), kind
    )


def _bare(element: etree._Element) -> list[etree._Element]:
    """The children, without the namespace of XHTML; the <div> that RFC 4287 wants is no part of the content
    (3.1.1.3), but says direction and language like any other."""
    for each in element.iter(f"{_XHTML}*"):
        each.tag = local(each)
    return list(element)
