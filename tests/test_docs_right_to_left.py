"""What the right-to-left guide says of dates, plurals and marks is what the program writes."""

import re
from datetime import UTC, datetime, time
from unicodedata import bidirectional
from zoneinfo import ZoneInfo

import pytest

from publisher.model.site import Calendar, Site
from publisher.text import dates, hours
from publisher.text.bidi import isolate
from publisher.text.words import words
from tests.test_docs import blocks, page, row, section
from tests.test_docs_arabic import fenced

DAY = datetime(2026, 7, 6, tzinfo=UTC)
GUIDES = ["docs/right-to-left.md", "docs/ar/right-to-left.md"]


def site(language: str, region: str, calendars: tuple[Calendar, ...] = ("gregorian",)) -> Site:
    return Site(
        id="6f1c1c0e-2a56-4b7e-9f4e-0d6a3c1b7e21",
        title="جريدة",
        description="",
        url="https://news.example.org",
        language=language,
        direction="rtl",
        region=region,
        timezone=ZoneInfo("UTC"),
        author="",
        calendars=calendars,
    )


def text_of(guide: str) -> str:
    """The page without what says of a piece how it is set."""
    return re.sub("</?(?:span|code)[^>]*>", "", page(guide))


def dated(guide: str, cells: int) -> list[list[str]]:
    """The rows about a day that have so many cells: language, region, what is said."""
    found = re.findall(r"(?m)^\| `([a-z]+)` \| `([A-Z]{2})` \| (.*) \|$", text_of(guide))
    rows = [[language, region, *rest.split(" | ")] for language, region, rest in found]
    return [each for each in rows if len(each) == cells]


def bare(text: str) -> str:
    """Without the difference between blanks, which nobody sees on a page."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("guide", GUIDES)
def test_the_dates_of_each_region_are_those_of_the_guide(guide: str) -> None:  # R8
    rows = dated(guide, 3)

    assert len(rows) == 11
    for language, region, said in rows:
        digits = dates.digits_for((), language, region)
        at = hours.clock(time(7), language, digits, region=region)
        comma = "," if language == "he" else "،"
        assert said == bare(f"{dates.site_date(DAY, site(language, region), language)}{comma} {at}")


@pytest.mark.parametrize("guide", GUIDES)
def test_the_dates_of_each_calendar_are_those_of_the_guide(guide: str) -> None:  # R8
    rows = dated(guide, 4)

    assert len(rows) == 6
    for language, region, written, said in rows:
        calendars: tuple[Calendar, ...] = tuple(re.findall(r'"(\w+)"', written))
        assert said == bare(dates.site_date(DAY, site(language, region, calendars), language))


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("language", ["ar", "fa", "he", "ur", "ckb"])
def test_the_plurals_are_those_of_the_guide(guide: str, language: str) -> None:  # R8
    counted = [
        words(language).count("%(n)s article", "%(n)s articles", number) for number in (0, 1, 2, 3, 11, 100)
    ]

    assert counted == row(text_of(guide), language)[1:]


@pytest.mark.parametrize("guide", GUIDES)
def test_the_runs_that_are_held_together_are_those_of_the_guide(guide: str) -> None:  # F9
    (written,) = blocks(fenced(page(guide)), "markdown")
    (shown,) = blocks(fenced(page(guide)), "html")
    first = written.splitlines()[0]

    assert f"<p>{isolate(first, 'bdi')}</p>" in shown
    assert 2 == shown.count("<bdi")


@pytest.mark.parametrize("rule", ["visual-order", "mixed-digits", "other-letters"])
def test_the_rules_it_names_are_rules_of_the_letter_lint(rule: str) -> None:
    assert f"`{rule}`" in page("docs/right-to-left.md")
    assert row(section(page("docs/letter-lint.md"), "### Words"), f"`{rule}`")


def test_an_example_in_a_line_of_english_is_set_as_it_is_read() -> None:
    """A number or a sign at an end of it would move; front matter is written from the left."""
    prose = re.sub(r"(?ms)^```.*?^```", "", page("docs/right-to-left.md"))
    examples = [each for each in re.findall(r"`([^`\n]+)`", prose) if re.search("[\u0590-\u08ff]", each)]

    assert examples
    for each in examples:
        assert re.match("[a-z]+: ", each) or all(
            bidirectional(char) in ("R", "AL", "NSM", "WS", "BN") or each == char for char in each
        ), each
    assert 40 <= page("docs/right-to-left.md").count('dir="rtl">')
