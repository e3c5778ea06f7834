import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.text.excerpt import excerpt

LRI, PDI = "\u2066", "\u2069"


def graphemes(text: str) -> list[str]:
    return regex.findall(r"\X", text)


def test_a_short_text_stays_whole() -> None:
    assert excerpt("قال الوزير: نعم، «غدا»") == "قال الوزير: نعم، «غدا»"  # A11


@pytest.mark.parametrize("end", [".", "!", "?", "؟", "۔", "…", "׃", ".»", "؟”"])
def test_whole_sentences_come_first_and_need_no_ellipsis(end: str) -> None:
    first = "كلمة " * 8 + "نهاية" + end

    assert first == excerpt(f"{first} وبعدها جملة أخرى طويلة لا تدخل كلها في الملخص", 60)  # A11


def test_a_long_sentence_is_cut_behind_a_word() -> None:
    assert excerpt("كلمة " * 40, 24) == "كلمة كلمة كلمة كلمة…"
    assert excerpt("كلمة كلمة كلمة، " * 40, 17) == "كلمة كلمة كلمة…"


def test_a_very_short_sentence_is_not_enough() -> None:
    assert excerpt("نعم. " + "كلمة " * 60, 60).endswith("كلمة…")


def test_an_initial_ends_no_sentence() -> None:
    assert (
        excerpt("قال المدير العام للمركز د. محمد وأضاف في حديثه أمس", 35)
        == "قال المدير العام للمركز د. محمد…"
    )


def test_nothing_is_cut_inside_a_grapheme_cluster() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"

    assert family * 9 + "…" == excerpt(family * 40, 10)


def test_nothing_is_cut_inside_an_isolate() -> None:
    text = f"لغة البرمجة {LRI}Visual C plus plus and more{PDI} هي الأولى بين اللغات اليوم"

    assert excerpt(text, 25) == "لغة البرمجة…"


@settings(deadline=None)
@given(st.text("اب ش aلa.؟!،\u0651\u2066\u2067\u2069\u200f👨\u200d", max_size=80), st.integers(4, 40))
def test_an_excerpt_is_short_and_balanced(text: str, limit: int) -> None:
    found = excerpt(text, limit)
    whole = found.removesuffix("…")

    assert len(graphemes(found)) <= limit
    assert text.strip().startswith(whole)
    if found != text.strip() and not regex.search("[\u2066\u2067\u2069]", text):
        assert whole == "" or graphemes(text.strip())[: len(graphemes(whole))] == graphemes(whole)
    if found.endswith("…") and whole:
        depth = 0
        for char in whole:
            depth = depth + 1 if char in "\u2066\u2067" else max(0, depth - (char == PDI))
        assert depth == 0
