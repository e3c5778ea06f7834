import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import BadInput
from publisher.subscribers.addresses import Address, bare, parse

AROUND = [(mark, mark) for mark in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]


def test_spellings_of_one_address_are_one_reader():  # L6
    assert parse("Reader@Example.ORG").key == parse("reader@example.org").key
    assert parse(" Reader@Example.ORG ").text == "Reader@example.org"


@pytest.mark.parametrize("before, after", [*AROUND, ("\u200f \u202a", "\u202c \u200f")])
def test_direction_marks_round_an_address_are_no_part_of_it(before, after):  # L6
    assert "a@example.org" == parse(f"{before}a@example.org{after}").text


def test_a_domain_in_arabic_has_the_key_of_its_a_labels():  # L6
    assert parse("a@موقع.example").key == parse(f"a@{'موقع'.encode('idna').decode()}.example").key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no at sign",
        "a@b\nBcc: x@y.org",
        "a@b@c.org",
        "a\u202e@example.org",
        "a@exa\u200fmple.org",
        "a@exa mple.org",
        "a@-x.org",
    ],
)
def test_what_is_no_address_is_refused_in_one_line(text):  # L6
    with pytest.raises(BadInput) as refused:
        parse(text)

    assert "\n" not in str(refused.value)
    assert "name@example.org" in str(refused.value)


@given(st.text(alphabet="a \t\x1c\u2003\u200f\u202a\u2069"))
def test_what_stands_round_a_text_is_taken_off_whole(text):  # L6
    around = {" ", "\t", "\x1c", "\u2003", *(mark for mark, _ in AROUND)}
    inner = [place for place, char in enumerate(text) if char not in around]

    assert (text[inner[0] : inner[-1] + 1] if inner else "") == bare(text)


@given(st.text())
def test_any_text_is_an_address_or_refused(text):  # X14
    try:
        found = parse(text)
    except BadInput:
        return

    assert isinstance(found, Address)
    assert not set("\r\n\0 \t<>") & set(found.text)


@pytest.mark.parametrize("local", ["a" * 65, "ل" * 33])
def test_what_stands_before_the_at_has_64_bytes_at_the_most(local: str) -> None:  # L6
    with pytest.raises(BadInput, match=r"64 bytes|too long"):
        parse(f"{local}@example.org")

    assert f"{local[:32]}@example.org" == parse(f"{local[:32]}@example.org").text
