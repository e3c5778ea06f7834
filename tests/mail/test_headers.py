import base64
import email.policy
import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.mail.headers import address_field, base64_lines, one_line, raw_field, text_field

ALPHABET = (
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويىئءؤ" + "ًٌٍَُِّْ" + "پچژگکیە" + "אבגדהוזחטיכלמנסעפצקרשת" + "ְֱֲ"
    "abcdefgXYZ"
    + "0123456789٠١٢٣"
    + " \u200c\u200d\u200f\u200e\u00a0"
    + "«»،؛؟…—–\"'()<>[],.;:@\\=?_-#"
    + "éà"
    + "😀👨👩👧🇵🇸✔️"
)
HEADLINES = [
    "ارتفاع أسعار النفط إلى 75.5$ للبرميل - Reuters (تقرير خاص) عن أوبك+ OPEC+",
    "الخَبَرُ العَاجِلُ: إِنَّ الحُكُومَةَ تُعْلِنُ عَنْ بَرْنَامَجٍ",
    "ا" * 150,
    "عائلة 👨‍👩‍👧‍👦 خبر 👨‍👩‍👧‍👦 🇵🇸🇵🇸",
    "ب" + "\u064b" * 90,
    "\u200fABC: خبر",
    "می‌خواهیم =?utf-8?B?2KfZhA==?= בדיקה",
    "=?utf-8?B?2KfZhA==?=",
    "Plain words of a headline that goes on for quite a while, so that its line has to be folded twice, or thrice",
    "x" * 200,
    "a  b",
]
# 4,000 samples (M2): texts of our alphabet, cleaned as a header cleans them.
SAMPLES = settings(max_examples=1000, deadline=None)
texts = st.text(ALPHABET, min_size=1, max_size=160).map(one_line).filter(bool)
anything = st.text(max_size=120).map(one_line).filter(bool)


def parsed(field: bytes) -> tuple[EmailMessage, str]:
    """The field as Python's new and old parsers read it."""
    raw = field + b"\r\nx"
    new = BytesParser(policy=email.policy.default).parsebytes(raw)
    old = BytesParser(policy=email.policy.compat32).parsebytes(raw)
    (value,) = old.values()
    return new, str(make_header(decode_header(re.sub(r"\r\n(?=[ \t])", "", value))))


def assert_lines(field: bytes, longest: int = 78) -> None:
    assert field.endswith(b"\r\n") and field.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", field)
    lines = field.removesuffix(b"\r\n").split(b"\r\n")
    assert [] == [line for line in lines if len(line) > longest or not line.strip()]
    assert [] == [line for line in lines[1:] if not line.startswith(b" ")]


def assert_subject(text: str) -> None:
    field = text_field("Subject", text)
    new, old = parsed(field)

    assert_lines(field)
    assert text == str(new["Subject"])
    assert text == old
    words = re.findall(rb"=\?utf-8\?B\?([^?]*)\?=", field) if "=?" not in text or not text.isascii() else []
    for word in words:
        assert len(word) + 12 <= 75
        base64.b64decode(word, validate=True).decode()  # each word is whole characters


@pytest.mark.parametrize("text", HEADLINES)
def test_a_headline_comes_back_as_it_was(text: str) -> None:  # M2
    assert_subject(text)


@SAMPLES
@given(texts)
def test_any_subject_comes_back_as_it_was(text: str) -> None:  # M2
    assert_subject(text)


@SAMPLES
@given(anything)
def test_any_unicode_subject_comes_back_as_it_was(text: str) -> None:  # M2
    assert_subject(text)


def assert_name(name: str) -> None:
    text = re.sub(r"\s{2,}", " ", name)  # what every reader of a phrase does
    field = address_field("From", name, "news@example.org")
    new, old = parsed(field)
    (mailbox,) = new["From"].addresses

    assert_lines(field)
    assert "news@example.org" == mailbox.addr_spec
    assert [] == [part for part in re.findall(rb'"(?:[^"\\]|\\.)*"|<[^>]*>', field) if b"=?" in part]
    if b"=?" in field:
        assert f"{text} <news@example.org>" == old
    if (
        field.count(b"=?") > 1
    ):  # policy.default keeps the blank between two words of a phrase, against RFC 2047, 6.2
        assert re.sub(r"\s", "", text) == re.sub(r"\s", "", mailbox.display_name)
    else:
        assert text == mailbox.display_name


@SAMPLES
@given(texts)
def test_any_name_comes_back_as_it_was(text: str) -> None:  # M2
    assert_name(text)


@SAMPLES
@given(anything)
def test_any_unicode_name_comes_back_as_it_was(text: str) -> None:  # M2
    assert_name(text)


@pytest.mark.parametrize(
    "name, written",
    [
        ("", b"From: <a@example.org>\r\n"),
        ("The Daily", b"From: The Daily <a@example.org>\r\n"),
        ("Daily, The", b'From: "Daily, The" <a@example.org>\r\n'),
        ('The "Daily"', b'From: "The \\"Daily\\"" <a@example.org>\r\n'),
        ("ناشر", b"From: =?utf-8?B?2YbYp9i02LE=?= <a@example.org>\r\n"),
    ],
)
def test_a_display_name_is_written_as(name: str, written: bytes) -> None:
    assert written == address_field("From", name, "a@example.org")


@pytest.mark.parametrize("text", HEADLINES)
def test_words_are_cut_between_clusters(text: str) -> None:  # M2
    words = re.findall(rb"=\?utf-8\?B\?([^?]*)\?=", text_field("Subject", text))
    cuts, at = [], 0
    for word in words[:-1]:
        at += len(base64.b64decode(word).decode())
        cuts.append(at)
    ends, at = set(), 0
    for cluster in regex.findall(r"\X", text):
        at += len(cluster)
        ends.add(at)

    assert [] == [cut for cut in cuts if cut not in ends and text != "ب" + "\u064b" * 90]


@pytest.mark.parametrize(
    "evil", ["\r\nBcc: x@example.net", "\n\nbody", "\rX: y", "\x00", "\x85", "\u2028", "\ud800", "\x9b\x1b"]
)
def test_nothing_breaks_out_of_a_header(evil: str) -> None:  # M4
    for field in (text_field("Subject", f"خبر{evil}عاجل"), text_field("Subject", f"a{evil}b")):
        assert_lines(field)
        assert ["Subject"] == parsed(field)[0].keys()
    named = address_field("From", f"ناشر{evil}", "a@example.org")

    assert_lines(named)
    assert ["From"] == parsed(named)[0].keys()
    with pytest.raises(ValueError):
        address_field("To", "", f"a@example.org{evil}")
    with pytest.raises(ValueError):
        raw_field("List-Unsubscribe", f"<https://example.org/{evil}>")


def test_a_long_list_unsubscribe_is_folded_between_its_uris_only() -> None:  # M3
    url, mail = f"<https://example.org/u/{'t' * 90}>", "<mailto:owner@example.org?subject=unsubscribe>"

    assert f"List-Unsubscribe: {url},\r\n {mail}\r\n".encode() == raw_field(
        "List-Unsubscribe", f"{url}, {mail}"
    )


@pytest.mark.parametrize("value", ["", "خبر", "a\tb", "x" * 1000, "=?utf-8?B?eA==?="])
def test_a_structured_field_refuses(value: str) -> None:  # M3
    with pytest.raises(ValueError):
        raw_field("Feedback-ID", value)


@pytest.mark.parametrize("name", ["", "Sub ject", "Sub:ject", "X\r\nY", "عنوان"])
def test_a_field_needs_a_name(name: str) -> None:
    for write in (text_field, raw_field):
        with pytest.raises(ValueError):
            write(name, "x")


@given(st.binary(max_size=500))
def test_base64_comes_back_in_lines_of_76(data: bytes) -> None:  # M1
    lines = base64_lines(data).split(b"\r\n")

    assert data == base64.b64decode(b"".join(lines), validate=True)
    assert max(map(len, lines)) <= 76
