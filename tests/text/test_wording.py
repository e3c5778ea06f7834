"""Our own words with other signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.text.wording import restored, spoken
from publisher.text.words import LANGUAGES, words


@pytest.mark.parametrize(
    "language, text, right",
    [
        ("ar", "هل ما زلت تريد نشرة النهر?", "هل ما زلت تريد %(title)s؟"),
        ("ar", "إلغاء الاشتراک", "إلغاء الاشتراك"),
        ("ar", "إلغاء الاشتراك:", ""),
        (
            "ar",
            "نحن لا نراقب من يقرأ رسائلنا، لذلك نسأل مرة في السنة۔",
            "نحن لا نراقب من يقرأ رسائلنا، لذلك نسأل مرة في السنة.",
        ),
        ("ar", "ألغ اشتراكك", ""),
        ("fa", "بله، هنوز میخواهم", "بله، هنوز می‌خواهم"),
        ("fa", "بله، هنوز می‌خواهم", ""),
        ("ckb", "هەڵبژاردەکانت", "ھەڵبژاردەکانت"),
        ("ps", "Your preferences.", ""),
    ],
)
def test_a_sign_that_is_lost_or_another_is_found(language: str, text: str, right: str) -> None:  # R8
    assert right == restored(text, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wrong_with_any_text_of_ours(language: str) -> None:  # R8
    assert {""} == {restored(text, language) for text in words(language).texts.values()}


def test_it_is_known_which_words_are_ours() -> None:
    assert [True, False, False] == [spoken("إلغاء الاشتراك", each) for each in ("ar", "fa", "ps")]


@given(st.text(max_size=40), st.sampled_from(LANGUAGES))
def test_no_text_makes_it_raise(text: str, language: str) -> None:
    assert isinstance(restored(text, language), str)
    assert isinstance(spoken(text, language), bool)
