"""Search engines hear of each page once, after it can be seen: a real queue, real files, real sockets."""

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from publisher.actions import announcing, correction
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.pages.settings import PageSettings
from publisher.store import announcements, articles, facts, pings
from publisher.store.pings import Kind
from publisher.store.state import State
from publisher.verbs import pinging
from publisher.verbs.session import Session
from tests.conftest import URL, Clock, MakeHouse, Write
from tests.engines import Engines, running
from tests.hub import running as running_hub

Publishes = Callable[..., Published]
Tell = Callable[..., list[str]]


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[Engines]:
    """They fetch the key's file from the output folder."""

    def look(url: str) -> bytes:
        path = tmp_path / "feeds" / unquote(urlsplit(url).path)[1:]
        return path.read_bytes() if path.is_file() else b""

    with running(look) as engines:
        yield engines


@pytest.fixture
def site(make_house: MakeHouse, tmp_path: Path, engines: Engines) -> House:
    return make_house(tmp_path, pages=told_to(engines), newsletters={})


def told_to(engines: Engines, **more: Any) -> PageSettings:
    return PageSettings(indexnow=engines.url, indexnow_private=True, **more)


@pytest.fixture
def tell(clock: Clock, engines: Engines) -> Tell:
    """One round of pings: the addresses that were told of, without the site's."""

    def run(house: House) -> list[str]:
        before = len(engines.messages)
        asyncio.run(_round(house, clock))
        told = [url for each in engines.messages[before:] for url in each["urlList"]]
        return [unquote(url.removeprefix(URL)) for url in told]

    return run


async def _round(house: House, clock: Clock) -> None:
    engine: Any = None
    session = Session(house, State(house.root / "state"), clock, lambda: engine)
    await pinging.ping(session, lambda: False)


def story(title: str, words: str = "نص الخبر.", **head: str) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in head.items())
    return f"---\ntitle: {title}\n{lines}---\n\n{words}\n"


def test_a_new_page_is_one_message_with_a_key_that_stands_in_its_file(
    site: House, engines: Engines, write: Write, publishes: Publishes, tell: Tell
) -> None:  # F24
    write(site, "one.md", story("خبر أول"))
    publishes(site)
    assert [] == engines.messages  # publishing itself waits for nobody
    tell(site)

    (message,) = engines.messages
    key = message["key"]
    assert re.fullmatch("[0-9a-f]{32}", key)
    assert {
        "host": "news.example.org",
        "key": key,
        "keyLocation": f"https://news.example.org/{key}.txt",
        "urlList": ["https://news.example.org/%D8%AE%D8%A8%D8%B1-%D8%A3%D9%88%D9%84/"],
    } == message
    assert ["application/json; charset=utf-8"] == engines.types
    assert [key.encode()] == engines.key_files
    assert [] == announcing.troubles(site)


def test_what_did_not_change_is_not_told_again(
    site: House, write: Write, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    write(site, "one.md", story("one"))
    publishes(site)
    assert ["/one/"] == tell(site)
    for _ in range(3):
        (site.out / "one" / "index.html").unlink()  # made again by the next publish
        publishes(site, verify=True)
        clock.forward(hours=30)
        assert [] == tell(site)
    assert (site.out / "one" / "index.html").is_file()
    another = replace(site, site=replace(site.site, title="اسم آخر"))  # every page is made again
    assert any("one" in path for path in publishes(another).written)

    assert [] == tell(another)


@pytest.mark.postgresql
def test_what_changed_was_corrected_or_left_is_told_and_no_draft(
    site: House, write: Write, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    write(site, "one.md", story("one"))
    write(site, "two.md", story("two"))
    write(site, "draft.md", story("draft", draft="true"))
    write(site, "future.md", story("future", date="2027-01-01"))
    publishes(site)
    assert ["/one/", "/two/"] == tell(site)

    write(site, "one.md", story("one", "نص آخر."))
    publishes(site)
    assert ["/one/"] == tell(site)

    correction.correct(site, "two.md", "الصحيح: مئة.", clock())
    publishes(site)
    assert ["/two/"] == tell(site)

    (site.folder / "one.md").unlink()
    publishes(site, accept_removals=True)
    assert not (site.out / "one").exists()
    assert ["/one/"] == tell(site)

    write(site, "draft.md", story("draft"))
    publishes(site)
    assert ["/draft/"] == tell(site)
    publishes(site)
    assert [] == tell(site)


def test_an_article_that_moves_is_told_at_both_addresses(
    site: House, write: Write, publishes: Publishes, tell: Tell
) -> None:  # F24
    write(site, "one.md", story("one", slug="before"))
    publishes(site)
    assert ["/before/"] == tell(site)
    write(site, "one.md", story("one", slug="after"))
    publishes(site)

    assert ["/after/", "/before/"] == tell(site)
    assert [] == tell(site)


def test_a_page_that_left_before_anybody_heard_of_it_is_no_news(
    site: House, write: Write, publishes: Publishes, tell: Tell
) -> None:  # F24
    write(site, "one.md", story("one"))
    publishes(site)
    (site.folder / "one.md").unlink()
    publishes(site, accept_removals=True)

    assert [] == tell(site)
    assert announcing.untold(site) is None
    write(site, "two.md", story("two"))
    publishes(site)
    assert ["/two/"] == tell(site)
    assert [("two/index.html",)] == site.store.read(
        lambda c: c.exec_driver_sql("SELECT path FROM announcements").fetchall()
    )


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "answer, again, said",
    [
        (500, 1, "500 said so; next try 2026-11-20T12:01:00+00:00"),
        (403, 1, "403 said so; next try"),  # they did not find the key's file: perhaps they do later
        ((429, {"Retry-After": "600"}), 10, "next try 2026-11-20T12:10:00+00:00"),
        (422, None, "is told no more of 1 page until the next change: 422 said so. Mend: "),
        (400, None, "is told no more of 1 page until the next change: 400 said so. Mend: "),
    ],
)
def test_what_they_did_not_take_is_tried_again_or_told_to_the_publisher(
    site: House,
    engines: Engines,
    write: Write,
    publishes: Publishes,
    tell: Tell,
    clock: Clock,
    answer: Any,
    again: int | None,
    said: str,
) -> None:  # F24
    write(site, "one.md", story("one"))
    publishes(site)
    engines.answers = [answer]
    assert ["/one/"] == tell(site)
    (line,) = announcing.troubles(site)
    assert said in line
    clock.forward(minutes=(again or 4000) - 0.5)
    assert [] == tell(site)
    if again:
        clock.forward(minutes=1)
    else:
        write(site, "two.md", story("two"))
        publishes(site)

    assert (["/one/"] if again else ["/one/", "/two/"]) == tell(site)
    assert [] == announcing.troubles(site)
    clock.forward(days=3)
    assert [] == tell(site)


@pytest.mark.postgresql
def test_changes_while_they_fail_do_not_shorten_their_rest(
    site: House, engines: Engines, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    publishes(site)
    engines.answers = [429] * 3
    tried = []
    for minute in range(25):
        note(site, engines, [f"{minute}/index.html"], clock)
        if tell(site):
            tried.append(minute)
        clock.forward(minutes=1)

    assert [0, 1, 6, 21, 22, 23, 24] == tried  # after 1, 5 and 15 minutes; then at once
    assert [1, 2, 7, 22, 1, 1, 1] == [len(each["urlList"]) for each in engines.messages]


def note(house: House, engines: Engines, paths: Iterable[str], clock: Clock) -> None:
    """As a publish of that many pages would."""

    def write(connection: Any) -> None:
        announcements.note(connection, dict.fromkeys(paths, "x"))
        pings.grown(connection, Kind.INDEXNOW, engines.url, clock())

    house.store.write(write)


@pytest.mark.postgresql
def test_twenty_five_thousand_pages_are_three_messages_and_a_restart_goes_on(
    site: House, engines: Engines, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    publishes(site)
    note(site, engines, [f"{number}/index.html" for number in range(25_000)], clock)
    engines.answers = [200, 503]
    tell(site)
    assert [10_000, 10_000] == [len(each["urlList"]) for each in engines.messages]
    found = announcing.untold(site)
    assert found and 15_000 == found[1]
    engines.clear()
    clock.forward(minutes=1)
    tell(site)  # a session of its own: nothing is remembered but what the store says

    assert [10_000, 5_000] == [len(each["urlList"]) for each in engines.messages]
    assert 15_000 == len(set(engines.urls))
    assert announcing.untold(site) is None


@pytest.mark.postgresql
def test_a_site_that_begins_to_tell_tells_what_stands_and_knows_it_later(
    site: House, write: Write, publishes: Publishes, tell: Tell
) -> None:  # F24
    silent = replace(site, pages=PageSettings())
    for name in ("one", "two", "three"):
        write(site, f"{name}.md", story(name))
    publishes(silent)
    assert ["robots.txt"] == [path.name for path in silent.out.glob("*.txt")]
    assert [] == tell(silent)
    assert 0 == silent.store.read(announcements.waiting)
    publishes(site)
    assert ["/one/", "/three/", "/two/"] == tell(site)

    publishes(silent)  # for a while
    assert ["robots.txt"] == [path.name for path in silent.out.glob("*.txt")]
    write(site, "two.md", story("two", "نص آخر."))
    (site.folder / "three.md").unlink()
    publishes(silent, accept_removals=True)
    assert [] == tell(silent)
    publishes(site)

    assert ["/three/", "/two/"] == tell(site)
    moved = replace(site, layout=replace(site.layout, root="https://new.example.org"))
    publishes(moved)
    assert ["https://new.example.org/one/", "https://new.example.org/two/"] == tell(moved)


@pytest.mark.postgresql
def test_a_cut_off_beginning_begins_again(
    site: House, write: Write, publishes: Publishes, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:  # F24, X3
    write(site, "one.md", story("one"))
    publishes(site)
    assert ["/one/"] == tell(site)
    publishes(replace(site, pages=PageSettings()))

    def full(*_: object) -> list[object]:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(OSError):
        broken.setattr(articles, "on_disk", full)
        publishes(site)
    assert [] == tell(site)  # that everything is gone is not the truth
    publishes(site)

    assert [] == tell(site)
    assert announcing.untold(site) is None


def test_nobody_hears_before_the_key_s_file_is_there_or_while_a_publish_goes_on(
    site: House, write: Write, publishes: Publishes, tell: Tell, clock: Clock
) -> None:  # F24
    for number in range(4):
        write(site, f"{number}.md", story(f"n{number}"))
    assert publishes(site, limit=2).more
    assert [] == tell(site)
    publishes(site, limit=100)
    key = announcing.key(site)
    (site.out / f"{key}.txt").write_text("another's")
    assert [] == tell(site)
    clock.forward(minutes=2)
    assert [] == tell(site)

    (site.out / f"{key}.txt").unlink()
    publishes(site, verify=True)
    clock.forward(minutes=2)
    assert ["/n0/", "/n1/", "/n2/", "/n3/"] == tell(site)


@pytest.mark.parametrize(
    "root, pages, said",
    [
        ("http://127.0.0.1:8080", {}, "none of them reaches http://127.0.0.1:8080. Mend: set site.url"),
        (URL, {"enabled": False, "link": "https://old.example/:slug/"}, "the pages are another program's"),
    ],
)
def test_where_it_is_of_no_use_nobody_is_told_and_one_line_says_why(
    site: House,
    engines: Engines,
    write: Write,
    publishes: Publishes,
    tell: Tell,
    root: str,
    pages: dict[str, Any],
    said: str,
) -> None:  # F24
    settings = told_to(engines, **pages)
    layout = replace(site.layout, root=root, pages=settings.enabled)
    house = replace(site, pages=settings, layout=layout)
    write(house, "one.md", story("one"))
    publishes(house)

    assert [] == tell(house)
    assert [] == [path for path in house.out.glob("*.txt") if path.name != "robots.txt"]
    (line,) = announcing.troubles(house)
    assert line.startswith("pages.indexnow tells no search engine anything: ") and said in line
    assert 0 == house.store.read(announcements.waiting)
    assert not house.store.read(lambda c: facts.get(c, facts.TELLING))


@pytest.mark.postgresql
def test_hubs_and_search_engines_do_not_take_each_other_s_place(
    site: House, write: Write, publishes: Publishes, tell: Tell
) -> None:  # F24
    with running_hub() as hub:
        both = replace(site, feeds=replace(site.feeds, hub=(hub.url,), hub_private=True))
        write(site, "one.md", story("one"))
        publishes(both)
        assert ["/one/"] == tell(both)
        assert ["atom.xml", "feed.json", "rss.xml"] == hub.topics
        hub.clear()
        write(site, "two.md", story("two"))
        publishes(both)

        assert ["/two/"] == tell(both)
        assert ["atom.xml", "feed.json", "rss.xml"] == hub.topics
        publishes(both)
        assert [] == tell(both)


@pytest.mark.postgresql
def test_another_door_hears_what_the_first_one_did_not(
    site: House, engines: Engines, write: Write, publishes: Publishes, tell: Tell
) -> None:  # F24
    write(site, "one.md", story("one"))
    publishes(site)
    assert ["/one/"] == tell(site)
    write(site, "two.md", story("two"))
    publishes(site)
    engines.answers = [422]
    tell(site)
    other = replace(site, pages=replace(site.pages, indexnow=f"{engines.url}/other"))
    publishes(other)

    assert ["/two/"] == tell(other)
    assert [] == tell(other)


@pytest.mark.sqlite
def test_what_waits_is_found_without_reading_what_was_told(site: House) -> None:
    plan = site.store.read(
        lambda c: c.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT path FROM announcements WHERE "
            "(announcements.wanted <> announcements.told OR announcements.wanted = '') ORDER BY path"
        ).fetchall()
    )

    assert ["SCAN announcements USING COVERING INDEX ix_announcements_untold"] == [
        row[3].replace("USING INDEX", "USING COVERING INDEX") for row in plan
    ]
