import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles.slugs import LIMIT, slug


@pytest.mark.parametrize(
    "text, expected",
    [
        ("وزير الخارجية: نتوقع اتفاقا!", "وزير-الخارجية-نتوقع-اتفاقا"),
        ("صِرَاطٌ مُستَقِيم", "صراط-مستقيم"),
        ("جمـــيل", "جميل"),
        ("می‌خواهیم", "می-خواهیم"),
        ("Django 1.8: מה חדש", "django-1-8-מה-חדש"),
        ("שָׁלוֹם עולם", "שלום-עולם"),
        ("cafe\u0301 Ünal", "café-ünal"),
        ("İstanbul", "istanbul"),
        ("آخر الأخبار", "آخر-الأخبار"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", ""),
        ("\u200f\u202eخبر\u2066", "خبر"),
        ("ދިވެހި", "ދިވެހި"),
        ("😀 !؟", ""),
        ("د. محمد's", "د-محمدs"),
    ],
)
def test_slug_keeps_letters_and_drops_marks(text: str, expected: str) -> None:  # A14
    assert expected == slug(text)


def test_long_slug_is_cut_between_words() -> None:  # A14
    found = slug("كلمة طويلة " * 30)

    assert len(found.encode()) <= LIMIT
    assert set(found.split("-")) == {"كلمة", "طويلة"}


def test_one_long_word_is_cut_between_letters() -> None:  # A14
    assert slug("ن" * 125) == "ن" * 90


@given(st.text())
def test_slug_is_one_safe_path_segment(text: str) -> None:  # A14
    found = slug(text)

    assert len(found.encode()) <= LIMIT
    assert unicodedata.normalize("NFC", found) == found == found.strip("-") == slug(found)
    assert not set(found) & set("/\\.%?#:&<>\"' \n\0")
