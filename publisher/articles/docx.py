"""Word documents (A2): the words, structure and properties of a .docx, taken from an archive that is not trusted."""

import posixpath
import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lxml import etree

from publisher.articles.fields import visible
from publisher.articles.kurdish import refuse_legacy_fonts
from publisher.articles.ooxml import each, named, value
from publisher.articles.yamlish import Mapping
from publisher.errors import Unreadable
from publisher.model.article import Warn
from publisher.model.media import PICTURES
from publisher.text import clean, html

_MEMBERS = 2_000
_LARGEST = 50_000_000  # bytes of all members, uncompressed
_RATIO = 200
_TAGS = 400_000  # before what is not published is taken out ...
_ELEMENTS = (
    40_000  # ... and the elements that are left: mammoth reads them in a second; a long article has a tenth
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .doc, and of every file with a password
_SAVE = "open it in Word or LibreOffice and save it as .docx"

# The properties of a run that change what is published; fonts, sizes, colours, languages and revisions do not.
_KEPT = frozenset(
    ["rStyle", "b", "i", "u", "strike", "caps", "smallCaps", "vertAlign", "highlight", "del", "ins"]
)
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh\n"

_BROKEN_ZIP = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
_BROKEN_WORD = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    ExpatError,
)
_PART = re.compile(r"(?:\[Content_Types\]|docProps/core|word/\w+)\.xml|(?:_rels/|word/_rels/\w+\.xml)\.rels")
_PROPERTIES = {"title": "title", "creator": "author", "created": "date", "modified": "updated"}
_PICTURE = re.compile(r"word/media/[\w.-]+\.(?:" + "|".join(PICTURES) + r")", re.IGNORECASE)
_FOLDER = "word/"  # pictures in a document are named as if they lay in such a folder beside it
_NO_TITLE = re.compile(r"(?:Microsoft Word - .*|.*\.docx?|(?:Document|مستند|سند|Doc)\s*\d*)\Z", re.IGNORECASE)
_NOT_SHOWN = "pictures in the document were left out: save drawings as PNG or JPEG and insert them again"
_PLACEHOLDER = "2013-12-23T23:15:00Z"  # of the template that python-docx makes documents from

_H1 = re.compile(r"<(/?)h1(?=[\s>])")
_FIRST = re.compile(r"<h1[\s>]")


class Document(NamedTuple):
    """A document: the fields its properties fill, and its words as HTML, not sanitised."""

    fields: Mapping
    html: str
    warnings: list[Warn]


def read(data: bytes) -> Document:
    """Headings, paragraphs, lists, tables, links, emphasis and footnotes of the .docx *data*. The Title style is the
    <h1>, else the heading it begins with; else the title property counts. Pictures are named only: `picture` has them.

    Raises Unreadable for what is no .docx, is encrypted or broken, unpacks to more than an article needs, holds
    XML entities, or is typed in a font that only looks like its language.
    """
    if data.startswith(_OLE):
        raise Unreadable("an old Word file (.doc), or one with a password", f"{_SAVE}, without a password")
    try:
        with ZipFile(BytesIO(data)) as archive:
            _check(archive.infolist(), len(data))
            read = {name: archive.read(name) for name in _wanted(archive)}
            pictures = {member.filename: _named(member) for member in _pictures(archive)}
    except _BROKEN_ZIP as error:
        raise Unreadable("not a Word file, or only a part of one", _SAVE) from error
    if sum(data.count(b"<") for data in read.values()) > _TAGS:
        raise _too_long()
    parts = {name: _xml(data) for name, data in read.items()}
    main = parts.get("word/document.xml")
    if main is None:
        raise Unreadable("not a Word document", _SAVE)
    refuse_legacy_fonts(main, parts.get("word/styles.xml"))
    for name, root in parts.items():
        if name.startswith("word/"):
            _lighten(root)
    if sum(1 for root in parts.values() for _ in root.iter()) > _ELEMENTS:
        raise _too_long()
    return _converted(parts, pictures)


def picture(data: bytes, path: str) -> bytes:
    """The picture that `read` named *path* in the document *data*. Raises Unreadable where it cannot be had."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            _check(archive.infolist(), len(data))
            for member in _pictures(archive):
                if _named(member) == path:
                    return archive.read(member)
    except _BROKEN_ZIP as error:
        raise Unreadable("the picture in the document is broken", _SAVE) from error
    raise Unreadable("the picture is no longer in the document", "nothing, if it was you")


def is_embedded(path: str) -> bool:
    """Whether *path*, as an article names it, is a picture inside its document."""
    return path.startswith(_FOLDER)


def _pictures(archive: ZipFile) -> Iterator[ZipInfo]:
    for member in archive.infolist():
        if _PICTURE.fullmatch(member.filename):
            yield member


def _named(member: ZipInfo) -> str:
    """A name that changes with the picture, so that one changed in Word is a changed article (A10)."""
    stem, dot = posixpath.splitext(posixpath.basename(member.filename))
    return f"{_FOLDER}{stem}-{member.CRC:08x}{dot.lower()}"


def _too_long() -> Unreadable:
    return Unreadable("the document is longer than an article can be", "split it into several articles")


def _check(members: list[ZipInfo], size: int) -> None:
    """Refuse archives made to harm: what they unpack to is known before anything is unpacked."""
    total = sum(member.file_size for member in members)
    if len(members) > _MEMBERS or total > _LARGEST or total > _RATIO * size:
        raise Unreadable("the document unpacks to more than any article needs", "remove what it embeds")
    for member in members:
        if member.flag_bits & 0x1:
            raise Unreadable("the document is encrypted", f"{_SAVE}, without a password")
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise Unreadable("the document is packed in a way Word does not know", _SAVE)
        if member.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", member.filename):
            raise Unreadable(
                f"the archive holds {clean.one_line(member.filename)[:60]!r}: no Word file does", _SAVE
            )


def _wanted(archive: ZipFile) -> Iterator[str]:
    """The parts that are read: never what is embedded."""
    for name in dict.fromkeys(archive.namelist()):
        if _PART.fullmatch(name):
            yield name


def _xml(data: bytes) -> etree._Element:
    """Parse without entities, files or network; lxml's own bounds on depth and length hold."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"the document is broken ({str(error)[:100]})", _SAVE) from error
    if root.getroottree().docinfo.doctype:
        raise Unreadable("the document declares XML entities: no Word file does", _SAVE)
    return root


def _lighten(root: etree._Element) -> None:
    """Take out what is not published, and join runs that differ in nothing else: Word writes five for a sentence."""
    for properties in each(root, "rPr"):
        for one in list(properties):
            if etree.QName(one).localname not in _KEPT:
                properties.remove(one)
    for name in ("proofErr", "lastRenderedPageBreak", "rsids", "latentStyles"):
        for element in each(root, name):
            if (parent := element.getparent()) is not None:
                parent.remove(element)
    for paragraph in each(root, "p"):
        _join(paragraph)


def _join(paragraph: etree._Element) -> None:
    last: tuple[etree._Element, bytes] | None = None
    for run in list(paragraph):
        texts = [child for child in run if not named(child, "rPr")] if named(run, "r") else []
        if len(texts) != 1 or not named(texts[0], "t"):
            last = None
            continue
        look = b"".join(
            etree.tostring(child, method="c14n") for child in run if named(child, "rPr") and len(child)
        )
        if last and last[1] == look:
            last[0].text = (last[0].text or "") + (texts[0].text or "")
            paragraph.remove(run)
        else:
            last = texts[0], look


def _converted(parts: dict[str, etree._Element], pictures: dict[str, str]) -> Document:
    from mammoth import convert_to_html
    from mammoth.images import img_element

    light = BytesIO()
    with ZipFile(light, "w") as archive:
        for name, root in parts.items():
            archive.writestr(name, etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
        for name, path in pictures.items():  # in place of a picture its name, for the converter to hand on
            archive.writestr(name, path)
    left_out: list[object] = []

    def shown(image: Any) -> list[object]:
        try:
            with image.open() as file:
                path = file.read().decode()
        except Exception:  # not among those that are published, linked from elsewhere, or missing
            left_out.append(image)
            return []
        return list(img_element(lambda _: {"src": path})(image))

    try:
        markup = convert_to_html(
            light,
            style_map=_STYLES,
            convert_image=shown,
            include_embedded_style_map=False,
            external_file_access=False,
        ).value
    except _BROKEN_WORD as error:  # the library trusts what Word writes
        raise Unreadable(f"the document is broken ({type(error).__name__})", _SAVE) from error
    fields = _properties(parts.get("docProps/core.xml"))
    if _FIRST.match(markup) or _has_title(parts):
        fields.pop("title", None)
    else:  # a heading further below is one of a section
        markup = _H1.sub(r"<\1h2", markup)
    warnings = [Warn(f"{len(left_out)} {_NOT_SHOWN}")] if left_out else []
    return Document(fields, markup, warnings)


def _has_title(parts: dict[str, etree._Element]) -> bool:
    """Whether a paragraph with words has the style that every Word calls Title, whatever its id."""
    styles = parts.get("word/styles.xml")
    titles = {
        value(style, "styleId")
        for style in (each(styles, "style") if styles is not None else [])
        if any(value(name).lower() == "title" for name in each(style, "name"))
    }
    return any(
        any(value(style) in titles for style in each(paragraph, "pStyle"))
        and visible("".join(paragraph.itertext()))
        for paragraph in each(parts["word/document.xml"], "p")
    )


def _properties(core: etree._Element | None) -> Mapping:
    """Title, author and dates as Word keeps them ([ECMA-376] part 2, core properties)."""
    found: Mapping = {}
    for element in core if core is not None else ():
        field, words = _PROPERTIES.get(etree.QName(element).localname), clean.one_line(element.text or "")
        if field and words and words != _PLACEHOLDER and not (field == "title" and _NO_TITLE.match(words)):
            found[field] = words
    if found.get("author") == "python-docx":
        del found["author"]
    return found


def words(document: Document) -> str:
    """The words of the *document*, from which its language is told."""
    return html.plain(document.html)
