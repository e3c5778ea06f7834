import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.article import Warn
from publisher.text.clean import Undecodable, decode, one_line, paragraphs, tidy

ARABIC = "وزير الخارجية يتوقع اتفاقا قريبا\nقال وزير الخارجية إن المباحثات تتناول الشق الأمني.\n"
HEBREW = "שלום עולם\nזהו גוף הכתבה השלם, ובו כמה מילים שנגמרות באותיות סופיות: ארץ, דרך, כסף, שמן.\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_decoded_is(codec: str) -> None:
    assert decode(ARABIC.encode(codec)) == (ARABIC, [])


def test_big_endian_utf_16_with_its_mark_is_decoded() -> None:
    assert decode(b"\xfe\xff" + ARABIC.encode("utf-16-be")) == (ARABIC, [])


@pytest.mark.parametrize(("text", "codec"), [(ARABIC, "windows-1256"), (HEBREW, "windows-1255")])
def test_a_windows_page_is_decoded_with_a_warning(text: str, codec: str) -> None:
    assert (text, [Warn(f"read as {codec}; save the file as UTF-8")]) == decode(text.encode(codec))


def test_a_comma_behind_a_word_is_no_utf_8() -> None:
    text = ARABIC + "في العراق، وفي الشرق؛ وهل سبق؟ قال «نعم، صدق».\n"

    assert text == decode(text.encode("windows-1256"))[0]


@pytest.mark.parametrize(
    ("data", "line", "offset"),
    [
        (ARABIC.encode()[:9] + b"\xff" + ARABIC.encode()[9:], 1, 9),  # a wrong byte is no windows-1256
        (ARABIC.encode() + b"\r\nx\r\xe9", 5, len(ARABIC.encode()) + 4),
        (b"\xef\xbb\xbfab\ncd\xff", 2, 8),
        (ARABIC.encode().rstrip()[:-2], 2, len(ARABIC.encode().rstrip()) - 3),  # cut in a letter
        (ARABIC.encode("iso8859-6"), 1, 0),
        (HEBREW.encode("windows-1255")[::-1], 2, 2),  # visual order
        ("Café, été, là-bas, façon, forêt, où, noël".encode("latin-1"), 1, 3),
        (b"ab\n\0", 2, 3),
        ("ab\n\0".encode("utf-16"), 2, 8),
        (b"\xff\xfea\0\n\0\x00\xd8a\0", 2, 6),
        (ARABIC.encode("utf-32"), 1, 0),
        (b"\xc0\xbc", 1, 0),
        (b"\xed\xa0\x80", 1, 0),
    ],
)
def test_refused_with_its_place_is(data: bytes, line: int, offset: int) -> None:
    with pytest.raises(Undecodable) as caught:
        decode(data)

    assert (line, offset) == (caught.value.line, caught.value.offset)
    assert "UTF-8" in caught.value.mend


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        text, _ = decode(data)
    except Undecodable as error:
        assert 0 <= error.offset < len(data)
    else:
        assert "\0" not in text


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf", "a\n\nb\n\nc\n\nd\n\ne\n\nf"),
        (
            "می‌خواهیم 👨\u200d👩 كِتَابٌ ـــ ﷺ \u200f\u200e\u061c\u00a0x²\t",
            "می‌خواهیم 👨\u200d👩 كِتَابٌ ـــ ﷺ \u200f\u200e\u061c\u00a0x²\t",
        ),
        ("e\u0301", "e\u0301"),
        ("\u202bأ \u202aabc\u202c\u202c", "\u2067أ \u2066abc\u2069\u2069"),
        ("\u2067أ\u2069", "\u2067أ\u2069"),
    ],
)
def test_tidied_without_a_warning_is(text: str, tidied: str) -> None:
    assert (tidied, []) == tidy(text)


@pytest.mark.parametrize(
    ("text", "tidied", "line"),
    [
        ("a\r\n\x01b\x02", "a\nb", 2),
        ("\ufeffx\ufffd\ufffe\uffff\ufdd0\ud800\x9f\x7f\U0001ffff", "x", 1),
        ("a\n\n\u202egpj.exe\u202c b", "a\n\ngpj.exe b", 3),
        ("\u202aa\nb\u202c", "a\nb", 1),  # a line is a paragraph
        ("a\u2069\u202c", "a", 1),
        ("\u2067a\u202bb\u2069c\u202c", "\u2067ab\u2069c", 1),
        ("\u202ba\u2067b\u202cc\u2069", "a\u2067bc\u2069", 1),
    ],
)
def test_tidied_with_one_warning_is(text: str, tidied: str, line: int) -> None:
    found, warnings = tidy(text)

    assert tidied == found
    assert [line] == [warning.line for warning in warnings]


@settings(deadline=None)
@given(
    st.text(
        st.characters()
        | st.sampled_from("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\r\n\ufdd0\ud800")
    )
)
def test_what_was_tidied_stays_so(text: str) -> None:
    once = tidy(text)[0]

    assert (once, []) == tidy(once)
    once.encode()
    assert not any(unicodedata.category(char) == "Cc" and char not in "\t\n" for char in once)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  a \t b\n\nc\u2028d\x0be ", "a b c d e"),
        ("\u200fخبر عاجل\u200e", "خبر عاجل"),
        ("\u2067خبر\u2069", "خبر"),
        ("\u202b \u2067\u200fخبر \u2069\u202c", "خبر"),
        ("\u2066C++\u2069 و \u2066C#\u2069", "\u2066C++\u2069 و \u2066C#\u2069"),
        ("a\u00a0 b", "a\u00a0 b"),
        ("خانه‌ی ﷺ", "خانه‌ی ﷺ"),
        ("\u200f \u2067\u2069", ""),
    ],
)
def test_one_line_of(text: str, line: str) -> None:
    assert line == one_line(text)


@settings(deadline=None)
@given(st.text())
def test_one_line_is_one_line_and_stays_so(text: str) -> None:
    line = one_line(text)

    assert line == line.strip() == one_line(line)
    assert [line] == (line.splitlines() or [""]) or any(char in line for char in "\x1c\x1d\x1e")


def test_paragraphs_are_parted_by_empty_lines() -> None:
    text = "\u200f أول  سطر\nوتتمته\n \n\nSecond.\x07\n\n\u200f\n"

    assert ["أول سطر وتتمته", "Second."] == paragraphs(text)
