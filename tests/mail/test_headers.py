import base64
import email.policy
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from itertools import islice
from random import Random

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.mail.headers import address_field, one_line, raw_field, text_field
from tests.patience import took

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
    "a =?b?= c",
]
FUZZED = 4000  # subjects, and as many names (M2)
texts = st.text(ALPHABET, min_size=1, max_size=160).map(one_line).filter(bool)
anything = st.text(max_size=120).map(one_line).filter(bool)
few = settings(max_examples=200, deadline=None)

# Letters of each script, marks that stand on them, and what stands between words.
SCRIPTS = {
    "arabic": ("ابتثجحخدذرزسشصضطظعغفقكلمنهويىئءؤةآأإ", "", 0.0),
    "tashkeel": (
        "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
        "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670",
        0.8,
    ),
    "persian": ("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی\u200c", "", 0.0),
    "hebrew": ("אבגדהוזחטיכךלמםנןסעפףצץקרשת", "\u05b0\u05b1\u05b4\u05b7\u05b8\u05bc\u05c1", 0.3),
    "latin": ("abcdefghijklmnopqrstuvwxyzABCXYZ'-", "", 0.0),
    "accents": ("éàçöüñßøœæ", "\u0301\u0308", 0.2),
    "numbers": ("0123456789٠١٢٣٤۴۵۶.,%$", "", 0.0),
    "signs": ('«»،؛؟…—–"()<>[]@\\=?_#:;&+|/~`^{}*!', "", 0.0),
}
EMOJI = ("👨‍👩‍👧‍👦", "🇵🇸", "👍🏽", "✔️", "😀", "🏳️‍🌈", "1️⃣", "👩🏽‍❤️‍💋‍👨🏿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿")
GAPS = (" ", " ", " ", " ", "  ", "\u00a0", " \u200f", "\u2067", "\u2069 ", " - ", ": ")


def fuzzed(seed: int) -> Iterator[str]:
    """Headlines and names of one to 24 words in any mixture of scripts, the same for the same *seed*."""
    chance = Random(seed)

    def word() -> str:
        if chance.random() < 0.05:
            return chance.choice(EMOJI) * chance.randint(1, 3)
        letters, marks, share = SCRIPTS[chance.choice(list(SCRIPTS))]
        return "".join(
            chance.choice(letters) + (chance.choice(marks) if chance.random() < share else "")
            for _ in range(chance.randint(1, 9))
        )

    while True:
        words = [word() + chance.choice(GAPS) for _ in range(chance.randint(1, 24))]
        if text := one_line("".join(words)):
            yield text


WORD = re.compile(r"=\?utf-8\?B\?([A-Za-z0-9+/]+={0,2})\?=")
ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\[ -~])*)"')


def strict(text: str) -> str:
    """What unfolded unstructured *text* says by RFC 2047, read without any mercy: no line too long, no word too long,
    nothing that looks like a word and is none, each word the whole characters of valid UTF-8."""
    said, after_word = "", False
    for gap, token in re.findall(r"(\s*)(\S+)", text):
        assert set(gap) <= {" "}
        word = WORD.fullmatch(token)
        assert word or "=?" not in token, token
        if word:
            assert len(token) <= 75
            said += ("" if after_word else gap) + base64.b64decode(word[1], validate=True).decode(
                "utf-8", "strict"
            )
        else:
            said += gap + token
        after_word = bool(word)
    return said


def strict_phrase(text: str) -> str:
    """What a phrase before an angle bracket says (RFC 5322, 3.2.5): atoms, encoded words, or one quoted string."""
    quoted = QUOTED.fullmatch(text)
    if quoted:
        assert "=?" not in text
        return re.sub(r"\\(.)", r"\1", quoted[1])
    for token in text.split(" "):
        assert WORD.fullmatch(token) or (ATOM.fullmatch(token) and "=?" not in token), token
    return strict(text)


def unfolded(name: str, field: bytes) -> str:
    """The value of a field; it must be *name*, in lines of at most 78 (RFC 5322, 2.2.3)."""
    assert_lines(field)
    assert field.startswith(f"{name}: ".encode())
    return field.decode("ascii").removesuffix("\r\n").replace("\r\n ", " ").removeprefix(f"{name}: ")


def torn(field: bytes, text: str) -> list[str]:
    """The clusters of *text* that a word ends inside of, but for those that fill a word on their own."""
    at, cuts = 0, set()
    for word in WORD.findall(field.decode("ascii"))[:-1]:
        at += len(base64.b64decode(word).decode())
        cuts.add(at)
    at, found = 0, []
    for cluster in regex.findall(r"\X", text) if cuts else []:
        inside = cuts & set(range(at + 1, at + len(cluster)))
        at += len(cluster)
        if inside and len(cluster.encode()) <= 42:
            found.append(cluster)
    return found


def plainly(field: bytes) -> str:
    """The value as the reader in Python that most programs use has it."""
    (value,) = BytesParser(policy=email.policy.compat32).parsebytes(field + b"\r\nx").values()
    return str(make_header(decode_header(re.sub(r"\r\n(?=[ \t])", "", value))))


def test_4000_subjects_come_back_as_they_were() -> None:  # M2 X14
    strange: list[str] = []
    for text in islice(fuzzed(5), FUZZED):
        field = text_field("Subject", text)
        if text != strict(unfolded("Subject", field)) or text != plainly(field) or torn(field, text):
            strange.append(text)

    assert [] == strange


def test_4000_names_come_back_as_they_were() -> None:  # M2 X14
    strange: list[str] = []
    for text in islice(fuzzed(6), FUZZED):
        name = re.sub(r"\s{2,}", " ", text)
        field = address_field("From", text, "news@example.org")
        value = unfolded("From", field)
        phrase = value.removesuffix(" <news@example.org>")
        said = f"{name} <news@example.org>"
        read = plainly(field) if "=?" in value else "{} <{}>".format(*parseaddr(value))
        if not (value != phrase and name == strict_phrase(phrase) and said == read) or torn(field, name):
            strange.append(text)

    assert [] == strange


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


@few
@given(texts)
def test_any_subject_comes_back_as_it_was(text: str) -> None:  # M2
    assert_subject(text)


@few
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


@few
@given(texts)
def test_any_name_comes_back_as_it_was(text: str) -> None:  # M2
    assert_name(text)


@few
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


@few
@given(anything | texts | st.text("🇵🇸🇮🇶\u200d\u0301ا👩👧🏽\u0600\u1100\u1161", max_size=90))
def test_words_are_cut_between_clusters(text: str) -> None:  # M2
    assert [] == torn(text_field("Subject", text), text)


@pytest.mark.parametrize("text", [*HEADLINES, *("ا" * number + "👩🏽‍❤️‍💋‍👨🏿" for number in range(30))])
def test_no_headline_is_torn(text: str) -> None:  # M2
    assert [] == torn(text_field("Subject", text), text)


@pytest.mark.parametrize("cluster", ["ب" + "\u064b" * 90, "e" + "\u0301" * 3000, "👨" + "\u200d👨" * 40])
def test_a_cluster_larger_than_a_word_is_cut_between_characters(cluster: str) -> None:  # M2
    assert cluster == strict(unfolded("Subject", text_field("Subject", cluster)))


@pytest.mark.parametrize(
    "pattern", ["ا", "\u0301", "a", " ", "a ", "=?", "\r\n", '"', "\u200d👨", "\u1100", "🇵", "\u0600", "🇵🇸"]
)
def test_time_grows_with_the_length_only(pattern: str) -> None:  # X14
    def seconds(length: int, enough: float = 0.0) -> float:
        text = (pattern * length)[:length]
        return took(
            lambda: (text_field("Subject", text), address_field("From", text, "a@example.org")), enough
        )

    enough = 0.02 + 12 * seconds(10_000)  # eight times the length

    assert seconds(80_000, enough) < enough


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
