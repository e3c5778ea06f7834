"""A feed stays below a megabyte, with whole entries, the same in every format."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.feeds import atom, jsonfeed, rss
from publisher.feeds.size import at_most, fitting, newest
from publisher.model.feed import Entry, Feed, Removed
from publisher.model.media import Shown

MakeEntry = Callable[..., Entry]


def largest(feed: Feed, entries: list[Entry]) -> int:
    return max(len(module.render(feed, entries)) for module in (rss, atom, jsonfeed))


def test_a_small_feed_keeps_everything(feed: Feed, make_entry: MakeEntry) -> None:  # F3
    entries = [make_entry(number) for number in range(50)]

    assert entries == fitting(feed, entries)


def test_the_oldest_go_until_every_format_fits(feed: Feed, make_entry: MakeEntry) -> None:  # F3
    entries = [
        make_entry(number, content='<div dir="rtl">' + "<p>نص</p>" * 3000 + "</div>") for number in range(30)
    ]
    kept = list(fitting(feed, entries))

    assert entries[: len(kept)] == kept
    assert largest(feed, kept) < 1_000_000
    assert largest(feed, entries[: len(kept) + 1]) >= 1_000_000


def test_an_entry_too_large_alone_does_not_push_out_the_others(
    feed: Feed, make_entry: MakeEntry
) -> None:  # F3
    huge = make_entry(0, content="<div>" + "كلام " * 200_000 + "</div>")
    others = [make_entry(1), make_entry(2)]

    assert others == fitting(feed, [huge, *others])


def test_a_feed_is_as_new_as_its_newest_entry(make_entry: MakeEntry) -> None:  # F10
    corrected = datetime(2024, 3, 9, 8, 0, tzinfo=UTC)

    assert corrected == newest([make_entry(0), make_entry(1, updated=corrected)])
    assert datetime(1970, 1, 1, tzinfo=UTC) == newest([])


ANY = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=80)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(title=ANY.filter(bool), summary=ANY, content=ANY.filter(bool), author=ANY.filter(bool))
def test_the_estimate_is_never_too_small(
    title: str, summary: str, content: str, author: str, feed: Feed, make_entry: MakeEntry
) -> None:
    entry = make_entry(
        title=title, summary=summary, content=content * 50, authors=(author,), categories=(title,)
    )

    assert largest(feed, [entry]) - largest(feed, []) <= at_most(entry)


@given(alt=ANY, path=st.text("abc/%D8", min_size=1, max_size=200))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_nor_with_pictures_and_recordings(alt: str, path: str, feed: Feed, make_entry: MakeEntry) -> None:
    url = f"https://news.example.org/{path}"
    picture = Shown(url, "image/jpeg", 10**9, 1600, 1200, alt)
    sounds = tuple(Shown(url, "audio/mpeg", 10**9) for _ in range(5))
    entry = replace(make_entry(), picture=picture, thumbnail=picture, enclosures=sounds)

    assert largest(feed, [entry]) - largest(feed, []) <= at_most(entry)


def test_nor_of_a_feed_that_tells_of_many_that_left(feed: Feed, make_entry: MakeEntry) -> None:  # F3, F13
    left = tuple(Removed(f"urn:uuid:00000000-0000-5000-8000-{n:012d}", feed.updated) for n in range(200))
    content = '<div dir="rtl">' + "<p>نص</p>" * 1_000 + "</div>"
    entries = [make_entry(number, content=content) for number in range(60)]
    kept = list(fitting(replace(feed, removed=left), entries))

    assert 10 < len(kept) < 60
    assert largest(replace(feed, removed=left), kept) < 1_000_000


@pytest.mark.parametrize("title", ["عنوان", "x" * 500])
def test_the_frame_around_no_entry_is_small(title: str, feed: Feed) -> None:
    assert largest(replace(feed, title=title), []) < 2_500 + 10 * len(title + feed.description)
