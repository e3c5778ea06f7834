"""Bytes to a parsed document, and what is wrong with them on the way. A feed that readers put up with is mended as they
do it, so that one fault does not hide the others."""

import json
import re
from html import unescape
from typing import Any

from lxml import etree

from publisher.feeds import repair
from publisher.feeds.lint.remarks import Remark
from publisher.text import clean
from publisher.text.quote import quoted

LARGE = 1_000_000  # bytes: more is a warning (F3)
LIMIT = 10_000_000  # bytes: more is not read
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DECLARATION = re.compile(r"\s*<\?xml\s[^>]{0,200}?\?>")
_ENCODING = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")
_BEFORE = re.compile(rb"[^<]{0,2000}?(?=<\?xml\s)|\s+(?=<)")
_PAGE = re.compile(rb"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"<link\s([^>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w-]{1,40})\s{0,9}=\s{0,9}(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
_FEEDS = frozenset(["application/rss+xml", "application/atom+xml", "application/feed+json"])
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>]{0,200}")
_HALF = re.compile("[\ud800-\udfff]")
_MARKUP = re.compile(rb"<[^>]*+>")
_LANGUAGE = re.compile(
    rb"(?:<(?:dc:)?language>\s*|xml:lang=[\"'])(ar|fa|ur|ps|ug|ku|ckb|he|iw|yi)(?![a-z])", re.IGNORECASE
)
_ASCII = re.compile(rb"[\x00-\x7f]")
_GZIP = b"\x1f\x8b"
# Python's own codecs, of which no reader knows any
_NO_CHARSETS = frozenset(
    [
        "idna",
        "mbcs",
        "oem",
        "palmos",
        "punycode",
        "raw-unicode-escape",
        "undefined",
        "unicode-escape",
        "utf-7",
    ]
)
_PARTS = etree.ErrorTypes
_KINDS: dict[int, str] = {
    _PARTS.ERR_UNDECLARED_ENTITY: "undefined-entity",
    _PARTS.WAR_UNDECLARED_ENTITY: "undefined-entity",
    _PARTS.ERR_NAME_REQUIRED: "bare-ampersand",
    _PARTS.ERR_ENTITYREF_SEMICOL_MISSING: "bare-ampersand",
    _PARTS.ERR_INVALID_CHAR: "bad-characters",
    _PARTS.ERR_INVALID_CHARREF: "bad-characters",
}
_UNCLOSED: dict[int, tuple[bytes, bytes]] = {
    _PARTS.ERR_CDATA_NOT_FINISHED: (b"<![CDATA[", b"]]>"),
    _PARTS.ERR_COMMENT_NOT_FINISHED: (b"<!--", b"-->"),
}

Root = etree._Element | dict[str, Any]


def opened(data: bytes) -> tuple[Root | None, str, list[Remark]]:
    """The root of the XML document or the JSON object in *data*, its text for finding lines in (JSON), and remarks;
    no root where none could be read. Never raises; time is linear in the length."""
    if len(data) > LIMIT:
        return None, "", [Remark("far-too-large", "document", 1, f"{len(data):,} bytes")]
    remarks = [Remark("too-large", "document", 1, f"{len(data):,} bytes")] if len(data) > LARGE else []
    if data.startswith(_BOM):
        remarks.append(Remark("byte-order-mark", "document", 1, "begins with U+FEFF"))
        data = data[3:]
    if data.startswith(_GZIP):
        mend = "unpack it first; a server that sends it packed says Content-Encoding: gzip"
        return None, "", [Remark("not-a-feed", "document", 1, "is packed with gzip", mend)]
    bare = data.lstrip()
    if not bare:
        return None, "", [Remark("not-a-feed", "document", 1, "is empty")]
    if bare[:1] in (b"{", b"["):
        root, text = _json(data, remarks)
        return root, text, remarks
    if _PAGE.match(data[:4000]):
        return None, "", [Remark("not-a-feed", "document", 1, "is a web page", _named(data))]
    return _xml(data, remarks), "", remarks


def _named(page: bytes) -> str:
    """The mend for a web page that names its feeds; "" for one that does not."""
    head = page[:LARGE].decode("utf-8", "replace")
    feeds = []
    for tag in _LINK.findall(head):
        said = {name.lower(): unescape(value.strip("\"'")) for name, value in _ATTRIBUTE.findall(tag)}
        if "alternate" in said.get("rel", "").lower().split() and said.get("type", "").lower() in _FEEDS:
            feeds.append(quoted(said.get("href", "").strip()))
    return f"the page names its feed: lint {' or '.join(dict.fromkeys(feeds[:3]))}" if feeds else ""


def _json(data: bytes, remarks: list[Remark]) -> tuple[Root | None, str]:
    text = _decoded(data, "utf-8", remarks)
    repeated: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = {_whole(name): _whole(value) for name, value in found}
        if len(made) < len(found):
            names = [name for name, _ in found]
            repeated.extend(name for name in made if names.count(name) > 1) if len(names) < 200 else None
        return made

    try:
        document = json.loads(text, object_pairs_hook=pairs, strict=False)
    except json.JSONDecodeError as error:
        remarks.append(Remark("not-well-formed", "document", error.lineno, error.msg, column=error.colno))
        return None, text
    except RecursionError:
        remarks.append(Remark("not-well-formed", "document", None, "brackets stand in brackets too deep"))
        return None, text
    except ValueError as error:  # numbers of thousands of digits
        remarks.append(Remark("not-well-formed", "document", None, quoted(str(error))))
        return None, text
    for name in repeated[:1]:
        remarks.append(
            Remark("repeated-element", "document", None, f"{quoted(name)} stands twice in one object")
        )
    if not isinstance(document, dict) or not ({"version", "items"} & document.keys()):
        remarks.append(Remark("not-a-feed", "document", 1, "is JSON, and no JSON Feed"))
        return None, text
    return document, text


def _whole(value: Any) -> Any:
    """*value* with U+FFFD, as readers show it, for each half of a surrogate pair: `\\ud800` is JSON and no text."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    return [_whole(each) for each in value] if isinstance(value, list) else value


def _decoded(data: bytes, encoding: str, remarks: list[Remark]) -> str:
    """*data* as text. Where it is not in *encoding*: as the encoding it looks like, else without what is broken."""
    try:
        if encoding.replace("_", "-") in _NO_CHARSETS:
            raise LookupError
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        found = f"byte 0x{data[error.start]:02X} is not {encoding.upper()}"
    except LookupError:
        line, column, found = 1, 1, f"no reader knows the encoding {quoted(encoding)}"
    was = _windows(data)
    text = data.decode(was or "utf-8", "ignore")
    found += f": it was read as {was}" if was else ""
    remarks.append(Remark("wrong-bytes", "document", line, found, column=column))
    return text


def _windows(data: bytes) -> str:
    """The code page that *data*, which is no UTF-8, looks like: by the letters of its texts (those of the markup are
    Latin), and where they are few by its language; "" for another, and for UTF-8 with a fault."""
    try:
        _, warnings = clean.decode(_MARKUP.sub(b" ", data))
        return warnings[0].what.partition(";")[0].rpartition(" ")[2] if warnings else ""
    except clean.Undecodable:
        said = _LANGUAGE.search(data)
        if said is None or b"\0" in data or len(data.decode("utf-8", "ignore")) > len(_ASCII.findall(data)):
            return ""
        return "windows-1255" if said[1].lower() in {b"he", b"iw", b"yi"} else "windows-1256"


def _xml(data: bytes, remarks: list[Remark]) -> Root | None:
    before = _BEFORE.match(data)
    if before and before[0]:
        rest = data[before.end() :]
        if rest.startswith(b"<?xml"):
            shown = quoted(before[0].decode("utf-8", "replace"))
            remarks.append(Remark("text-before-xml", "document", 1, f"{shown} stands before <?xml"))
        data = b"\n" * before[0].count(b"\n") + rest if not rest.startswith(b"<?xml") else rest
    if found := _DOCTYPE.search(data[:10_000]):
        line = data.count(b"\n", 0, found.start()) + 1
        remarks.append(Remark("doctype", "document", line, quoted(found[0].decode("utf-8", "replace"))))
    said = _ENCODING.match(data)
    encoding = said[1].decode().lower() if said else "utf-8"
    utf16 = data.startswith(_UTF16)
    if utf16 or encoding not in ("utf-8", "utf8"):
        name = "UTF-16" if utf16 else encoding
        remarks.append(Remark("not-utf8", "document", 1, f"is in {name}"))
    if not utf16:
        known = len(remarks)
        text = _decoded(data, "utf-8" if encoding == "utf8" else encoding, remarks)
        if len(remarks) > known or encoding not in ("utf-8", "utf8"):
            first = _DECLARATION.match(text)
            data = text[first.end() if first else 0 :].encode("utf-8", "replace")
    return _parsed(data, remarks)


def _parsed(data: bytes, remarks: list[Remark]) -> Root | None:
    """The tree. Where XML's rules are broken in the ways that readers put up with: a remark, and the tree of what they
    make of it (`repair`)."""
    try:
        return _root(data)
    except etree.XMLSyntaxError as error:
        line, column = _place(data, error)
        message = _said(error)
        rule = _KINDS.get(int(error.code or 0), "not-well-formed")
        if rule == "bare-ampersand" and "xmlParseEntityRef" not in message and "EntityRef" not in message:
            rule = "not-well-formed"
    except ValueError as error:
        line, column, message, rule = 1, 0, str(error), "not-well-formed"
    remarks.append(Remark(rule, "document", line, message, column=column or None))
    mended = repair.xml(data)
    if mended == data:
        return None
    try:
        return _root(mended)
    except etree.XMLSyntaxError as error:
        if rule != "not-well-formed":
            line, column = _place(mended, error)
            remarks.append(Remark("not-well-formed", "document", line, _said(error), column=column or None))
    return None


def _said(error: etree.XMLSyntaxError) -> str:
    """What libxml2 says, less the lines of the document that it adds to some of its messages."""
    return (error.msg or "cannot be read").partition(", line ")[0].partition("\n")[0].strip()


def _place(data: bytes, error: etree.XMLSyntaxError) -> tuple[int, int]:
    """Line and column. libxml2 says the end of the document for what was never closed; here it is where that opens."""
    if signs := _UNCLOSED.get(int(error.code or 0)):
        opens, closes = signs
        start = data.find(opens, data.rfind(closes) + 1)
        if start >= 0:
            return data.count(b"\n", 0, start) + 1, start - data.rfind(b"\n", 0, start)
    line, column = error.position
    return line, column


def _root(data: bytes) -> etree._Element:
    root: etree._Element = etree.fromstring(data, _parser())
    return root


def _parser() -> etree.XMLParser[Any]:
    """Entities that the document declares itself are read, within libxml2's limits; no file, no URL; nothing deeper
    than 256 elements."""
    return etree.XMLParser(resolve_entities="internal", no_network=True, load_dtd=False, remove_comments=True)
