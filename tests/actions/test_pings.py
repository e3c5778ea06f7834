"""Hubs hear of each change once, after it can be seen: a real queue, real files, real sockets."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from publisher.actions import pings
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.feeds import files
from publisher.feeds.settings import FeedSettings
from publisher.store.state import State
from publisher.verbs import pinging
from publisher.verbs.session import Session
from tests.conftest import Clock, MakeHouse, Write
from tests.hub import Hub, running
from tests.patience import LONG

ALL = ["atom.xml", "feed.json", "rss.xml"]
Publishes = Callable[..., Published]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub that fetches what it is told of from the output folder."""
    with running(lambda topic: (tmp_path / "feeds" / unquote(urlsplit(topic).path)[1:]).read_bytes()) as hub:
        yield hub


@pytest.fixture
def site(make_house: MakeHouse, tmp_path: Path, hub: Hub, write: Write) -> House:
    feeds = FeedSettings(per=(), hub=(hub.url,), hub_private=True)
    house = make_house(tmp_path, feeds=feeds, newsletters={})
    write(house, "one.md", "# خبر أول\n\nنص الخبر.\n")
    return house


@pytest.fixture
def tell(clock: Clock) -> Callable[[House], None]:
    """One round of pings."""

    def run(house: House, **changes: Any) -> None:
        engine: Any = None
        session = Session(house, State(house.root / "state"), clock, lambda: engine)
        asyncio.run(_round(session))

    return run


async def _round(session: Session) -> None:
    await pinging.ping(session, lambda: False)


Tell = Callable[[House], None]


@pytest.mark.postgresql
def test_each_change_is_told_once_with_the_new_bytes_there(
    site: House, hub: Hub, write: Write, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    publishes(site)
    assert [] == hub.pings  # publishing itself waits for nobody
    tell(site)
    assert ALL == hub.topics
    assert all("خبر أول".encode() in seen for _, seen in hub.pings)
    for _ in range(3):
        publishes(site)
        publishes(site, verify=True)
        tell(site)
        clock.forward(hours=30)
    assert ALL == hub.topics

    hub.clear()
    write(site, "two.md", "# خبر ثان\n\nنص الخبر.\n")
    publishes(site)
    tell(site)

    assert ALL == hub.topics
    assert all("خبر ثان".encode() in seen for _, seen in hub.pings)


def test_only_the_feeds_that_changed_are_told_those_of_labels_too_and_no_archive(
    make_house: MakeHouse, tmp_path: Path, hub: Hub, write: Write, publishes: Publishes, tell: Tell
) -> None:  # F24
    house = make_house(
        tmp_path, feeds=FeedSettings(entries=1, hub=(hub.url,), hub_private=True), newsletters={}
    )

    def article(name: str, category: str, day: int, words: str = "نص") -> None:
        head = f"title: خبر {day}\ncategories: [{category}]\ndate: 2026-01-{day:02}\nauthor: سعاد"
        write(house, name, f"---\n{head}\n---\n\n{words}\n")

    article("one.md", "رياضة", 1)
    article("two.md", "ثقافة", 2)
    publishes(house)
    tell(house)
    folders = {unquote(topic.rpartition("/")[0]) for topic in hub.topics}
    assert {"", "category/رياضة", "category/ثقافة", "author/سعاد", "lang/ar"} == folders
    assert 15 == len(set(hub.topics)) == len(hub.pings)
    hub.clear()
    article("one.md", "رياضة", 1, "نص آخر")  # too old for every other feed
    publishes(house)
    tell(house)

    assert {f"category/رياضة/{name}" for name in ALL} == {unquote(topic) for topic in hub.topics}
    assert all("نص آخر".encode() in seen for _, seen in hub.pings)


@pytest.mark.postgresql
def test_what_is_refused_is_tried_again_and_the_next_change_takes_its_place(
    site: House, hub: Hub, write: Write, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    publishes(site)
    hub.answers = [500, 500, 500]
    tell(site)
    assert ALL == hub.topics
    clock.forward(seconds=50)
    tell(site)
    assert ALL == hub.topics  # not yet
    assert ALL == [each.path for each in pings.untold(site) if each.due]

    clock.forward(seconds=20)
    hub.answers = [500, 500, 500]
    tell(site)
    assert 6 == len(hub.pings)
    (line,) = pings.troubles(site)
    assert "500 said so" in line and "next try 2026-11-20T12:06:10+00:00" in line
    write(site, "two.md", "# خبر ثان\n\nنص الخبر.\n")
    publishes(site)
    clock.forward(minutes=1)
    tell(site)
    assert 9 == len(hub.pings)  # one ping for both changes
    clock.forward(days=2)
    tell(site)

    assert 9 == len(hub.pings)
    assert [] == pings.untold(site)
    assert [] == pings.troubles(site)


@pytest.mark.postgresql
def test_a_hub_that_is_down_gets_one_try_for_all_feeds_and_then_its_rest(
    site: House, hub: Hub, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    publishes(site)
    hub.answers = [503]
    tell(site)
    assert 1 == len(hub.pings)
    assert [1, 1, 1] == [each.attempts for each in pings.untold(site)]

    clock.forward(minutes=1)
    tell(site)

    assert 4 == len(hub.pings)
    assert set(ALL) == set(hub.topics)


def test_nobody_listens_and_then_somebody_does(
    make_house: MakeHouse, tmp_path: Path, write: Write, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    with running() as gone:
        port = gone.port
    house = make_house(
        tmp_path,
        feeds=FeedSettings(per=(), hub=(f"http://127.0.0.1:{port}/",), hub_private=True),
        newsletters={},
    )
    write(house, "one.md", "# خبر أول\n\nنص الخبر.\n")
    publishes(house)
    tell(house)
    assert all("refused" in each.answer for each in pings.untold(house))
    clock.forward(minutes=1)
    tell(house)

    assert [2, 2, 2] == [each.attempts for each in pings.untold(house)]


@pytest.mark.postgresql
def test_the_time_a_hub_asks_for_is_kept_also_by_the_next_change(
    site: House, hub: Hub, write: Write, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    publishes(site)
    hub.answers = [(429, {"Retry-After": "3600"})]
    tell(site)
    clock.forward(minutes=50)
    write(site, "two.md", "# خبر ثان\n\nنص الخبر.\n")
    publishes(site)
    tell(site)
    assert 1 == len(hub.pings)
    clock.forward(minutes=11)
    tell(site)

    assert 4 == len(hub.pings)
    assert [] == pings.untold(site)


@pytest.mark.postgresql
def test_a_hub_that_says_no_is_given_up_until_the_next_change(
    site: House, hub: Hub, write: Write, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    publishes(site)
    hub.answers = [410, 410, 410]
    tell(site)
    clock.forward(days=3)
    tell(site)
    assert 3 == len(hub.pings)
    (line,) = pings.troubles(site)
    assert "is told no more of 3 feeds until the next change: 410 said so. Mend: " in line

    write(site, "two.md", "# خبر ثان\n\nنص الخبر.\n")
    publishes(site)
    tell(site)

    assert 6 == len(hub.pings)
    assert [] == pings.troubles(site)


@pytest.mark.postgresql
def test_a_change_that_is_taken_back_before_anybody_heard_of_it_is_no_news(
    site: House, hub: Hub, write: Write, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    publishes(site)
    tell(site)
    article = write(site, "two.md", "# خبر ثان\n\nنص الخبر.\n")
    publishes(site)
    hub.clear()
    hub.answers = [500] * 3
    tell(site)
    assert 3 == len(hub.pings)
    hub.clear()
    article.unlink()
    publishes(site)
    clock.forward(hours=2)
    tell(site)

    assert "feed.json" not in hub.topics  # it is what it was; Atom tells of the removal (F13)
    assert [] == pings.untold(site)


def test_no_hub_hears_of_what_nobody_can_see_yet(
    site: House, hub: Hub, publishes: Publishes, tell: Tell, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # F24, X6
    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(OSError):
        broken.setattr(files, "put", full)
        publishes(site)
    assert 3 == len(pings.untold(site))
    (site.out).mkdir(exist_ok=True)
    (site.out / "atom.xml").write_text("somebody else's")
    tell(site)
    assert [] == hub.pings
    publishes(site)
    clock.forward(minutes=1)
    tell(site)

    assert ALL == hub.topics


def test_a_hub_waits_while_a_publish_is_under_way(
    site: House, hub: Hub, publishes: Publishes, clock: Clock
) -> None:  # F24
    """What belongs to a feed and is written after it, such as its compressed forms, is there when the hub comes."""
    publishes(site)
    engine: Any = None
    session = Session(site, State(site.root / "state"), clock, lambda: engine)

    async def scene() -> int:
        async with session.publishing:
            round_ = asyncio.create_task(_round(session))
            await asyncio.sleep(0.2)
            before = len(hub.pings)
        await round_
        return before

    assert 0 == asyncio.run(scene())
    assert ALL == hub.topics


def test_one_hub_waits_for_no_other(
    make_house: MakeHouse, tmp_path: Path, hub: Hub, write: Write, publishes: Publishes, tell: Tell
) -> None:  # F24
    with running() as other:
        other.answers = [404, 500, 204]
        house = make_house(
            tmp_path, feeds=FeedSettings(per=(), hub=(other.url, hub.url), hub_private=True), newsletters={}
        )
        write(house, "one.md", "# خبر أول\n\nنص الخبر.\n")
        publishes(house)
        tell(house)

        assert ALL == hub.topics == other.topics
    assert [other.url] * 2 == [each.target for each in pings.untold(house)]


@pytest.mark.postgresql
def test_another_hub_hears_of_every_feed_and_the_old_one_is_forgotten(
    site: House, hub: Hub, publishes: Publishes, tell: Tell
) -> None:  # F24
    publishes(site)
    hub.answers = [410] * 3
    tell(site)
    with running() as other:
        moved = replace(site, feeds=replace(site.feeds, hub=(other.url,)))
        publishes(moved)
        tell(moved)

        assert ALL == other.topics
    assert [] == pings.untold(site) == pings.untold(moved)


def test_a_feed_that_is_no_more_is_nobodys_news(
    site: House, hub: Hub, publishes: Publishes, tell: Tell
) -> None:  # F24
    publishes(site)
    (site.out / "rss.xml").unlink()
    tell(site)

    assert ["atom.xml", "feed.json"] == hub.topics
    assert [] == pings.untold(site)


@pytest.mark.postgresql
def test_many_feeds_that_are_no_more_stand_before_no_news(
    site: House, hub: Hub, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    pings.note(site, clock(), [(f"category/{number}/rss.xml", b"gone") for number in range(50)])
    clock.forward(seconds=1)
    publishes(site)
    tell(site)

    assert ALL == hub.topics
    assert [] == pings.untold(site)


def test_many_hubs_that_hang_keep_nobody_waiting(
    make_house: MakeHouse,
    tmp_path: Path,
    write: Write,
    publishes: Publishes,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # F24
    """They have threads of their own: what publishes and serves shares a small pool."""
    monkeypatch.setattr("publisher.feeds.hub.SECONDS", LONG)
    with running() as peer:
        peer.answers = ["hang"] * 100
        urls = tuple(f"{peer.url}/{number}" for number in range(12))
        house = make_house(tmp_path, feeds=FeedSettings(per=(), hub=urls, hub_private=True), newsletters={})
        write(house, "one.md", "# خبر أول\n\nنص الخبر.\n")
        publishes(house)
        engine: Any = None
        session = Session(house, State(house.root / "state"), clock, lambda: engine)

        async def scene() -> bool:
            round_ = asyncio.create_task(_round(session))
            while len(peer.pings) < 6:
                assert not round_.done()
                await asyncio.sleep(0.01)
            await session.publish()
            was_first = not round_.done()
            peer.go_on.set()
            await round_
            return was_first

        assert asyncio.run(scene())
    assert 12 * 3 == len(pings.untold(house))
