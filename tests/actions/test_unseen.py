"""What readers have not had: the archive is read once, and each gets what they would get by themselves."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy import select as query

from publisher.actions.unseen import Unseen
from publisher.digests.select import select
from publisher.model.digest import Newsletter
from publisher.store import articles, people, translations
from publisher.store import tables as t
from tests.actions.test_plan import dated

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.actions.house import House
    from publisher.model.article import Article
    from publisher.store.people import Series
    from tests.conftest import Write

TONGUES = ("ar", "he", "fa")
WORDS = ("رياضة", "ریاضة", "سياسة", "علوم", "نادر")


@pytest.fixture
def archive(house: House, write: Write, publishes: Any) -> Callable[[int, random.Random | None], Series]:
    """Puts articles 2 to *number* into the store as copies of one; with a die they differ, some are translations
    and some have left."""
    write(house, "1.md", dated(1))
    publishes(house)

    def make(number: int, die: random.Random | None = None) -> Series:
        def fill(connection: Any) -> None:
            row = dict(connection.execute(query(t.articles)).mappings().one())
            rows = [
                row | {"id": f"urn:x:{n}", "seq": n, "slug": f"s{n}", "path": f"x{n}.md", "title": f"خبر {n}"}
                for n in range(2, number + 1)
            ]
            keys = []
            for one in rows if die else ():
                assert die
                one["title"] = f"خبر {die.randint(1, number)}"
                one["language"] = die.choice(TONGUES)
                one["categories"] = die.sample(WORDS, die.choice((0, 1, 1, 2)))
                one["published"] = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=die.randint(0, 99))
                one["digest"], one["pin"] = die.random() < 0.9, die.random() < 0.1
                one["weight"] = die.choice((0, 0, 0, 5))
                one["status"] = "published" if die.random() < 0.9 else "removed"
                if die.random() < 0.5:
                    keys.append({"article": one["id"], "key": f"file:{die.randint(1, number // 4)}"})
            connection.execute(insert(t.articles), rows)
            if keys:
                connection.execute(insert(t.translations), keys)

        house.store.write(fill)
        return house.store.read(people.known_newsletters)["daily"]

    return make


def straightforward(
    house: House, newsletter: Newsletter, upto: int, floor: int, language: str | None, words: tuple[str, ...]
) -> tuple[list[Article], int]:
    """All that was published above the floor, and the choice among it."""
    news = house.store.read(lambda c: articles.between(c, floor, upto))
    groups = house.store.read(lambda c: translations.families(c, [one.id for one in news]))
    every = {
        one.id: one
        for one in house.store.read(lambda c: articles.some(c, {i for g in groups.values() for i in g}))
    }
    families = {one: tuple(every[each] for each in ids) for one, ids in groups.items()}
    return select(
        newsletter, news, families, floor=floor, languages=(language, house.site.language), categories=words
    )


@pytest.mark.parametrize("seed", range(12))
def test_each_reader_gets_what_is_chosen_for_them_alone(
    seed: int, house: House, archive: Callable[..., Series]
) -> None:  # D1, D2, D6
    die = random.Random(seed)
    number = 60
    series = archive(number, die)
    (daily,) = house.newsletters.values()
    newsletter = replace(
        daily,
        max_items=die.choice((2, 5, 100)),
        categories=die.choice(((), ("رياضة", "سياسة"))),
        order=die.choice(("newest", "oldest")),
    )
    upto = die.choice((number, number - 15))
    unseen = Unseen(house, newsletter, series, upto)
    chosen = 0
    for _ in range(250):
        floor = die.choice((die.randint(0, upto), die.randint(upto - 10, upto)))
        language, words = die.choice((None, *TONGUES)), tuple(die.sample(WORDS, die.choice((0, 1, 2))))
        expected, more = straightforward(house, newsletter, upto, floor, language, words)
        found = unseen(floor, language, words)
        assert (expected, more) == (list(found.items), found.more)
        chosen += bool(expected)

    assert 20 < chosen < 250


def test_readers_who_stay_where_they_are_cost_no_reading_each(
    house: House, archive: Callable[..., Series]
) -> None:  # D1
    """Readers of a category that nothing is in: each has a watermark of their own, and it never moves."""
    series = archive(400)
    (daily,) = house.newsletters.values()
    unseen = Unseen(house, daily, series, 400)
    asked = list[str]()
    event.listen(house.store._reader, "before_cursor_execute", lambda *given: asked.append(given[2]))
    found = {unseen(floor, None, ("نادر",)).items for floor in range(400, 0, -1)}

    assert {()} == found
    assert len(asked) < 60
