"""One spelling for each category and tag over the whole site (A8)."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select

from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.model.article import Article
from publisher.model.feed import Label
from publisher.store import articles, feeds, findings, labels, stale
from publisher.store.labels import Change
from publisher.store.tables import articles as rows
from publisher.store.tables import metadata

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]
    OnSite = Callable[[House], dict[str, Article]]


def dated(number: int, tags: str, **fields: str) -> str:
    head = {"title": f"خبر {number}", "date": f"2026-01-{number:02}", "tags": f"[{tags}]", **fields}
    return "\n".join(["---", *(f"{key}: {value}" for key, value in head.items()), "---", "", "نص المقالة."])


def words(house: House) -> dict[str, tuple[str, ...]]:
    return {one.path: one.categories for one in house.store.read(articles.newest)}


def test_the_commonest_spelling_is_shown_everywhere(
    house: House, write: Write, publishes: Publishes
) -> None:  # A8
    write(house, "1.md", dated(1, "العراقى"))
    write(house, "2.md", dated(2, "العراقي، سياسة"))
    write(house, "3.md", dated(3, "العِراقي"))
    write(house, "4.md", dated(4, "العراقي"))
    publishes(house)

    assert {"العراقي"} == {found[0] for found in words(house).values()}
    assert "العراقى" not in (house.out / "atom.xml").read_text()
    assert "العراقى" not in (house.out / "خبر-1" / "index.html").read_text()
    assert "العراقي" in (house.out / "خبر-1" / "index.html").read_text()


def test_of_two_as_common_the_oldest_articles_is_shown(
    house: House, write: Write, publishes: Publishes
) -> None:  # A8
    write(house, "a.md", dated(9, "Politics"))
    write(house, "b.md", dated(2, "politics"))
    publishes(house)

    assert {("politics",)} == set(words(house).values())


@pytest.mark.parametrize(
    "later",
    [
        {"1.md": dated(1, "other"), "3.md": dated(3, "Politics")},  # as many come as go
        {"1.md": dated(5, "Politics")},  # only the date is another
    ],
)
def test_of_two_as_common_the_oldest_may_be_another_later(
    house: House, write: Write, publishes: Publishes, later: dict[str, str]
) -> None:  # A8: what is shown hangs on the folder, not on the way there
    write(house, "1.md", dated(1, "Politics"))
    write(house, "2.md", dated(2, "politics"))
    publishes(house)
    assert ("Politics",) == words(house)["2.md"]

    for name, text in later.items():
        write(house, name, text)
    publishes(house)
    assert {"politics"} == {found for one in words(house).values() for found in one} - {"other"}
    assert "<li>politics" in re.sub("<bdi[^>]*>", "", (house.out / "خبر-2" / "index.html").read_text())


def test_another_winner_rewrites_the_pages_that_show_it_and_no_other(
    house: House, write: Write, publishes: Publishes
) -> None:  # A8
    write(house, "1.md", dated(1, "العراقى"))
    write(house, "2.md", dated(2, "اقتصاد"))
    write(house, "3.md", dated(3, "العراقي"))
    publishes(house)
    assert ("العراقى",) == words(house)["3.md"]
    write(house, "4.md", dated(4, "العراقي"))

    done = publishes(house)

    pages = {path for path in done.written if path.endswith("/index.html")}
    assert {"خبر-1/index.html", "خبر-3/index.html", "خبر-4/index.html"} == pages
    assert {("العراقي",), ("اقتصاد",)} == set(words(house).values())


def test_a_loser_more_rewrites_nothing_else(house: House, write: Write, publishes: Publishes) -> None:  # A8
    write(house, "1.md", dated(1, "العراقى"))
    write(house, "2.md", dated(2, "العراقى"))
    publishes(house)
    write(house, "3.md", dated(3, "العراقي"))

    done = publishes(house)

    assert ["خبر-3/index.html"] == [path for path in done.written if path.endswith("/index.html")]
    assert {("العراقى",)} == set(words(house).values())


@pytest.mark.parametrize("away", ["removed", "draft", "broken", "expired"])
def test_an_article_that_leaves_counts_no_more(
    house: House, write: Write, publishes: Publishes, clock: Clock, away: str
) -> None:  # A8
    write(house, "1.md", dated(1, "العراقى", expires="2026-12-01" if away == "expired" else ""))
    write(house, "2.md", dated(2, "العراقي"))
    publishes(house)
    assert ("العراقى",) == words(house)["2.md"]
    if away == "removed":
        (house.folder / "1.md").unlink()
    elif away == "draft":
        write(house, "1.md", dated(1, "العراقى", draft="true"))
    elif away == "broken":
        write(house, "1.md", b"\0\0")
    clock.forward(days=20)

    done = publishes(house)

    assert {"2.md": ("العراقي",)} == words(house)
    assert "خبر-2/index.html" in done.written


def test_one_that_waits_counts_when_it_appears(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # A8
    write(house, "1.md", dated(5, "العراقى"))
    write(house, "2.md", dated(6, "العراقي", date="2026-11-21"))
    write(house, "3.md", dated(7, "العراقي", date="2026-11-21"))
    publishes(house)
    before = words(house)
    clock.forward(days=2)
    publishes(house)

    assert {"1.md": ("العراقى",)} == before
    assert {("العراقي",)} == set(words(house).values())


_NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPELLINGS = ["العراقى", "العراقي", "سياسة", "سياسه", "Tech", "tech", "TECH"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 5), st.lists(st.sampled_from(SPELLINGS), max_size=3, unique=True)),
            min_size=1,
            max_size=4,
        ),
        max_size=8,
    )
)
def test_whatever_happens_the_counts_are_those_of_the_articles(
    rounds: list[list[tuple[int, list[str]]]],
) -> None:  # A8
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    when = datetime(2026, 11, 20, tzinfo=UTC)
    with engine.begin() as connection:
        now: dict[str, tuple[str, ...]] = {}
        for number in range(6):
            _row(connection, f"urn:{number}")
        for changes in rounds:
            batch = []
            for number, wanted in changes:
                once = tuple({_same(word): word for word in wanted}.values())
                before, after = _labels(now.get(f"urn:{number}", ())), _labels(once)
                batch.append(Change(f"urn:{number}", before, after, when, when))
                now[f"urn:{number}"] = once
            labels.change(connection, batch)
        shown = labels.shown(connection)
        stored = set(connection.execute(select(metadata.tables["labels"])).all())
    engine.dispose()

    counts = Counter(word for words in now.values() for word in words)
    assert {(_same(w), urn, w) for urn, ws in now.items() for w in ws} == {
        (_same(word), urn, word) for _, urn, word in stored
    }
    for word, instead in shown.items():
        assert _same(word) == _same(instead)
        assert counts[instead] >= counts[word] > 0
    for word, count in counts.items():
        rivals = [other for other in counts if _same(other) == _same(word) and counts[other] > count]
        assert not rivals or (word in shown and shown[word] != word)


def _labels(words: tuple[str, ...]) -> list[Label]:
    return [Label("category", word) for word in words]


def _same(word: str) -> str:
    """Written out, not folded: the function under test is no oracle."""
    return "iraq" if "عراق" in word else "politics" if "سياس" in word else "tech"


def _row(connection: Connection, urn: str) -> None:
    values: dict[str, object] = {column.name: 0 for column in rows.c}
    values |= {"id": urn, "seq": None, "path": urn, "language": "ar", "removed": None, "adopted": None}
    values |= {"authors": [], "categories": [], "published": _NOW, "updated": _NOW, "expires": None}
    connection.execute(rows.insert().values(values))


def test_any_number_of_feeds_is_noted(house: House) -> None:
    """SQLite binds 32,766 values in one statement where nobody asked it for more."""
    names = [f"category:{number}" for number in range(2_000)]

    def write(connection: Connection) -> int:
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        stale.feeds(connection, names)
        feeds.made(connection, names)
        feeds.lost(connection, names, [])
        findings.look_again(connection, names)
        return len(feeds.stale(connection, None))

    assert 2_000 == house.store.write(write)
