"""A site of several processes on one database: a scheduler, web servers, workers, each in a folder of its own."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.commands import Forked
from tests.patience import LONG
from tests.sink import Sink
from tests.whole.conftest import Daemon, Site
from tests.whole.senders import plan, until

READERS = 300


class Process:
    """One process of the site, for one `with`."""

    def __init__(self, folder: Path, environment: dict[str, str], *words: str) -> None:
        self.folder, self._environment, self._words = folder, environment, words
        self.log = folder / f"{'-'.join(words)}.log"

    def __enter__(self) -> Process:
        self.log.write_bytes(b"")
        self.process = Forked(
            "-C", self.folder, "--json", *self._words, environment=self._environment, err=self.log
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def events(self, name: str) -> list[dict[str, object]]:
        """The lines of its log about this."""
        lines = [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]
        return [line for line in lines if line["event"] == name]

    def until(self, event: str, number: int = 1, seconds: float = LONG) -> None:
        """Wait until the log said it so many times."""
        end = time.monotonic() + seconds
        while len(self.events(event)) < number:
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text("utf-8")
            time.sleep(0.05)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(LONG)
        assert "Traceback" not in self.log.read_text("utf-8"), self.log.read_text("utf-8")
        return code


class Hosts:
    """Hosts of one site: what each needs is copied from the first."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.first, self._settings, self._count = folder, settings, 0
        self.site = Site(folder)

    def add(self) -> Path:
        self._count += 1
        folder = self.first.parent / f"host{self._count}"
        (folder / "state").mkdir(parents=True, mode=0o700)
        for name in ("config.toml", "state/secret.key"):
            shutil.copy2(self.first / name, folder / name)
        return folder

    def scheduler(self, folder: Path | None = None) -> Process:
        return Process(folder or self.first, self._settings, "run", "--role", "scheduler")

    def worker(self, folder: Path | None = None) -> Process:
        return Process(folder or self.add(), self._settings, "worker")

    def run(self, folder: Path, *words: str, expect: int = 0) -> str:
        done = Site(folder).run(*words, expect=expect, **self._settings)
        return done.stdout + done.stderr


@pytest.fixture
def url() -> Iterator[str]:
    found = postgres.database()
    yield found
    with psycopg.connect(found, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    postgres.give_back(found)


@pytest.fixture
def settings(url: str, sink: Sink) -> dict[str, str]:
    return {
        "NASHIR__STORE__URL": url,
        "NASHIR__MAIL__RELAY": sink.url,
        "NASHIR__MAIL__CONNECTIONS": "3",
        "NASHIR__ARTICLES__SCAN_EVERY": "1",
    }


@pytest.fixture
def hosts(tmp_path: Path, story: str, settings: dict[str, str]) -> Hosts:
    plan(tmp_path / "site", story, READERS, **settings)
    return Hosts(tmp_path / "site", settings)


def everybody(sink: Sink) -> bool:
    return sum(sink.by_recipient.values()) >= READERS


def once() -> Counter[str]:
    return Counter({f"r{n}@example.org": 1 for n in range(READERS)})


def test_workers_send_what_a_scheduler_plans_each_letter_once(
    hosts: Hosts, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:  # S1
    with hosts.scheduler() as scheduler, hosts.worker() as one, hosts.worker() as other:
        until(lambda: everybody(sink))
        until(lambda: sum(int(str(e["sent"])) for p in (one, other) for e in p.events("sent")) == READERS)
        assert [0, 0, 0] == [each.stop() for each in (one, other, scheduler)]
        assert [] == scheduler.events("sent")
    assert once() == sink.by_recipient
    assert {"sent": READERS} == json.loads(hosts.run(hosts.first, "--json", "status"))["deliveries"]


def test_when_the_scheduler_that_leads_dies_the_other_takes_over(hosts: Hosts, sink: Sink) -> None:  # X10
    second = hosts.add()
    shutil.copytree(hosts.first / "articles", second / "articles")
    with ExitStack() as stack:
        first = stack.enter_context(hosts.scheduler())
        first.until("leads")
        other = stack.enter_context(hosts.scheduler(second))
        other.until("standby")
        assert "stands by" in hosts.run(second, "publish", expect=75)
        hosts.run(second, "subscribers", "add", "ann@example.org", "--confirmed")
        first.process.kill()
        other.until("leads")
        hosts.run(second, "publish")
        assert 0 == other.stop()
        assert 1 == len(other.events("standby"))
    assert READERS + 1 == len(
        json.loads(hosts.run(hosts.first, "--json", "subscribers", "list"))["subscribers"]
    )


def test_a_web_server_on_another_host_serves_what_the_scheduler_published(
    hosts: Hosts, settings: dict[str, str], sink: Sink
) -> None:
    host = hosts.add()
    (host / "feeds").symlink_to(hosts.first / "feeds")
    web = Daemon(Site(host), **settings)
    web.words = ["run", "--role", "web"]
    with hosts.scheduler() as scheduler, web:
        assert 200 == web.get("/atom.xml")[0]
        assert 200 == web.get("/subscribe")[0]
        web.process.send_signal(signal.SIGHUP)  # it takes its settings anew
        until(lambda: web.said().count(" serving ") == 2)
        hosts.run(host, "subscribers", "add", "new@example.org")  # a letter asks whether they want it
        with hosts.worker() as worker:
            until(lambda: sink.by_recipient["new@example.org"] == 1)
            until(lambda: everybody(sink))
            assert 0 == worker.stop()
        assert 200 == web.get("/healthz")[0]
        assert [0, 0] == [web.stop(), scheduler.stop()]
    assert once() | Counter({"new@example.org": 1}) == sink.by_recipient


def test_the_scheduler_sends_by_workers_when_it_is_told_to_also_by_those_of_its_host(
    hosts: Hosts, sink: Sink
) -> None:
    with hosts.scheduler() as scheduler, hosts.worker(hosts.first) as worker:
        scheduler.until("leads")
        done = json.loads(hosts.run(hosts.first, "--json", "send"))
        assert (0, "") == (done["deferred"], done["rests"])
        assert [0, 0] == [worker.stop(), scheduler.stop()]
    assert once() == sink.by_recipient


def test_verbs_on_a_host_without_a_daemon_work_and_what_needs_the_articles_is_refused(hosts: Hosts) -> None:
    host = hosts.add()
    with hosts.scheduler() as scheduler:
        scheduler.until("leads")
        hosts.run(host, "subscribers", "add", "ann@example.org", "--confirmed")
        said = hosts.run(host, "publish", expect=75)
        assert (
            "this needs the article folder: the scheduler" in said
            and "Mend: run it on the scheduler's host" in said
        )
        assert READERS + 1 == json.loads(hosts.run(host, "--json", "status"))["subscribers"]["active"]
        hosts.run(host, "editions", "hold", "1")
        assert 0 == scheduler.stop()


def test_a_host_with_another_key_is_refused(hosts: Hosts) -> None:
    host = hosts.add()
    key = host / "state" / "secret.key"
    key.write_bytes(bytes(32))
    assert "copy state/secret.key" in hosts.run(host, "worker", expect=78)
    key.unlink()
    assert "copy state/secret.key" in hosts.run(host, "worker", expect=78)
    assert not key.exists()


def test_hosts_with_another_configuration_are_told_and_send_nothing_in_another_name(
    hosts: Hosts, sink: Sink, settings: dict[str, str]
) -> None:  # X10
    with hosts.worker() as worker, hosts.scheduler() as scheduler:
        scheduler.until("leads")
        other = hosts.add()
        (config := other / "config.toml").write_text(
            config.read_text("utf-8").replace("[mail]", '[mail]\nreply_to = "else@example.com"', 1), "utf-8"
        )
        assert "no letter leaves from here: [mail] reply_to" in hosts.run(other, "worker", expect=78)
        assert "scheduler's host: [mail] reply_to" in hosts.run(other, "status")
        with Process(other, settings, "run", "--role", "scheduler") as standby:
            standby.until("standby")
            settings["NASHIR__SITE__ID"] = "5a0f5a52-0f3c-4f29-9a0b-6f1a3d1b7c99"
            assert "that of another site" in hosts.run(hosts.add(), "worker", expect=78)
            until(lambda: everybody(sink))
            assert [0, 0, 0] == [standby.stop(), worker.stop(), scheduler.stop()]
    assert once() == sink.by_recipient


def test_each_process_takes_the_settings_that_are_copied_to_it_and_nobody_has_two_letters(
    hosts: Hosts, sink: Sink
) -> None:  # X10 S1
    sink.rtt = 0.3
    host = hosts.add()
    with hosts.scheduler() as scheduler, hosts.worker(host) as worker:
        until(lambda: sink.accepted.total() > 3)
        for config in (hosts.first / "config.toml", host / "config.toml"):
            text = config.read_text("utf-8")
            config.write_text(text.replace("[mail]", '[mail]\nreply_to = "desk@example.com"', 1), "utf-8")
        for process, begun in ((scheduler, "leads"), (worker, "working")):
            process.until(begun, 2)
            assert ["[mail]"] == [line["taken"] for line in process.events("settings") if "taken" in line]
        before = sink.accepted.total()
        sink.rtt = 0.0
        until(lambda: everybody(sink))
        until(lambda: {"sent": READERS} == json.loads(hosts.run(host, "--json", "status"))["deliveries"])
        assert [0, 0] == [worker.stop(), scheduler.stop()]
    assert before < READERS
    assert once() == sink.by_recipient


@pytest.mark.parametrize("words", [("run", "--role", "scheduler"), ("run", "--role", "web"), ("worker",)])
def test_roles_need_a_database_for_many(site: Site, words: tuple[str, ...]) -> None:
    assert "move it to PostgreSQL (docs/scaling.md)" in site.run(*words, expect=78).stderr


def test_a_whole_site_sends_beside_workers(hosts: Hosts, settings: dict[str, str], sink: Sink) -> None:
    with hosts.worker() as worker, Daemon(hosts.site, **settings) as daemon:
        until(lambda: everybody(sink))
        assert [0, 0] == [worker.stop(), daemon.stop()]
    assert once() == sink.by_recipient


def test_a_worker_that_may_not_send_is_refused(hosts: Hosts, settings: dict[str, str]) -> None:
    host = hosts.add()
    (host / "state" / "generation").write_text(
        "1000 elsewhere\n"
    )  # it has seen a later state of the database
    assert "nashir resume" in hosts.run(host, "worker", expect=78)
