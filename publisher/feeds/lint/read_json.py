"""JSON Feed 1.0 and 1.1."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from publisher.feeds.lint.document import Document, Entry, Fault, Id, Link, Person, Stamp, Text
from publisher.text.quote import quoted

_STRINGS = (
    "version title home_page_url feed_url description user_comment next_url icon favicon language url external_url"
    " content_html content_text summary image banner_image date_published date_modified"
)
_TYPES: Mapping[str, type] = {
    **dict.fromkeys(_STRINGS.split(), str),
    **dict.fromkeys(("authors", "hubs", "items", "tags", "attachments"), list),
    "author": dict,
    "expired": bool,
}
_NAMES = {str: "string", list: "array", dict: "object", bool: "true or false"}
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]\n]', re.DOTALL)


def read(root: dict[str, Any], text: str) -> Document:
    """The feed of the object *root*; *text* is the document, for its lines."""
    items = root.get("items")
    items = items if isinstance(items, list) else []
    lines = chain(_lines(text), iter(lambda: None, 0))
    objects = [(each, next(lines)) for each in items if isinstance(each, dict)]
    hubs = [each for each in _list(root, "hubs") if isinstance(each, dict)]
    return Document(
        "json",
        1,
        language=_string(root, "language"),
        language_line=_line_of(text, "language"),
        direction=_direction(root),
        texts=tuple(_texts(root, _line_of(text, "title"), "title", "description")),
        links=(
            *_links(root, _line_of(text, "feed_url"), {"feed_url": "self"}),
            *_links(root, _line_of(text, "home_page_url"), {"home_page_url": "alternate"}),
            *_links(root, 1, {"next_url": "next", "icon": "icon", "favicon": "icon"}),
            *(Link("hubs", _string(each, "url"), _line_of(text, "hubs"), "hub") for each in hubs),
        ),
        authors=tuple(_people(root, 1)),
        entries=tuple(_item(each, number, line) for number, (each, line) in enumerate(objects, 1)),
        icon=bool(_string(root, "icon") or _string(root, "favicon")),
        stylesheets=(),
        faults=(
            *_required(root, 1, "version", "title", "items"),
            *_version(root),
            *_wrong(root, 1, "feed"),
            *_dir(root, 1),
            *_objects(items),
        ),
    )  # fmt: skip


def _item(item: dict[str, Any], number: int, line: int | None) -> Entry:
    texts = {
        each.name: each for each in _texts(item, line, "title", "summary", "content_html", "content_text")
    }
    identity = item.get("id")
    said = str(identity) if isinstance(identity, (str, int, float)) and not isinstance(identity, bool) else ""
    dates = [Stamp(name, _string(item, name), line, "rfc3339")
             for name in ("date_published", "date_modified") if isinstance(item.get(name), str)]  # fmt: skip
    return Entry(
        number,
        line,
        language=_string(item, "language"),
        direction=_direction(item),
        title=texts.get("title"),
        summary=texts.get("summary"),
        content=texts.get("content_html") or texts.get("content_text"),
        id=Id("id", said.strip(), line) if said.strip() else None,
        dates=tuple(dates),
        links=tuple(_links(item, line, {"url": "alternate", "external_url": "related", "image": "image",
                                        "banner_image": "image"})),
        enclosures=tuple(
            Link("attachments", _string(each, "url"), line, "enclosure", type=_string(each, "mime_type"),
                 length=str(each.get("size_in_bytes", "")))
            for each in _list(item, "attachments") if isinstance(each, dict)
        ),
        authors=tuple(_people(item, line)),
        faults=(*_wrong(item, line, "item"), *_dir(item, line), *_body(item, line)),
    )  # fmt: skip


def _body(item: dict[str, Any], line: int | None) -> Iterator[Fault]:
    if item.get("id") is not None and not isinstance(item["id"], str):
        yield Fault("wrong-type", "item", line, "id is no string")


def _version(root: dict[str, Any]) -> Iterator[Fault]:
    version = root.get("version")
    if (
        isinstance(version, str)
        and version.strip()
        and not re.match(r"https?://(?:www\.)?jsonfeed\.org/version/1", version)
    ):
        yield Fault("wrong-type", "feed", 1, f"version is {quoted(version)}")


def _objects(items: list[Any]) -> Iterator[Fault]:
    if not all(isinstance(each, dict) for each in items):
        yield Fault("wrong-type", "items", 1, "an item is no object")


def _required(found: dict[str, Any], line: int | None, *names: str) -> Iterator[Fault]:
    for name in names:
        if found.get(name) in (None, ""):
            yield Fault("missing-element", "feed", line, f"{name} is not there")


def _wrong(found: dict[str, Any], line: int | None, where: str) -> Iterator[Fault]:
    for name, value in found.items():
        wanted = _TYPES.get(name)
        if wanted and value is not None and not isinstance(value, wanted):
            yield Fault("wrong-type", where, line, f"{name} is no {_NAMES[wanted]}")


def _dir(found: dict[str, Any], line: int | None) -> Iterator[Fault]:
    for name in ("dir", "direction", "rtl"):
        if name in found:
            yield Fault("dir-attribute", "feed", line, f"{name}: {quoted(str(found[name]))}")
    extension = found.get("_rtl")
    said = extension.get("direction") if isinstance(extension, dict) else None
    if extension is not None and said not in ("ltr", "rtl"):
        yield Fault("its-invalid", "_rtl", line, f"direction: {quoted(str(said))}")


def _direction(found: dict[str, Any]) -> str:
    extension = found.get("_rtl")
    said = extension.get("direction") if isinstance(extension, dict) else ""
    return said if said in ("ltr", "rtl") else ""


def _string(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _list(found: dict[str, Any], name: str) -> list[Any]:
    value = found.get(name)
    return value if isinstance(value, list) else []


def _texts(found: dict[str, Any], line: int | None, *names: str) -> Iterator[Text]:
    for name in names:
        if _string(found, name):
            yield Text(name, _string(found, name), line, html=name == "content_html")


def _links(found: dict[str, Any], line: int | None, rels: dict[str, str]) -> Iterator[Link]:
    for name, rel in rels.items():
        if _string(found, name):
            yield Link(name, _string(found, name), line, rel)


def _people(found: dict[str, Any], line: int | None) -> Iterator[Person]:
    for each in [found.get("author"), *_list(found, "authors")]:
        if isinstance(each, dict):  # url or avatar alone is allowed (JSON Feed 1.1, "authors")
            yield Person("authors", " ".join(map(str, each.values())), line, "name")


def _line_of(text: str, name: str) -> int | None:
    """The line where *name* first stands as a key, in most documents that of the feed itself."""
    found = re.search(rf'"{name}"\s*+:', text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _lines(text: str) -> Iterator[int]:
    """The lines on which the objects in the array "items" of the outermost object begin."""
    depth, line, items, last = 0, 1, False, ""
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign == "\n":
            line += 1
        elif sign[0] == '"':
            if depth == 1:
                last = sign
            line += sign.count("\n")
        elif sign in "{[":
            if depth == 1:
                items = sign == "[" and last == '"items"'
            elif depth == 2 and items and sign == "{":
                yield line
            depth += 1
        else:
            depth -= 1
