"""Verbs on a real site, where two of them meet: the daemon's tick, `send`, `resume`, a restored database."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from publisher.actions import plan, slots
from publisher.actions.init import create
from publisher.config import load
from publisher.errors import BadConfig, BadInput, BadState, Exit, Unwritable
from publisher.model.delivery import State
from publisher.store import consents, editions, ledger
from publisher.templating import PACKAGED
from publisher.verbs import choosing, reading, returning, table
from publisher.verbs import session as sessions
from tests.commands import nashir
from tests.newsroom import tick
from tests.patience import LONG


def clock():
    return datetime.now(UTC)


@pytest.fixture
def folder(tmp_path):
    create(tmp_path / "site", "Asia/Baghdad")
    return tmp_path / "site"


@pytest.fixture
def article(folder):
    def article(name, title):
        path = folder / "articles" / name
        path.write_text(f"{title}\nفقرة أولى من المقالة.\n", "utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))

    return article


@pytest.fixture
def opened(folder):
    with sessions.writing(load(folder, {}), clock) as session:
        yield session


@pytest.fixture
def run():
    """Runs verbs one after another on one loop, as a daemon does."""
    with asyncio.Runner() as runner:
        yield lambda session, verb, **arguments: runner.run(table.run(session, verb, arguments))


def letters(folder):
    return sorted((folder / "outbox" / "new").glob("*"))


def test_resume_without_a_fence_touches_nothing(run, opened, article):  # S1
    run(opened, "publish")
    run(opened, "subscribers add", address="reader@example.org", confirmed=True)
    article("a.txt", "خبر أول")
    run(opened, "publish")
    number = slots.edition_now(
        opened.house, opened.house.newsletter("daily")[0], clock(), include_existing=True
    )
    assert number
    plan.plan(opened.house, number, opened.clock())
    (delivery,) = opened.house.store.write(lambda c: ledger.claim(c, clock(), 10))
    opened.house.store.write(lambda c: ledger.begin(c, [delivery.id], clock()))

    assert "" == run(opened, "resume")["was"]
    assert {State.SENDING: 1} == opened.house.store.read(ledger.tally)


def test_two_sends_at_once_put_an_article_into_one_letter(run, opened, article, folder):  # D1, D7
    run(opened, "publish")
    for number in range(30):
        run(opened, "subscribers add", address=f"r{number}@example.org", confirmed=True)
    article("a.txt", "خبر أول")
    run(opened, "publish")

    async def both():
        await asyncio.gather(*(table.run(opened, "send", {"now": True}) for _ in range(3)))

    asyncio.run(both())

    assert 30 == len(letters(folder))


def test_a_database_restored_in_place_sends_nothing(run, folder, article, tmp_path):  # S7, X10
    settings = load(folder, {})
    with sessions.writing(settings, clock) as session:
        run(session, "publish")
        run(session, "subscribers add", address="reader@example.org", confirmed=True)
        database = session.state.database
        with (
            closing(sqlite3.connect(database)) as source,
            closing(sqlite3.connect(tmp_path / "backup")) as target,
        ):
            source.backup(target)
        article("a.txt", "خبر أول")
        assert 1 == run(session, "send", now=True)["sent"]
    for log in database.parent.glob("nashir.db-*"):
        log.unlink()
    with database.open("r+b") as file:  # the same inode, as `cp` does it
        file.truncate()
        file.write((tmp_path / "backup").read_bytes())

    with sessions.writing(settings, clock) as session:
        with pytest.raises(BadState, match="nashir resume"):
            run(session, "send", now=True)
        assert 1 == len(letters(folder))
        run(session, "resume")
        run(session, "send", now=True)


def test_a_state_folder_restored_from_a_copy_sends_nothing(run, folder, article, tmp_path):  # S7, X10
    settings = load(folder, {})
    state = folder / "state"
    with sessions.writing(settings, clock) as session:
        run(session, "publish")
        run(session, "subscribers add", address="reader@example.org", confirmed=True)
        article("a.txt", "خبر أول")
    shutil.copytree(state, tmp_path / "backup")
    with sessions.writing(settings, clock) as session:
        assert 1 == run(session, "send", now=True)["sent"]
    for name in ("nashir.db", "generation"):
        (state / name).unlink()
        shutil.copy2(tmp_path / "backup" / name, state)  # a freed inode may be given out again

    with sessions.writing(settings, clock) as session, pytest.raises(BadState, match="nashir resume"):
        run(session, "send", now=True)
    assert 1 == len(letters(folder))


def test_a_lost_secret_is_not_replaced(run, folder):  # H4
    settings = load(folder, {})
    with sessions.writing(settings, clock) as session:
        run(session, "publish")
    (folder / "state" / "secret.key").unlink()

    with pytest.raises(BadState, match="secret key is gone"), sessions.writing(settings, clock):
        pass
    with pytest.raises(BadState, match="secret key is gone"), sessions.reading(settings):
        pass
    assert not (folder / "state" / "secret.key").exists()


def test_one_newsletters_mistake_stops_only_that_one(run, folder, article):  # D7
    config = folder / "config.toml"
    broken = '[[newsletters]]\nname = "broken"\nsubject = "{{ nope }}"\n\n[[newsletters]]\nname = "daily"'
    config.write_text(config.read_text("utf-8").replace('[[newsletters]]\nname = "daily"', broken), "utf-8")
    with sessions.writing(load(folder, {}), clock) as session:
        run(session, "publish")
        run(session, "subscribers add", address="reader@example.org", confirmed=True)
        article("a.txt", "خبر أول")
        done = run(session, "send", now=True)

    assert 1 == done["sent"]
    (problem,) = done["problems"]
    assert "nope" in problem


def test_an_article_that_was_broken_while_letters_were_planned_comes_with_the_next(
    run, folder, article
):  # D1
    with sessions.writing(load(folder, {}), clock) as session:
        run(session, "publish")
        run(session, "subscribers add", address="reader@example.org", confirmed=True)
        article("a.txt", "خبر أول")
        article("b.txt", "خبر ثانٍ")
        run(session, "publish")
        (folder / "articles" / "b.txt").write_bytes("خبر ثانٍ\n".encode() + b"\xc3\x28\n")
        os.utime(folder / "articles" / "b.txt", (1_700_000_100, 1_700_000_100))
        assert 1 == run(session, "send", now=True)["sent"]
        article("b.txt", "خبر ثانٍ")
        assert 1 == run(session, "send", now=True)["sent"]
        assert 0 == run(session, "send", now=True)["sent"]


@pytest.mark.parametrize("output", [".", "state", "articles", "articles/out", "templates", ".."])
def test_an_output_folder_that_would_publish_the_state_is_refused(folder, output):  # threat 5
    with pytest.raises(BadConfig, match="folder of its own"):
        load(folder, {"NASHIR__FEEDS__FOLDER": output})


def test_check_works_on_a_leap_day_and_names_broken_templates(folder):
    (folder / "templates" / "mail").mkdir(parents=True)
    (folder / "templates" / "mail" / "digest.html.j2").write_text("{{ nothing.here }}")
    with sessions.trying(load(folder, {})) as house:
        found = reading.check(house, datetime(2028, 2, 29, 12, tzinfo=UTC))

    assert ["published"] == [row["status"] for row in found["articles"]]
    (problem,) = found["problems"]
    assert "digest.html.j2:1" in problem["where"]


@pytest.mark.parametrize("name", ["mail/digest.html.j2", "mail/parts.html.j2"])
def test_a_template_that_is_not_utf8_is_named_with_the_mend(folder, name):  # R10
    path = folder / "templates" / name
    path.parent.mkdir(parents=True)
    path.write_bytes("سلام".encode("cp1256"))
    with sessions.trying(load(folder, {})) as house:
        (problem,) = reading.check(house, clock())["problems"]

    assert str(path) == problem["where"]
    assert "is not UTF-8: there is a byte 0xD3 at 0" == problem["what"]
    assert "save it as UTF-8" == problem["mend"]


@pytest.mark.parametrize("published", [True, False])
def test_check_tries_the_template_of_every_letter(folder, published):  # R10
    (folder / "templates" / "mail").mkdir(parents=True)
    names = [path.name for path in (PACKAGED / "mail").glob("*.j2") if path.name[:4] not in ("base", "part")]
    for name in names:
        (folder / "templates" / "mail" / name).write_text("fine\n{{ nothing.here }}\n")
    if not published:
        (folder / "articles" / "welcome.md").unlink()
    with sessions.trying(load(folder, {})) as house:
        found = reading.check(house, clock())

    assert 20 == len(names)
    # The HTML part of a letter is made first; a letter with a fault in it has no second.
    assert {f"{name}:2" for name in names if ".html." in name} == {
        problem["where"].rpartition("/")[2] for problem in found["problems"]
    }


@pytest.mark.parametrize("published", [True, False])
def test_check_tries_the_template_of_every_page(folder, published):  # R10
    (folder / "templates" / "web").mkdir(parents=True)
    names = {path.name for path in (PACKAGED / "web").glob("*.j2")} - {"base.html.j2"}
    for name in names:
        (folder / "templates" / "web" / name).write_text("fine\n{{ nothing.here }}\n")
    names -= {
        "embed.html.j2",
        "parts.html.j2",
    }  # what is in the one, and what the other is in, fails before them
    if not published:
        (folder / "articles" / "welcome.md").unlink()
    with sessions.trying(load(folder, {})) as house:
        found = reading.check(house, clock())

    assert {"edition.html.j2", "newsletter.html.j2", "feed.html.j2"} <= names
    assert {f"{name}:2" for name in names} == {
        problem["where"].rpartition("/")[2] for problem in found["problems"]
    }


@pytest.mark.parametrize("published", [True, False])
def test_check_finds_nothing_in_the_packaged_templates(folder, published):  # R10
    if not published:
        (folder / "articles" / "welcome.md").unlink()
    with sessions.trying(load(folder, {})) as house:
        assert [] == reading.check(house, clock())["problems"]


@pytest.mark.parametrize(
    "parts, said, mended",
    [
        ((), "is not there", True),
        (("new",), "is no Maildir: it has no cur/", True),
        (None, "is no folder", False),
    ],
)
def test_check_names_a_maildir_that_mail_cannot_come_back_to(folder, parts, said, mended):  # B1
    config, box = folder / "config.toml", folder / "mail back"
    with config.open("a") as file:
        file.write('\n[mail.bounces]\nevery = 30\nmaildir = "mail back"\n')
    if parts is None:
        box.write_text("From somebody")
    for each in parts or ():
        (box / each).mkdir(parents=True)
    (fault,) = returning.faults(load(folder, {}))

    assert f"{config}:{len(config.read_text().splitlines())}" == fault["where"]
    assert f"maildir: 'mail back' {said}" == fault["what"]
    if mended:
        subprocess.run(fault["mend"].partition(": ")[2], shell=True, check=True)
        assert [] == returning.faults(load(folder, {}))
    else:
        assert "name a Maildir" in fault["mend"]
    named = {"NASHIR__MAIL__BOUNCES__MAILDIR": "/nowhere"}
    assert (
        "the environment's NASHIR__MAIL__BOUNCES__MAILDIR"
        == returning.faults(load(folder, named))[0]["where"]
    )


def test_check_names_an_opening_that_cannot_be_read_and_its_line_has_the_mend(folder):  # D6
    config = folder / "config.toml"
    config.write_text(
        config.read_text("utf-8").replace("[[newsletters]]\n", '[[newsletters]]\nopening = "first.txt"\n')
    )
    (folder / "first.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
    done = subprocess.run(
        [sys.executable, "-m", "publisher", "check"], cwd=folder, capture_output=True, text=True, check=False
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("!")]

    assert Exit.FINDINGS == done.returncode
    assert line.startswith("! newsletters.daily.opening: first.txt: ")
    assert line.endswith(" Mend: mend the file, or remove it")


def test_an_unexpected_second_reader_of_the_watermark_waits(opened):  # D7
    held = opened.planning
    with held:
        waiting = threading.Thread(target=lambda: asyncio.run(tick(opened)))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join(LONG)

    assert not waiting.is_alive()
    assert [] == opened.house.store.read(editions.listing)


def test_the_output_is_made_good_and_what_a_kill_left_is_swept(run, opened, folder):  # X3
    (folder / "feeds").mkdir()
    left = folder / "feeds" / ".~half.tmp"
    left.write_bytes(b"half a feed")
    run(opened, "publish")
    assert not left.exists()
    (folder / "feeds" / "atom.xml").unlink()

    run(opened, "publish")

    assert (folder / "feeds" / "atom.xml").exists()


def test_a_tick_that_planned_asks_for_what_newsletters_show(run, opened, article, folder):  # F16
    """The page is there with the letters; lists and feed follow with the publish that the tick asks for."""
    run(opened, "publish")
    article("a.txt", "خبر أول")
    run(opened, "publish")
    asked = []
    opened.on_planned = lambda: asked.append(1)
    asyncio.run(tick(opened))
    quiet = len(asked)
    morning = (clock() + timedelta(days=1)).replace(hour=4, minute=30)  # half past seven in Baghdad
    opened.clock = lambda: morning
    asyncio.run(tick(opened))
    newsletter = folder / "feeds" / "newsletter" / "daily"
    (page,) = newsletter.glob("2*/index.html")
    before = (newsletter / "feed.json").read_text("utf-8")
    asyncio.run(opened.publish(whole=False))

    assert [0, 1] == [quiet, len(asked)]
    assert page.parent.name not in before
    assert page.parent.name in (newsletter / "feed.json").read_text("utf-8")


def test_a_page_that_cannot_be_written_keeps_its_own_letters_and_no_others(
    run, opened, article, folder
):  # F16, X3
    run(opened, "publish")
    run(opened, "subscribers add", address="reader@example.org", confirmed=True)
    article("a.txt", "خبر أول")
    run(opened, "publish")
    newsletter = folder / "feeds" / "newsletter"
    shutil.rmtree(newsletter)
    newsletter.write_text("in the way")
    morning = (clock() + timedelta(days=1)).replace(hour=4, minute=30)  # half past seven in Baghdad
    opened.clock = lambda: morning
    problems = asyncio.run(tick(opened))
    waiting = opened.house.store.read(ledger.tally)
    newsletter.unlink()
    none = asyncio.run(tick(opened))

    assert ({}, 1) == (waiting, len(problems))
    assert "newsletter/daily/" in problems[0]
    assert ({State.SENT: 1}, []) == (opened.house.store.read(ledger.tally), none)


@pytest.fixture
def due(run, opened, article):
    """A letter for one reader is due."""
    run(opened, "publish")
    run(opened, "subscribers add", address="reader@example.org", confirmed=True)
    article("a.txt", "خبر أول")
    run(opened, "publish")
    morning = (clock() + timedelta(days=1)).replace(hour=4, minute=30)  # half past seven in Baghdad
    opened.clock = lambda: morning
    return opened


@pytest.mark.parametrize("name", ["web/extra.css", "mail/digest.html.j2"])
def test_a_file_of_a_theme_that_cannot_be_read_is_named_and_ends_no_daemon(name, due, folder):  # R10, X3
    broken = folder / "templates" / name
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.symlink_to("/proc/self/mem")  # reading it is an error for root too
    problems = asyncio.run(tick(due))
    waiting = due.house.store.read(ledger.tally)
    broken.unlink()
    none = asyncio.run(tick(due))

    assert ({}, 1) == (waiting, len(problems))
    assert broken.name in problems[0]
    assert ({State.SENT: 1}, []) == (due.house.store.read(ledger.tally), none)


def test_a_file_that_went_while_it_was_planned_is_a_problem_of_one_tick(due, monkeypatch):  # X3
    def gone(*_):
        raise FileNotFoundError(2, "No such file or directory", "newsletter/daily/index.html")

    with monkeypatch.context() as patch:
        patch.setattr("publisher.actions.compressed.beside", gone)
        problems = asyncio.run(tick(due))
    none = asyncio.run(tick(due))

    assert (1, []) == (len(problems), none)
    assert "newsletter/daily/index.html" in problems[0]


@pytest.mark.parametrize("at", ["slots.due_editions", "approval.come_due"])
def test_a_disk_that_refuses_ends_a_tick_in_one_line(at, due, monkeypatch):  # X3
    def refused(*_):
        raise OSError(5, "Input/output error", "state")

    monkeypatch.setattr(f"publisher.actions.{at}", refused)
    with pytest.raises(Unwritable, match="Input/output error"):
        asyncio.run(tick(due))


def test_an_edition_that_waits_for_its_template_asks_for_nothing_at_every_tick(due, folder):  # F16
    template = folder / "templates" / "mail" / "digest.html.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ nothing.here }}", "utf-8")
    asked = []
    due.on_planned = lambda: asked.append(1)
    for _ in range(4):
        asyncio.run(tick(due))
    waited = len(asked)
    template.unlink()
    for _ in range(3):
        asyncio.run(tick(due))

    assert (1, 2) == (waited, len(asked))


def test_a_reader_chooses_and_is_shown(run, folder, article):  # D4
    """The newsletter is due when the first of its readers is."""
    config = folder / "config.toml"
    offered = '[[newsletters]]\nfrequencies = ["daily", "weekly"]'
    config.write_text(config.read_text("utf-8").replace("[[newsletters]]", offered), "utf-8")
    with sessions.writing(load(folder, {}), clock) as session:
        run(session, "publish")
        run(session, "subscribers add", address="reader@example.org", confirmed=True)
        done = run(
            session,
            "subscribers choose",
            address="Reader@example.org",
            schedule="daily 6:30",
            zone="Asia/Karachi",
            text_only=True,
            paused=True,
            until=f"{clock() + timedelta(days=400):%Y-%m-%d}",
        )
    with sessions.reading(load(folder, {})) as house:
        shown = choosing.show(house, address="reader@example.org", now=clock())
        paused = reading.newsletters(house, clock())["newsletters"][0]["next_due"]
    with sessions.writing(load(folder, {}), clock) as session:
        again = run(session, "subscribers choose", address="reader@example.org", paused=False)["newsletters"][
            0
        ]
    with sessions.reading(load(folder, {})) as house:
        due = reading.newsletters(house, clock())["newsletters"][0]["next_due"]

    assert done == shown
    day = (clock() + timedelta(days=399)).date()  # midnight and half past six in Karachi, which is UTC+5
    assert (
        "paused",
        "daily 06:30",
        "Asia/Karachi",
        f"{day}T19:00:00+00:00",
        f"{day + timedelta(days=1)}T01:30:00+00:00",
    ) == tuple(shown["newsletters"][0][key] for key in ("state", "schedule", "zone", "resumes", "next_due"))
    assert "T04:00:00" in paused  # the newsletter's own, 07:00 in Baghdad
    assert ("active", None) == (again["state"], again["resumes"])
    assert min(paused, again["next_due"]) == due


@pytest.mark.parametrize("until", ["tomorrow", "2026-13-01", "31.12.2026"])
def test_what_is_no_day_ends_no_pause(run, opened, article, until):
    run(opened, "publish")
    run(opened, "subscribers add", address="reader@example.org", confirmed=True)
    with pytest.raises(BadInput, match="is no day"):
        run(opened, "subscribers choose", address="reader@example.org", paused=True, until=until)


def test_a_list_whose_name_is_no_utf_8_is_taken_in(folder):  # L7
    path = folder / os.fsdecode(b"list-\xff.csv")
    path.write_text("email\na@example.org\n")

    with sessions.writing(load(folder, {}), clock) as session:
        done = asyncio.run(table.run(session, "subscribers import", {"file": str(path), "confirmed": True}))
        said = session.house.store.read(lambda c: consents.of(c, 1))
    assert 1 == done["added"]
    assert ["import list-?.csv"] == [each.form.replace("\ufffd", "?") for each in said]


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (("check", "-C", "site"), "nashir -C ... check"),
        (("subscribers", "list", "--json"), "nashir --json ... subscribers list"),
    ],
)
def test_an_option_behind_the_verb_is_told_where_it_belongs(words, right):
    done = nashir(*words)

    assert Exit.USAGE == done.returncode
    assert f"It stands before the verb: {right}\n" in done.stderr


def test_a_letter_that_asks_a_reader_is_counted_apart_from_those_of_editions(folder):  # L4
    site = ("-C", str(folder))
    nashir(*site, "subscribers", "add", "reader@example.org")

    first, second = nashir(*site, "send"), nashir(*site, "send")

    assert "1 other letter sent: to confirm, to welcome, to editors\n0 sent, 0 failed" in first.stdout
    assert second.stdout.startswith("nothing is due\n0 sent, 0 failed")
    assert 1 == len(list((folder / "outbox" / "new").iterdir()))
