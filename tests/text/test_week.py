"""Weekends by region."""

import re

import pytest
from babel import Locale
from babel.localedata import locale_identifiers

from publisher.text.week import week, weekdays, weekend

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
# CLDR has Saturday and Sunday there; their governments close on Friday and Saturday.
NOT_CLDR = {"PS", "BD", "MV"}


@pytest.mark.parametrize(
    ("regions", "days"),
    [
        ("IQ SY JO PS EG SD SA KW QA BH OM YE LY DZ IL", (FRIDAY, SATURDAY)),
        ("AE LB MA TN MR PK TR GB US 001", (SATURDAY, SUNDAY)),  # the Emirates since 2022
        ("IR", (FRIDAY,)),
        ("AF", (3, FRIDAY)),
        ("IN", (SUNDAY,)),
    ],
)
def test_a_region_has_its_own_weekend(regions: str, days: tuple[int, ...]) -> None:  # R8, D5
    assert dict.fromkeys(regions.split(), days) == {region: weekend(region) for region in regions.split()}


def test_weekends_are_those_of_cldr_but_for_the_named_exceptions() -> None:  # R8
    languages = {
        get_territory(name): name for name in locale_identifiers() if name.startswith(("ar_", "en_"))
    }
    assert len(languages) > 100

    for region, name in languages.items():
        locale = Locale.parse(name)
        whole = range(locale.weekend_start, locale.weekend_end + 1)
        assert region in NOT_CLDR or tuple(whole) == weekend(region), region


def get_territory(name: str) -> str:
    return name.rpartition("_")[2]


@pytest.mark.parametrize(
    ("words", "days"),
    [
        (["friday", "saturday"], (4, 5)),
        (["Sat", "fri"], (4, 5)),
        (["sunday", "sun"], (6,)),
        (["thurs", "fri"], (3, 4)),
        ([], ()),
    ],
)
def test_days_are_named_whole_or_by_their_first_letters(words: list[str], days: tuple[int, ...]) -> None:
    assert days == weekdays(words)


@pytest.mark.parametrize("word", ["", "fr", "الجمعة", "fridays", "5"])
def test_a_word_that_is_no_day_is_refused_with_the_mend(word: str) -> None:
    with pytest.raises(ValueError, match='write "friday"'):
        weekdays([word])


@pytest.mark.parametrize(
    ("region", "first"), [("IQ", SATURDAY), ("EG", SATURDAY), ("IL", SUNDAY), ("GB", 0), ("AE", 0), ("MA", 0)]
)
def test_a_week_begins_as_in_the_region(region: str, first: int) -> None:  # R8
    days = week(region)

    assert first == days[0]
    assert list(range(7)) == sorted(days)


def test_weeks_begin_as_cldr_says() -> None:  # R8
    ours = re.compile("(ar|en|he|fa|ur)_[A-Z]{2}")
    names = filter(ours.fullmatch, locale_identifiers())
    known = {get_territory(name): Locale.parse(name).first_week_day for name in names}

    assert {"PS"} == {region for region, first in known.items() if first != week(region)[0]}
