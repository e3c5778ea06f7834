"""/metrics and /healthz: numbers for programs, without a name in them."""

import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from publisher.errors import BadConfig
from publisher.store.tables import cadences
from publisher.verbs import measuring
from publisher.web import metrics, tokenfile
from publisher.web.app import application
from publisher.web.metrics import HERE, Access, Live
from tests.newsroom import ANN, BOB, Desk
from tests.web.test_headers import ask

TOKEN = "0123456789abcdef-canary"
DOC = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")


def numbers(text: str) -> dict[tuple[str, ...], float]:
    """What the text says, as prometheus-client's own parser reads it: {(name, label, ...): value}."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Site:
    """A newsroom with its doors."""

    def __init__(self, desk: Desk, access: Access = HERE, live: Live | None = None) -> None:
        self.desk = desk
        self.session = desk.session
        self.app = application(self.session, list, list, live=lambda: live or Live(), access=access)

    def numbers(self, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, ...], float]:
        monkeypatch.setattr(metrics, "AGE", -1.0)
        status, headers, body = ask(self.app, "/metrics")
        assert (200, "text/plain; version=0.0.4; charset=utf-8") == (status, headers["content-type"])
        return numbers(body.decode())


@pytest.fixture
def site(make_desk) -> Site:
    live = Live(relay=False, published=datetime(2026, 1, 1, tzinfo=UTC), publishing=0.5, refused={"slow": 3})
    return Site(make_desk(approve="none"), live=live)


def test_the_numbers_are_those_of_the_site(site, monkeypatch):
    desk = site.desk
    desk.write(desk.house, "bad.md", b"\xff\xfe\xff, no UTF-8")
    desk.publishes(desk.house)
    before = site.numbers(monkeypatch)

    assert (2, 1) == (before["nashir_subscribers", "active"], before["nashir_articles", "published"])
    assert 1 == before[("nashir_quarantined",)]
    assert 2 == before["nashir_readers", "daily"]
    assert 0 == before[("nashir_queue_letters",)] == before["nashir_letters_total", "sent"]
    next_due = before["nashir_edition_next_timestamp_seconds", "daily"]
    assert datetime(2026, 11, 21, 4, tzinfo=UTC).timestamp() == next_due
    assert (0, 0.5) == (before[("nashir_relay_up",)], before[("nashir_publish_duration_seconds",)])
    assert 3 == before["nashir_http_refused_total", "slow"]
    assert before[("process_open_fds",)] > 3

    desk.article(2)
    slot = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    desk.at(slot + timedelta(minutes=1))
    after = site.numbers(monkeypatch)

    assert 2 == after["nashir_letters_total", "sent"] == after["nashir_deliveries", "sent"]
    assert (slot + timedelta(minutes=1)).timestamp() == after[
        "nashir_edition_last_timestamp_seconds", "daily"
    ]
    assert after["nashir_edition_next_timestamp_seconds", "daily"] == slot.timestamp() + 86400
    assert 1 == after["nashir_http_answers_total", "metrics", "200"]


def test_letters_that_wait_are_counted_with_their_age(site, monkeypatch):
    import asyncio

    from publisher.verbs import writing

    desk = site.desk
    desk.article(2)
    desk.clock.now = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    asyncio.run(writing.plan_due(desk.session))
    desk.clock.forward(minutes=20)
    found = site.numbers(monkeypatch)

    assert 2 == found[("nashir_queue_letters",)]
    assert 1200 == found[("nashir_queue_oldest_seconds",)]


def test_each_number_is_on_the_page_and_nothing_is_global(site, monkeypatch):
    desk = site.desk
    desk.article(2)
    desk.at(datetime(2026, 11, 21, 4, 1, tzinfo=UTC))
    desk.house.nights.make()
    backup = desk.house.nights.path(date(2026, 11, 21))
    backup.touch()
    os.utime(backup, (1_795_000_000, 1_795_000_000))
    assert 1_795_000_000 == site.numbers(monkeypatch)[("nashir_backup_last_timestamp_seconds",)]
    names = {name for name, *_ in site.numbers(monkeypatch)}
    page = DOC.partition("### Metrics")[2].partition("\nWhat is worth")[0]
    told = set(re.findall(r"`((?:nashir|process)_\w+)", page))

    assert names == told
    assert not [each.name for each in REGISTRY.collect() if each.name.startswith("nashir")]


def test_no_address_no_token_and_no_title_is_in_it(site, monkeypatch):  # threat 9
    ask(site.app, f"/u/{TOKEN}")
    ask(site.app, f"/{ANN}")
    _, _, body = ask(site.app, "/metrics")

    for word in (ANN, BOB, "example.org", TOKEN, "خبر", desk_key(site)):
        assert word not in body.decode()


def desk_key(site: Site) -> str:
    return site.session.house.keys.secrets[1].hex()


def test_the_database_is_asked_once_in_some_seconds(site, monkeypatch):
    asked: list[int] = []
    real = measuring.measure

    def counted(*args: Any) -> Any:
        asked.append(1)
        return real(*args)

    monkeypatch.setattr(measuring, "measure", counted)
    for _ in range(5):
        ask(site.app, "/metrics")

    assert [1] == asked


def test_a_counter_never_falls(site, monkeypatch):
    site.numbers(monkeypatch)
    real = measuring.measure
    for failed in (5, 2):
        monkeypatch.setattr(
            measuring, "measure", lambda *args, n=failed: replace(real(*args), deliveries={"failed": n})
        )
        found = site.numbers(monkeypatch)

    assert (5, 2) == (found["nashir_letters_total", "failed"], found["nashir_deliveries", "failed"])


LOCAL, FAR = "127.0.0.1", "8.8.8.8"
BEARER = f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("to", "token", "client", "headers", "expected"),
    [
        ("local", "", LOCAL, {}, 200),
        ("local", "", "::1", {}, 200),
        ("local", "", FAR, {}, 403),
        ("local", "", "", {}, 403),
        ("local", "", LOCAL, {"x-forwarded-for": FAR}, 403),
        ("local", "", LOCAL, {"forwarded": "for=8.8.8.8"}, 403),
        ("local", "", LOCAL, {"x-real-ip": FAR}, 403),
        ("local", "", LOCAL, {"authorization": BEARER}, 200),
        ("local", TOKEN, LOCAL, {}, 200),
        ("local", TOKEN, LOCAL, {"x-forwarded-for": FAR, "authorization": BEARER}, 200),
        ("local", TOKEN, FAR, {"authorization": BEARER}, 200),
        ("local", TOKEN, FAR, {"authorization": BEARER + "x"}, 403),
        ("local", TOKEN, FAR, {"authorization": "Bearer "}, 403),
        ("local", TOKEN, FAR, {"authorization": f"Basic {TOKEN}"}, 403),
        ("all", "", FAR, {}, 200),
        ("all", TOKEN, FAR, {}, 403),
        ("all", TOKEN, FAR, {"authorization": BEARER}, 200),
        ("off", TOKEN, LOCAL, {"authorization": BEARER}, 404),
    ],
)
def test_only_who_may_reads_it(to, token, client, headers, expected, make_desk):  # threat 9
    app = Site(make_desk(), Access(to, token)).app

    async def from_there(scope: Any, receive: Any, send: Any) -> None:
        there = {"client": (client, 1) if client else None}
        more = [(name.encode(), value.encode()) for name, value in headers.items()]
        await app({**scope, **there, "headers": [*scope["headers"], *more]}, receive, send)

    assert expected == ask(from_there, "/metrics")[0]


def test_health_is_red_when_an_edition_is_late_or_a_disk_is_full(site, monkeypatch):
    desk = site.desk
    assert 200 == ask(site.app, "/healthz")[0]
    desk.at(datetime(2026, 11, 21, 4, 1, tzinfo=UTC))
    assert 200 == ask(site.app, "/healthz")[0]
    looked_again = update(cadences).values(due=cadences.c.slot)  # at a start, before anything is planned
    desk.house.store.write(lambda c: c.execute(looked_again))
    desk.clock.now += timedelta(hours=1)
    assert 200 == ask(site.app, "/healthz")[0]
    desk.clock.now = datetime(2026, 11, 22, 4, 6, tzinfo=UTC)
    status, _, body = ask(site.app, "/healthz")
    assert (503, True) == (status, b"an edition of daily is late" in body)

    desk.at(desk.clock.now)  # planned now
    assert 200 == ask(site.app, "/healthz")[0]
    found = os.statvfs(desk.house.root)
    monkeypatch.setattr(os, "statvfs", lambda _: FullDisk(found.f_frsize))
    status, _, body = ask(site.app, "/healthz")
    assert (503, True) == (status, b"the disk of state/ is full" in body)


class FullDisk:
    f_bavail = 10

    def __init__(self, size: int) -> None:
        self.f_frsize = size


def test_a_token_file_must_be_its_owners_and_hold_one_word(tmp_path):  # threat 9
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o640)
    assert TOKEN == tokenfile.read(path, "metrics_token_file")
    for mode, words, what in (
        (0o644, TOKEN, "can be read by others"),
        (0o600, "short", "16 to 1000"),
        (0o600, "two words are no token", "one word"),
        (0o600, "عربية" * 5, "cannot be read"),
    ):
        path.write_text(words)
        path.chmod(mode)
        with pytest.raises(BadConfig, match=what) as caught:
            tokenfile.read(path, "metrics_token_file")
        assert words not in str(caught.value)
    with pytest.raises(BadConfig, match="cannot be read"):
        tokenfile.read(tmp_path / "none", "metrics_token_file")
