"""Interface words: whole catalogues, real plurals."""

import re
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import publisher
from publisher.text.dates import Digits
from publisher.text.words import LANGUAGES, words

LOCALES = Path(publisher.__file__).parent / "locales"
ARTICLES = ("%(n)s article", "%(n)s articles")
NEW = ("%(n)s new article", "%(n)s new articles")
MORE = ("%(n)s more article on the site", "%(n)s more articles on the site")
COUNTS = (0, 1, 2, 3, 10, 11, 99, 100, 101, 102, 103)


def catalogue(language: str) -> Catalog:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))


def test_there_is_a_catalogue_for_each_language_and_no_other() -> None:
    assert sorted(LANGUAGES) == sorted(path.stem for path in LOCALES.glob("*.po"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_missing_or_fuzzy(language: str) -> None:
    english = {message.id for message in catalogue("en")}
    found = {message.id for message in catalogue(language) if message.string and not message.fuzzy}

    assert english == found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_keeps_its_placeholders(language: str) -> None:
    plain = [message for message in catalogue(language) if isinstance(message.id, str) and message.id]

    assert [placeholders(str(message.id)) for message in plain] == [
        placeholders(str(message.string)) for message in plain
    ]


@pytest.mark.parametrize("language", ["ar", "fa", "he", "ur", "ckb"])
def test_a_right_to_left_language_has_no_latin_letter_in_its_words(language: str) -> None:
    for message in catalogue(language):
        for form in [message.string] if isinstance(message.string, str) else message.string or ():
            assert message.id == "" or not re.search("[A-Za-z]", re.sub(r"%\(\w+\)s", "", form))


def test_sorani_is_spelt_with_one_letter_for_h() -> None:
    # U+06BE, as in CLDR's names of its days, never U+0647, which looks like the vowel U+06D5 at the end of a word
    assert "\u0647" not in (LOCALES / "ckb.po").read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_counted_thing_has_a_form_for_each_category(language: str) -> None:  # R8
    rule = Locale(language).plural_form
    counted = [message for message in catalogue(language) if isinstance(message.id, tuple)]

    assert counted
    for message in counted:
        forms = list(message.string or ())
        assert len({*rule.tags, "other"}) == len(forms)
        assert all(forms)
        # A noun after a number does not change in Persian and Sorani (کتاب), one in -ة is the same after 11 and 100 in
        # Arabic (رسالة); else equal forms are a fault.
        same = len(forms) - len(set(forms))
        assert language in {"fa", "ckb"} or same <= (language == "ar")


def test_arabic_counts_in_all_six_forms() -> None:  # R8
    arabic = words("ar")

    assert [arabic.count(*ARTICLES, n) for n in COUNTS] == [
        "لا مقالات",
        "مقال واحد",
        "مقالان",
        "3 مقالات",
        "10 مقالات",
        "11 مقالًا",
        "99 مقالًا",
        "100 مقال",
        "101 مقال",
        "102 مقال",
        "103 مقالات",
    ]
    assert [arabic.count(*NEW, n) for n in COUNTS] == [
        "لا مقالات جديدة",
        "مقال جديد واحد",
        "مقالان جديدان",
        "3 مقالات جديدة",
        "10 مقالات جديدة",
        "11 مقالًا جديدًا",
        "99 مقالًا جديدًا",
        "100 مقال جديد",
        "101 مقال جديد",
        "102 مقال جديد",
        "103 مقالات جديدة",
    ]
    assert [arabic.count(*MORE, n) for n in (1, 2, 3, 11, 100)] == [
        "مقال آخر على الموقع",
        "مقالان آخران على الموقع",
        "3 مقالات أخرى على الموقع",
        "11 مقالًا آخر على الموقع",
        "100 مقال آخر على الموقع",
    ]


@pytest.mark.parametrize(
    ("language", "one", "two", "many"),
    [
        ("he", "כתבה חדשה אחת", "שתי כתבות חדשות", "11 כתבות חדשות"),
        ("fa", "1 مقالهٔ تازه", "2 مقالهٔ تازه", "11 مقالهٔ تازه"),
        ("ur", "1 نیا مضمون", "2 نئے مضامین", "11 نئے مضامین"),
        ("ckb", "1 وتاری نوێ", "2 وتاری نوێ", "11 وتاری نوێ"),
        ("en", "1 new article", "2 new articles", "11 new articles"),
    ],
)
def test_other_languages_count_by_their_own_rules(language: str, one: str, two: str, many: str) -> None:  # R8
    assert [one, two, many] == [words(language).count(*NEW, n) for n in (1, 2, 11)]


@pytest.mark.parametrize(("digits", "text"), [("arab", "١١ مقالًا"), ("arabext", "۱۱ مقالًا")])
def test_a_count_is_written_in_the_digits_of_the_site(digits: Digits, text: str) -> None:  # R8
    assert text == words("ar").count(*ARTICLES, 11, digits)


@pytest.mark.parametrize(
    ("language", "items", "joined"),
    [
        ("ar", ["أ", "ب", "ج"], "أ وب وج"),
        ("ar", ["أ", "Reuters"], "أ و\u00a0Reuters"),
        ("he", ["א", "ב", "ג"], "א, ב וג"),
        ("he", ["א", "Reuters"], "א ו־Reuters"),
        ("fa", ["الف", "ب", "ج"], "الف، ب و ج"),
        ("ckb", ["أ", "ب", "ج"], "أ، ب و ج"),
        ("en", ["A", "B", "C"], "A, B, and C"),
    ],
)
def test_lists_follow_the_language(language: str, items: list[str], joined: str) -> None:  # R8
    assert joined == words(language).join(items)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_of_one_is_itself_and_of_none_is_empty(language: str) -> None:
    assert [words(language).join(["أ"]), words(language).join([])] == ["أ", ""]


@pytest.mark.parametrize(
    ("tag", "language"),
    [("ar-IQ", "ar"), ("fa-AF", "fa"), ("ps", "en"), ("ug", "en"), ("ur-Latn", "en"), ("xx", "en")],
)
def test_a_language_we_do_not_speak_gets_english_never_arabic(tag: str, language: str) -> None:  # R8
    assert language == words(tag).language


def test_a_catalogue_is_read_once() -> None:
    assert words("ar-EG") is words("ar-IQ")


def test_an_unknown_message_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        words("ar").text("No such message")
