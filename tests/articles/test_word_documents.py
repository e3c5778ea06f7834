"""Word documents made here, part by part, and read back."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles import docx
from publisher.articles.parse import Rules, body, parse
from publisher.errors import Unreadable
from publisher.model.article import Leaf

RULES = Rules("ar", ZoneInfo("Asia/Baghdad"))
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/>'
    '<Default Extension="jpeg" ContentType="image/jpeg"/><Default Extension="emf" ContentType="image/x-emf"/></Types>'
)
STYLES = (
    f"<w:styles {W}>"
    '<w:style w:type="paragraph" w:styleId="a1"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="a2"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="a3"><w:name w:val="heading 2"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="k"><w:name w:val="K"/>'
    '<w:rPr><w:rFonts w:cs="Ali_K_Samik"/></w:rPr></w:style>'
    "</w:styles>"
)


def relations(*targets: str) -> str:
    lines = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{target.partition(".")[0].rpartition("/")[2]}" '
        f'Target="{target}"/>'
        for number, target in enumerate(targets)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{lines}</Relationships>'


def paragraph(*runs: str, style: str = "") -> str:
    texts = "".join(run if run.startswith("<") else f"<w:r><w:t>{run}</w:t></w:r>" for run in runs)
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/><w:bidi/></w:pPr>{texts}</w:p>'


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def word(
    *paragraphs: str,
    core: str = "",
    head: str = "",
    more: dict[str, bytes] | None = None,
    pictures: dict[str, bytes] | None = None,
) -> bytes:
    data = BytesIO()
    with ZipFile(data, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr(
            "_rels/.rels",
            relations("word/officeDocument.xml").replace("/officeDocument.xml", "/document.xml"),
        )
        archive.writestr("word/_rels/document.xml.rels", relations("styles.xml", *(pictures or {})))
        archive.writestr("word/styles.xml", STYLES)
        archive.writestr(
            "word/document.xml", f"{head}<w:document {W}><w:body>{''.join(paragraphs)}</w:body></w:document>"
        )
        archive.writestr(
            "docProps/core.xml",
            '<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            f'xmlns:dcterms="http://purl.org/dc/terms/">{core}</cp:coreProperties>',
        )
        for name, content in (more or {}).items():
            archive.writestr(name, content)
        for name, content in (pictures or {}).items():
            archive.writestr(f"word/{name}", content)
    return data.getvalue()


def shown(number: int, alt: str = "") -> str:
    """A picture in the text: the *number*-th of the document's, from 1."""
    draw = "http://schemas.openxmlformats.org/drawingml/2006"
    return (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{draw}/wordprocessingDrawing"><wp:docPr id="1" name="p" descr="{alt}"/>'
        f'<a:graphic xmlns:a="{draw}/main"><a:graphicData><pic:pic xmlns:pic="{draw}/picture"><pic:blipFill>'
        f'<a:blip xmlns:r="{OFFICE}" r:embed="r{number}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )


def leaf(data: bytes) -> Leaf:
    return Leaf("خبر.docx", data)


def markup(data: bytes) -> str:
    return "".join(block.html for block in body(leaf(data), RULES).blocks)


CORE = (
    "<dc:title>عنوان الخصائص</dc:title><dc:creator>زينب</dc:creator>"
    "<dcterms:created>2024-05-01T10:00:00Z</dcterms:created><dcterms:modified>2024-05-02T10:00:00Z</dcterms:modified>"
)
TEXT = paragraph("افتتحت البلدية المكتبة العامة في وسط المدينة أمس.")


def test_title_author_and_dates_are_read() -> None:  # A2
    found = parse(leaf(word(paragraph("عنوان الخبر", style="a1"), TEXT, core=CORE)), RULES)

    assert ("عنوان الخبر", ("زينب",), "ar", "rtl") == (
        found.title,
        found.authors,
        found.language,
        found.direction,
    )
    assert "2024-05-01T10:00:00+00:00" == str(found.published).replace(" ", "T")
    assert "2024-05-02T10:00:00+00:00" == str(found.updated).replace(" ", "T")


@pytest.mark.parametrize(
    "paragraphs, core, title",
    [
        ((TEXT, paragraph("عنوان", style="a1")), CORE, "عنوان"),
        ((paragraph("عنوان", style="a2"), TEXT), CORE, "عنوان"),
        ((TEXT, paragraph("قسم", style="a2")), CORE, "عنوان الخصائص"),
        ((paragraph("سطر أول"), TEXT), "<dc:title>Microsoft Word - a.doc</dc:title>", "سطر أول"),
    ],
)
def test_title_is_the_first_that_there_is(
    paragraphs: tuple[str, ...], core: str, title: str
) -> None:  # A2 A4
    assert title == parse(leaf(word(*paragraphs, core=core)), RULES).title


def test_structure_is_kept_and_looks_are_not() -> None:  # A2
    cell = f"<w:tc>{paragraph('خلية')}</w:tc>"
    data = word(
        paragraph("عنوان", style="a1"),
        paragraph("قسم", style="a3"),
        paragraph(
            run("نص ", '<w:sz w:val="20"/>'), run("واحد ", '<w:lang w:bidi="ar"/>'), run("غليظ", "<w:b/>")
        ),
        f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>",
    )

    table = "<table><tbody><tr><td><p>خلية</p></td></tr></tbody></table>"

    assert f"<h2>قسم</h2><p>نص واحد <strong>غليظ</strong></p>{table}" == markup(data)


@pytest.mark.parametrize(
    "typed", [paragraph(run("ثاش", '<w:rFonts w:ascii="Ali-K-Alwand"/>')), paragraph("ثاش", style="k")]
)
def test_legacy_kurdish_font_is_named_and_not_published(typed: str) -> None:  # A2
    with pytest.raises(Unreadable, match=r"legacy font Ali[-_]K"):
        parse(leaf(word(paragraph("عنوان", style="a1"), typed)), RULES)


def test_unicode_kurdish_in_a_legacy_font_is_published() -> None:  # A2
    assert "ڕۆژی نوێ" in markup(word(paragraph("عنوان", style="a1"), paragraph("ڕۆژی نوێ", style="k")))


def test_pictures_are_named_and_can_be_had() -> None:  # A2, A13
    pictures = {"media/image1.jpeg": b"one", "media/image2.emf": b"two"}
    data = word(TEXT, paragraph(shown(1, "النهر")), paragraph(shown(2)), pictures=pictures)

    found = parse(leaf(data), RULES)

    (reference,) = found.references
    assert ("embedded", "النهر") == (reference.use, reference.alt)
    assert f'<img alt="النهر" src="{reference.path}">' in markup(data)
    assert b"one" == docx.picture(data, reference.path)
    assert ["1 pictures in the document were left out"] == [
        each.what.partition(":")[0] for each in found.warnings
    ]
    other = word(TEXT, paragraph(shown(1, "النهر")), pictures={"media/image1.jpeg": b"another"})
    assert found.content_hash != parse(leaf(other), RULES).content_hash


@pytest.mark.parametrize("target", ["../../secret.jpeg", "media/gone.jpeg", "/etc/passwd"])
def test_a_picture_from_elsewhere_is_left_out(target: str) -> None:  # threat 5
    data = word(TEXT, paragraph(shown(1)))
    rels = relations("styles.xml", target)
    with ZipFile(BytesIO(data)) as old, ZipFile(out := BytesIO(), "w") as new:
        for name in old.namelist():
            new.writestr(name, rels if name == "word/_rels/document.xml.rels" else old.read(name))

    try:
        found = parse(leaf(out.getvalue()), RULES)
    except Unreadable:
        return
    assert () == found.references


def test_saving_again_changes_no_hash() -> None:  # A10
    again = CORE.replace("05-02", "05-09")

    assert (
        parse(leaf(word(TEXT, core=CORE)), RULES).content_hash
        == parse(leaf(word(TEXT, core=again)), RULES).content_hash
    )


@pytest.mark.parametrize(
    "data, part",
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "password"),
        (b"{\\rtf1 x}", "not a Word file"),
        (word(TEXT)[:400], "only a part"),
        (word(TEXT, head="<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>"), "XML entities"),
        (word(paragraph("س" * 9_000_000)), "unpacks to more"),
        (word(TEXT, more={"../../x": b"x"}), "no Word file does"),
        (word(TEXT, more={"/x": b"x"}), "no Word file does"),
        (word(TEXT, more={f"word/{n}.bin": b"" for n in range(2_001)}), "unpacks to more"),
        (word(*[paragraph(run("خبر", "<w:b/>"), "ثم")] * 9_000), "longer than an article"),
        (word(), "empty"),
        (word("<w:p>" * 400 + "</w:p>" * 400), "broken"),
    ],
)  # fmt: skip
def test_what_is_no_word_document_is_refused(data: bytes, part: str) -> None:  # A2 X14, threat 4
    with pytest.raises(Unreadable) as refused:
        parse(leaf(data), RULES)

    assert part in refused.value.what
    assert refused.value.mend


@given(st.data())
def test_broken_bytes_are_read_or_refused(data: st.DataObject) -> None:  # X14
    whole = bytearray(word(TEXT, core=CORE))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = parse(leaf(bytes(whole)), RULES)
    except Unreadable:
        return

    assert found.title
