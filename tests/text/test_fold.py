import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.text.fold import fold


@pytest.mark.parametrize(
    "spellings",
    [
        ("العراقى", "العراقي", "العراقی", "ٱلعراقي", "العِراقيّ", "العـــراقي", " العراقي\u200f"),
        ("إيران", "أيران", "ايران", "آيران", "ا\u0655يران"),
        ("ثقافة", "ثقافه", "ثقافۃ", "ثقافہ"),
        ("کتاب‌ها", "كتابها", "کتابها"),
        ("خانهٔ ما", "خانۀ  ما", "خانه ما"),
        ("هەولێر", "هه‌ولێر"),
        ("RSS", "rss", "Rss"),
        ("CAFE\u0301", "café"),
        ("שָׁלוֹם", "שלום"),
        ("İSTANBUL", "istanbul"),
    ],
)
def test_spellings_of_one_word_are_one(spellings: tuple[str, ...]) -> None:  # A8
    assert len(set(map(fold, spellings))) == 1


@pytest.mark.parametrize("one, other", [("رأس", "رئيس"), ("پھل", "پہل"), ("سؤال", "سوال"), ("café", "cafe"),
                                        ("أدب", "أدبي"), ("ٹیم", "تیم"), ("किताब", "कताब"), ("C", "C++")])  # fmt: skip
def test_words_stay_apart(one: str, other: str) -> None:  # A8
    assert fold(one) != fold(other)


@given(st.text() | st.text(st.characters(min_codepoint=0x590, max_codepoint=0x8FF)))
def test_folding_a_key_changes_nothing(text: str) -> None:
    assert fold(text) == fold(fold(text))
