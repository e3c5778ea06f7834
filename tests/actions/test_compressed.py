"""The companions on the disk, and what is known of each version of a feed."""

import gzip
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import brotli
import pytest

from publisher.actions import compressed
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.feeds import document, files
from publisher.feeds.settings import FeedSettings
from publisher.layout import Layout
from publisher.store import feed_versions
from tests.conftest import URL

Publishes = Callable[..., Published]
LONG = "كلمة أخرى في نص طويل جدا. " * 1500
FEEDS = ("rss.xml", "atom.xml", "feed.json")


def story(number: int, text: str = "نص") -> str:
    return f"---\ntitle: خبر {number}\ndate: 2026-01-{number:02}\nslug: story-{number}\n---\n\n{text}\n"


def check(out: Path) -> set[str]:
    """The files that have companions; each companion holds its file, and has its time."""
    found = set()
    for path in out.rglob("*"):
        if path.suffix in {".gz", ".br"}:
            plain = path.with_suffix("")
            unpack = gzip.decompress if path.suffix == ".gz" else brotli.decompress
            assert plain.read_bytes() == unpack(path.read_bytes()), path
            assert plain.stat().st_mtime_ns == path.stat().st_mtime_ns, path
            found.add(str(plain.relative_to(out)))
    return found


def test_feeds_and_large_pages_have_companions_with_their_own_time(house, write, publishes) -> None:  # F22
    house = replace(house, feeds=FeedSettings(aliases=("/old/feed.xml",)))
    write(house, "1.md", story(1))
    write(house, "2.md", story(2, LONG))
    publishes(house)

    assert {*FEEDS, "old/feed.xml", "story-2/index.html"} <= check(house.out)
    assert not (house.out / "story-1" / "index.html.gz").exists()
    before = {path: path.stat() for path in house.out.rglob("*")}
    publishes(house, verify=True)
    assert before == {path: path.stat() for path in house.out.rglob("*")}


def test_a_page_that_leaves_takes_its_companions_along(house, write, publishes) -> None:  # F22
    write(house, "1.md", story(1))
    path = write(house, "2.md", story(2, LONG))
    publishes(house)
    path.unlink()
    publishes(house, accept_removals=True)

    assert not (house.out / "story-2").exists()


def test_a_page_that_became_small_leaves_no_old_companion(house, write, publishes) -> None:  # F22
    write(house, "1.md", story(1, LONG))
    publishes(house)
    write(house, "1.md", story(1))
    publishes(house)

    check(house.out)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("at", ["before", "middle", "theme"])
def test_after_a_kill_the_next_process_mends_them(  # F22, X3
    at, house, make_house, write, publishes, monkeypatch
) -> None:
    write(house, "1.md", story(1, LONG))
    publishes(house)
    if at == "theme":
        (house.root / "templates" / "web").mkdir(parents=True)
        (house.root / "templates" / "web" / "extra.css").write_text("/* ours */")
        house = replace(house, site=replace(house.site, title="جريدة أخرى"))
    else:
        write(house, "1.md", story(1, LONG + "جديد"))

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        if at == "middle":
            real, count = files.put, iter(range(100))

            def some(*given: object, **named: object) -> bool:
                if named.get("mtime_ns") and next(count) > 2:
                    raise Killed
                return real(*given, **named)  # type: ignore[arg-type]

            patched.setattr(files, "put", some)
        else:
            patched.setattr(compressed, "refresh", killed)
        with pytest.raises(Killed):
            publishes(house)
    with pytest.raises(AssertionError):
        check(house.out)

    again = replace(make_house(house.root), site=house.site)
    publishes(again)
    assert {*FEEDS, "story-1/index.html"} <= check(house.out)


def test_after_a_kill_those_of_lists_are_mended_too(  # F22, X3
    make_house, tmp_path, write, publishes, monkeypatch
) -> None:
    house = make_house(tmp_path, layout=Layout(URL))
    for number in range(1, 21):
        write(house, f"{number}.md", story(number, LONG).replace("خبر", "خبر طويل " * 20))
    publishes(house)
    other = replace(house, site=replace(house.site, title="جريدة أخرى"))

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(compressed, "refresh", killed)
        with pytest.raises(Killed):
            publishes(other)
    again = replace(make_house(tmp_path, layout=Layout(URL)), site=other.site)
    publishes(again)

    assert {"lang/ar/index.html"} <= check(house.out)


def test_a_publish_that_failed_is_mended_by_the_next_of_the_same_process(  # F22
    house, write, publishes, monkeypatch
) -> None:
    write(house, "1.md", story(1, LONG))
    publishes(house)
    write(house, "1.md", story(1, LONG + "جديد"))
    with monkeypatch.context() as patched:
        patched.setattr(compressed, "refresh", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publishes(house)
    publishes(house)

    assert "story-1/index.html" in check(house.out)


def test_deleted_companions_of_feeds_come_back_at_the_next_look(house, write, publishes) -> None:  # F22
    write(house, "1.md", story(1))
    publishes(house)
    for each in house.out.rglob("*.gz"):
        each.unlink()
    publishes(house)
    assert not (house.out / "atom.xml.gz").exists()  # a glance does not look for them
    publishes(house, verify=True)

    assert set(FEEDS) <= check(house.out)
    assert (house.out / "atom.xml.gz").exists()


def test_the_files_of_other_programs_get_none(house, write, publishes, make_house) -> None:
    house.out.mkdir()
    (house.out / "theirs.json").write_text("{}" * 20_000)
    (house.out / "theirs.tar.gz").write_bytes(b"an archive")
    os.utime(house.out / "theirs.tar.gz", (1, 1))
    write(house, "1.md", story(1))
    publishes(house, verify=True)
    publishes(make_house(house.root), verify=True)

    assert ["theirs.json", "theirs.tar.gz"] == sorted(path.name for path in house.out.glob("theirs*"))


def known(house: House, path: str) -> dict[str, bytes]:
    return house.store.read(lambda c: feed_versions.of(c, path))


def test_every_version_of_a_feed_is_known_and_the_last_fifty_only(house, write, publishes) -> None:  # F23
    for number in range(1, 4):
        write(house, f"{number}.md", story(number))
        publishes(house)
        etag = document.fingerprint((house.out / "atom.xml").read_bytes())
        assert 8 * number == len(known(house, "atom.xml")[etag])
    assert 3 == len(known(house, "rss.xml")) == len(known(house, "feed.json"))

    for number in range(60):
        house.store.write(lambda c, n=number: feed_versions.note(c, "atom.xml", f"{n}", b""))
    assert {f"{number}" for number in range(10, 60)} == set(known(house, "atom.xml"))
    house.store.write(lambda c: feed_versions.note(c, "atom.xml", "10", b"again"))
    house.store.write(lambda c: feed_versions.note(c, "atom.xml", "new", b""))
    assert b"again" == known(house, "atom.xml")["10"]
    assert "11" not in known(house, "atom.xml")
    assert 3 == len(known(house, "rss.xml"))


def test_what_is_known_of_a_feed_that_left_is_forgotten(house, write, publishes) -> None:  # F23
    aliased = replace(house, feeds=FeedSettings(aliases=("/old/feed.xml",)))
    write(house, "1.md", story(1))
    publishes(aliased)
    assert known(house, "old/feed.xml")
    publishes(house)

    assert not known(house, "old/feed.xml")
    assert not list((house.out).glob("old*"))
