import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.article import Direction
from publisher.text.direction import first_strong, lead, of_tag, of_text

RLM, LRI, RLI, FSI, PDI = "\u200f", "\u2066", "\u2067", "\u2068", "\u2069"
RIGHT = "ar ar-EG he iw yi fa ur ckb ug ps sd dv syr az-Arab az-IR pa-PK ku-Arab ur-Aran"
LEFT = "en az ku pa tr ug-Latn ar-Latn he_Latn ks-Deva und xx"


@pytest.mark.parametrize(
    "tag",
    [
        "ar",
        "ar-EG",
        "he",
        "iw",
        "yi",
        "fa",
        "ur",
        "ckb",
        "ug",
        "ps",
        "sd",
        "dv",
        "syr",
        "az-Arab",
        "az-IR",
        "pa-PK",
        "ku-Arab",
        "ur-Aran",
    ],
)
def test_right_to_left_are(tag: str) -> None:
    assert of_tag(tag) == "rtl"  # A7: script subtag, then language


@pytest.mark.parametrize("tag", LEFT.split())
def test_left_to_right_are(tag: str) -> None:
    assert of_tag(tag) == "ltr"


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("iPhone 17: أبل تكشف عن هاتفها", "rtl"),  # A7: never by the first strong character
        ("The word كتاب means book", "ltr"),
        ("2023 - 10%", "rtl"),
        ("", "rtl"),
        ("ab אב", "rtl"),
    ],
)
def test_most_letters_decide_in(text: str, direction: Direction) -> None:
    assert direction == of_text(text, "rtl")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("«CNN» تعلن", "L"),
        ("123, خبر", "AL"),
        ("... שלום", "R"),
        (RLM + "CNN", "R"),
        ("١٢٣ 45 !", None),
        (f"{LRI}CNN{PDI} خبر", "AL"),  # UAX #9, P2
        (f"{FSI}a{RLI}b{PDI}c{PDI} خبر", "AL"),
        (f"{PDI}a", "L"),
        (f"{LRI}a خبر", None),
        ("", None),
    ],
)
def test_the_first_strong_character_of(text: str, kind: str | None) -> None:
    assert kind == first_strong(text)


@pytest.mark.parametrize("text", ["iPhone 17: أبل تكشف!", "#Apple تكشف", "2024", f"{LRI}CNN{PDI} 10", "‼️"])
def test_a_mark_leads(text: str) -> None:
    assert RLM + text == lead(text, "rtl")  # F6


@pytest.mark.parametrize("text", ["أبل تكشف iPhone", "123 خبر", "", f"{RLM}CNN تعلن", f"{LRI}CNN{PDI} خبر"])
def test_no_mark_leads(text: str) -> None:
    assert text == lead(text, "rtl")  # F6


@settings(deadline=None)
@given(st.text())
def test_a_mark_is_never_doubled_and_ltr_texts_get_none(text: str) -> None:
    once = lead(text, "rtl")

    assert once == lead(once, "rtl")  # F6
    assert text == lead(text, "ltr")  # F7
