"""Which hubs a site has, what their answers mean, and one ping over real sockets."""

import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.feeds import hub, websub
from publisher.feeds.settings import FeedSettings
from publisher.model.ping import LONGEST, Reply, judge
from tests.hub import running
from tests.patience import LONG

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOPIC = "https://news.example.org/atom.xml"


def test_hubs_are_urls_as_every_feed_writes_them() -> None:  # F24
    written = (
        "https://pubsubhubbub.appspot.com",
        "http://blog.example.org/?pushpress=hub",
        "https://مثال.example/hub",
        "https://pubsubhubbub.appspot.com/",
    )

    assert (
        "https://pubsubhubbub.appspot.com/",
        "http://blog.example.org/?pushpress=hub",
        "https://xn--mgbh0fb.example/hub",
    ) == websub.read(FeedSettings(hub=written))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "hub.localhost", "192.168.1.2"]
)
def test_a_hub_next_door_has_to_be_meant(host: str) -> None:  # threat 8
    with pytest.raises(ValueError, match="hub_private = true"):
        websub.read(FeedSettings(hub=(f"http://{host}:8000/",)))

    meant = FeedSettings(hub=(f"http://{host}:8000/",), hub_private=True)
    assert meant.hub == websub.read(meant)


@pytest.mark.parametrize(
    "reply, told, due",
    [
        (Reply(204), True, None),
        (Reply(202), True, None),
        (Reply(200), True, None),
        (Reply(301), False, None),
        (Reply(400), False, None),
        (Reply(404), False, None),
        (Reply(410), False, None),
        (Reply(0), False, timedelta(minutes=1)),
        (Reply(408), False, timedelta(minutes=1)),
        (Reply(429), False, timedelta(minutes=1)),
        (Reply(500), False, timedelta(minutes=1)),
        (Reply(503, after="7200"), False, timedelta(hours=2)),
        (Reply(429, after="Fri, 20 Nov 2026 12:30:00 GMT"), False, timedelta(minutes=30)),
        (Reply(503, after="999999999999999999"), False, timedelta(days=1)),
        (Reply(503, after="Fri, 20 Nov 2026 11:00:00 GMT"), False, timedelta(minutes=1)),
        (Reply(503, after="soon"), False, timedelta(minutes=1)),
    ],
)
def test_an_answer_means(reply: Reply, told: bool, due: timedelta | None) -> None:  # F24
    verdict = judge(reply, 0, NOW, NOW)

    assert told == verdict.told
    assert (None if due is None else NOW + due) == verdict.due


def test_a_hub_that_stays_away_is_tried_less_and_less_for_a_day() -> None:  # F24
    tries, at = [0.0], NOW
    while (verdict := judge(Reply(500), len(tries) - 1, NOW, at)).due:
        at = verdict.due
        tries.append((at - NOW) / timedelta(minutes=1))

    assert [0, 1, 6, 21, 81, 201, 441, 921, 1401, 1881] == tries


@given(st.integers(0, 999), st.text(), st.integers(0, 20))
def test_no_answer_is_too_odd(status: int, after: str, attempts: int) -> None:  # F24
    verdict = judge(Reply(status, after=after), attempts, NOW, NOW)

    assert not (verdict.told and verdict.due)
    assert verdict.due is None or NOW < verdict.due <= NOW + LONGEST


def test_a_ping_says_which_feed_changed() -> None:  # F24
    with running() as peer:
        reply = hub.ping(peer.url, TOPIC, private=True)

    assert Reply(204, "204", "") == reply
    assert ["application/x-www-form-urlencoded"] == peer.types
    assert {"hub.mode": ["publish"], "hub.url": [TOPIC], "hub.topic": [TOPIC]} == parse_qs(
        peer.bodies[0].decode()
    )


def test_a_redirect_is_not_followed() -> None:  # threat 8
    with running() as trap, running() as peer:
        peer.answers.append((307, {"Location": trap.url}))
        reply = hub.ping(peer.url, TOPIC, private=True)

        assert [] == trap.pings
    assert (307, f"307 {trap.url}") == (reply.status, reply.words)


def test_an_answer_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:  # threat 8
    assert 5 == hub.SECONDS
    monkeypatch.setattr(hub, "SECONDS", 1.0)
    with running() as peer:
        peer.answers.append("drip")
        start = time.monotonic()
        reply = hub.ping(peer.url, TOPIC, private=True)
        took = time.monotonic() - start

    assert 0 == reply.status
    assert "took too long" in reply.words or "timed out" in reply.words
    assert 0.9 < took < 25  # the drip goes on for half a minute


def test_an_answer_of_ten_megabytes_is_cut() -> None:  # threat 8
    with running() as peer:
        peer.answers.append("huge")
        reply = hub.ping(peer.url, TOPIC, private=True)
        sent = peer.sent

    assert 500 == reply.status
    assert len(reply.words) == 200
    assert sent < 10  # the rest met a closed door, or waits in the socket's buffers


def test_a_name_that_leads_next_door_is_refused_when_it_is_resolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # threat 8
    with running() as peer:
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", peer.port))])
        refused = hub.ping(f"http://hub.example.org:{peer.port}/", TOPIC, private=False)
        assert [] == peer.pings
        allowed = hub.ping(f"http://hub.example.org:{peer.port}/", TOPIC, private=True)

    assert 0 == refused.status
    assert "feeds.hub_private = true allows that" in refused.words
    assert 204 == allowed.status


def test_a_name_that_nobody_answers_for_takes_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:  # threat 8
    answered = threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        answered.wait(LONG)
        return []

    monkeypatch.setattr("socket.getaddrinfo", slow)
    monkeypatch.setattr(hub, "SECONDS", 0.3)

    assert Reply(0, "hub.example.org was not found in time") == hub.ping(
        "http://hub.example.org/", TOPIC, private=True
    )
    assert not answered.is_set()
    answered.set()


def test_words_of_a_hub_are_one_line_of_a_log() -> None:  # threat 9
    with running() as peer:
        peer.answers.append((302, {"Location": "/\x1b[31mred"}))
        reply = hub.ping(peer.url, TOPIC, private=True)

    assert reply.words.isprintable()
