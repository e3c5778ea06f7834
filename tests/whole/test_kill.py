"""Kill -9 and clean stops while letters go out: nobody is missed, at most one copy more per connection."""

import os
import signal
import subprocess
import sys
import time

import pytest

READERS, CONNECTIONS = 120, 4


@pytest.fixture
def planned(site, story, sink):
    """A site whose edition waits for its readers, and a relay that takes 20 ms a letter."""
    sink.delay = 0.02
    site.article("park.txt", story)
    site.run("publish")
    people = site.folder / "people.csv"
    people.write_text("".join(f"r{n}@example.org\n" for n in range(READERS)))
    site.run("subscribers", "import", "--confirmed", str(people))
    return site


def start(site, sink, *words):
    environment = os.environ | {
        "NASHIR__MAIL__RELAY": sink.url,
        "NASHIR__MAIL__CONNECTIONS": str(CONNECTIONS),
    }
    command = [sys.executable, "-m", "publisher", "-C", str(site.folder), "send", *words]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def until(true, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_after_a_kill_nobody_is_missed_and_few_get_a_second_copy(planned, sink):  # S1, X1
    words = ["--now", "--include-existing"]
    for part in (0.2, 0.5, 0.8):
        process = start(planned, sink, *words)
        until(lambda part=part: sink.accepted.total() > part * READERS)
        process.send_signal(signal.SIGKILL)
        process.wait()
        words = []

    assert start(planned, sink).wait(60) == 0

    assert {f"r{n}@example.org" for n in range(READERS)} == set(sink.accepted)
    assert sink.accepted.total() - READERS <= 3 * CONNECTIONS
    assert all(len(ids) == 1 for ids in sink.ids.values())  # M5: a copy is the same letter
    assert planned.json("status")["deliveries"] == {"sent": READERS}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_clean_stop_sends_nobody_twice(planned, sink, how):  # S7, X4
    process = start(planned, sink, "--now", "--include-existing")
    until(lambda: sink.accepted.total() > READERS / 4)
    process.send_signal(how)

    assert process.wait(15) == 0
    assert sink.accepted.total() < READERS
    assert start(planned, sink).wait(60) == 0
    assert {f"r{n}@example.org": 1 for n in range(READERS)} == dict(sink.accepted)


def test_hold_never_sends_a_second_copy_and_lists_the_doubtful(planned, sink):  # S4
    process = start(planned, sink, "--now", "--include-existing")
    until(lambda: sink.accepted.total() > READERS / 3)
    process.send_signal(signal.SIGKILL)
    process.wait()

    held = planned.json("send", NASHIR__MAIL__RELAY=sink.url, NASHIR__MAIL__ON_UNKNOWN="hold")

    assert max(sink.accepted.values()) == 1
    doubtful = planned.json("deliveries", "--unknown")["deliveries"]
    assert len(doubtful) <= CONNECTIONS
    assert len(sink.accepted) + sum(d["address"] not in sink.accepted for d in doubtful) == READERS
    assert held["failed"] == 0
