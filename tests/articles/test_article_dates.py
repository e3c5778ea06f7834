from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles import dates

CAIRO = ZoneInfo("Africa/Cairo")
BAGHDAD = ZoneInfo("Asia/Baghdad")  # +03:00 all year


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2018-02-06T22:00:00+01:00", "2018-02-06T21:00:00"),
        ("2018-02-06 22:00:00 +01:00", "2018-02-06T21:00:00"),
        ("2018-02-06   22:00", "2018-02-06T19:00:00"),
        ("2014-03-31T00:00:00Z", "2014-03-31T00:00:00"),
        ("2014-03-31T00:00:00.999Z", "2014-03-31T00:00:00"),
        ("2016-04-02T23:31:08+0430", "2016-04-02T19:01:08"),
        ("2017-01-22T171800", "2017-01-22T14:18:00"),
        ("2017-01-22 1718 +02", "2017-01-22T15:18:00"),
        ("2024-01-02", "2024-01-01T21:00:00"),
        ("20240102", "2024-01-01T21:00:00"),
        ("2023/05/03", "2023-05-02T21:00:00"),
        ("2023/5/3 9:05", "2023-05-03T06:05:00"),
        ("29/09/2016", "2016-09-28T21:00:00"),
        ("01/07/2016", "2016-06-30T21:00:00"),
        ("1.7.2016 10:00", "2016-07-01T07:00:00"),
        ("18 Dec 2014", "2014-12-17T21:00:00"),
        ("18 December 2014", "2014-12-17T21:00:00"),
        ("Sun, 15 Jul 2018 21:56:56 +0400", "2018-07-15T17:56:56"),
        ("15 Jul 2018 21:56 GMT", "2018-07-15T21:56:00"),
        ("15 Jul 2018 21:56:00 EST", "2018-07-16T02:56:00"),
        ("٢٠٢٤-٠٥-٠١", "2024-04-30T21:00:00"),
        ("۲۰۲۴/۰۵/۰۱ ۱۰:۳۰", "2024-05-01T07:30:00"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59"),
        (" 2999-01-01T00:00:00Z ", "2999-01-01T00:00:00"),
    ],
)
def test_date_is_the_instant_its_author_meant(text: str, expected: str) -> None:  # A5
    assert datetime.fromisoformat(expected).replace(tzinfo=UTC) == dates.read(text, BAGHDAD, "en")


@pytest.mark.parametrize(
    "text",
    ["2024-02-30", "2024-13-01", "0000-00-00", "قريبا", "", "2024-05-01T25:61:00Z", "99999-01-01", "1403/02/12",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "12 Foo 2014", "2024-05-01T10:00:00 MARS", "5784-01-01",
     "2024", "2024-05", "12 رمضان 1445", "2024-05-01T10:00+99:00"],
)  # fmt: skip
def test_impossible_or_unknown_date_is_refused(text: str) -> None:  # A5
    with pytest.raises(ValueError):
        dates.read(text, BAGHDAD, "en")


def test_time_in_the_gap_is_moved_on_and_the_first_of_two_is_taken() -> None:  # A5
    gap, twice = dates.read("2024-04-26 00:30", CAIRO, "ar"), dates.read("2024-10-31 23:30", CAIRO, "ar")

    assert datetime(2024, 4, 25, 22, 30, tzinfo=UTC) == gap
    assert datetime(2024, 10, 31, 20, 30, tzinfo=UTC) == twice


@pytest.mark.parametrize(
    "path, day",
    [
        ("2014-11-10-خبر.md", (2014, 11, 10)),
        ("_posts/2014_11_10.md", (2014, 11, 10)),
        ("JA-sport-1-20170208.txt", (2017, 2, 8)),
        ("JA-sport-1-22072016.txt", (2016, 7, 22)),
        ("20170208-x.ar.md", (2017, 2, 8)),
        ("x-20170208.ar.md", (2017, 2, 8)),
        ("2014.11.10 x.md", (2014, 11, 10)),
        ("2008-01-02-x/index.md", (2008, 1, 2)),
        ("2008-01-02-x/y/2009-01-02.md", (2009, 1, 2)),
        ("x-00000000.txt", None),
        ("19441379-708e-47d6.md", None),
        ("x-123456789.md", None),
        ("14031212.md", None),
        ("خبر.md", None),
    ],
)
def test_date_is_found_in_the_path(path: str, day: tuple[int, int, int] | None) -> None:  # A5
    found = dates.in_path(path, ZoneInfo("UTC"), "en")

    assert (datetime(*day, tzinfo=UTC) if day else None) == found


def test_impossible_date_in_the_path_is_refused() -> None:  # A5
    with pytest.raises(ValueError, match="no calendar"):
        dates.in_path("2024-02-30-x.md", BAGHDAD, "ar")


@given(st.integers(0, 29_000_000_000))
def test_iso_dates_come_back(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)

    assert moment == dates.read(moment.isoformat(), BAGHDAD, "ar")


@given(st.text(st.sampled_from("0123456789٠١۹-/.:+TZ aDec,é²"), max_size=40))
def test_any_text_is_a_date_or_refused(text: str) -> None:  # X14
    try:
        found = dates.read(text, BAGHDAD, "en")
    except (ValueError, OverflowError):
        return

    assert found.tzinfo is UTC
    assert dates.is_day_only(text) in (True, False)
