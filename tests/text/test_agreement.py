"""Words behind numbers, in every language we count in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.text.agreement import misfits
from publisher.text.words import LANGUAGES, words

NUMBERS = (0, 1, 2, 3, 5, 10, 11, 12, 21, 99, 100, 101, 102, 103, 111, 1000)


@pytest.mark.parametrize(
    "language, text, found",
    [
        ("ar", "3 مقال جديد", [("3 مقال جديد", "3 مقالات جديدة")]),
        ("ar", "١١ قرّاء", [("١١ قرّاء", "١١ قارئًا")]),
        ("ar", "30 مقالًا جديدة", [("30 مقالًا جديدة", "30 مقالًا جديدًا")]),
        ("ar", "2 مقالان جديدان", [("2 مقالان جديدان", "مقالان جديدان")]),
        ("ar", "مقالان جديد", [("مقالان جديد", "")]),
        ("ar", "3 مقالة", [("3 مقالة", "")]),
        ("ar", "18 مقالًا جديدًا و100 مقال و13 مقالات2", []),
        ("ar", "3 مقالات في الموقع، ومقال آخر", []),
        ("he", "1 כתבות", [("1 כתבות", "כתבה אחת")]),
        ("he", "עוד 5 כתבה באתר", [("5 כתבה", "5 כתבות")]),
        ("he", "שני כתבות", [("שני כתבות", "")]),
        ("ur", "1 مضامین", [("1 مضامین", "1 مضمون")]),
        ("ur", "5 نئے مضمون", [("5 نئے مضمون", "5 نئے مضامین")]),
        ("fa", "۳ مقالهٔ تازه", []),
        ("fa", "۳ مقاله‌های تازه", [("۳ مقاله‌های", "")]),
        ("ckb", "٣ وتارەکان", [("٣ وتارەکان", "")]),
        (
            "en",
            "1 articles, 2 articles, 12 article",
            [("1 articles", "1 article"), ("12 article", "12 articles")],
        ),
        ("ps", "3 articles", []),
    ],
)
def test_a_counted_word_in_a_wrong_form_is_found(
    language: str, text: str, found: list[tuple[str, str]]
) -> None:  # R8
    assert found == list(misfits(text, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wrong_with_any_text_of_ours(language: str) -> None:  # R8
    speak = words(language)
    counted = [speak.count(*message, number) for message in speak.plurals for number in NUMBERS]

    assert [] == [each for text in (*speak.texts.values(), *counted) for each in misfits(text, language)]


@given(st.text(alphabet="0123456789٣ مقالتاندجيوًة كתבוחש-،", max_size=60), st.sampled_from(LANGUAGES))
def test_no_text_makes_it_raise(text: str, language: str) -> None:
    for wrong, _ in misfits(text, language):
        assert wrong in text
