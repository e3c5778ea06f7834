"""What `deliveries`, `status` and progress say about a ledger that is made by hand."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from publisher.actions.house import House
from publisher.engine.run import Tally
from publisher.errors import BadInput
from publisher.mail.health import Broken, Mended
from publisher.mail.message import message_id
from publisher.model.delivery import State
from publisher.model.people import Wish
from publisher.model.report import Kind
from publisher.store import ledger, people, reports
from publisher.store.state import State as StateFolder
from publisher.store.tables import counts, deliveries, editions, variants
from publisher.subscribers.tokens import Claim
from publisher.verbs import heeding, progress, reading, writing
from publisher.verbs.session import Session
from tests.conftest import Clock

Fill = Callable[..., None]


@pytest.fixture
def fill(house: House, clock: Clock) -> Fill:
    """Puts an edition with letters in these states, one after another, into the ledger."""

    def fill(edition: int, states: list[State], **values: Any) -> None:
        now = clock()

        def write(connection: Any) -> None:
            series = people.sync_newsletters(connection, ["daily"], now)["daily"]
            names = {f"r{n}@example.org": f"r{n}@example.org" for n in range(len(states))}
            readers = people.ensure(connection, names, now)
            ids = sorted(each.id for each in readers.values())
            people.set_wishes(connection, ids, series.id, Wish.ACTIVE, "test", now)
            row = {
                "id": edition,
                "newsletter": series.id,
                "slot": f"s{edition}",
                "planned": now,
                "upto_seq": 0,
            }
            row |= {"expires": now + timedelta(days=1), "include_existing": False, "kind": "digest"}
            connection.execute(editions.insert().values(**row, release="released", complete=True))
            words = {
                "articles": [],
                "language": "ar",
                "direction": "rtl",
                "subject": "",
                "html": "",
                "text": "",
            }
            connection.execute(variants.insert().values(id=edition, edition=edition, key="", **words))
            rows = [
                {"edition": edition, "subscriber": reader, "variant": edition, "state": state, "due": now}
                | {"expires": now + timedelta(days=1)} | values
                for reader, state in zip(ids, states, strict=True)
            ]  # fmt: skip
            connection.execute(deliveries.insert(), rows)

        house.store.write(write)

    return fill


@pytest.fixture
def session(house: House, clock: Clock) -> Session:
    return Session(house, StateFolder(house.root / "state"), clock, lambda: None)  # type: ignore[arg-type, return-value]


def listed(house: House, edition: int | None = None, *states: str) -> list[dict[str, Any]]:
    return list(reading.deliveries(house, edition=edition, states=list(states)))


def test_every_letter_is_listed_once_a_page_at_a_time(
    house: House, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = [State(n % 7) for n in range(50)]
    fill(1, every)
    fill(2, every[:20])
    monkeypatch.setattr(reading, "PAGE", 7)

    rows = listed(house)

    assert [(1, n + 1) for n in range(50)] + [(2, n + 1) for n in range(20)] == [
        (row["edition"], row["subscriber"]) for row in rows
    ]
    assert [state.name.lower() for state in [*every, *every[:20]]] == [row["state"] for row in rows]
    some = [row for row in rows if row["edition"] == 2 and row["state"] in {"failed", "unknown"}]
    assert some == listed(house, 2, "failed", "unknown")
    assert [row for row in rows if row["state"] == "sent"] == listed(house, None, "sent")
    for row in rows:
        key = house.keys.sign("message-id", Claim(row["subscriber"], row["edition"]))
        assert message_id(row["edition"], key, "example.org") == row["message_id"]
    with pytest.raises(BadInput, match="no edition 9"):
        listed(house, 9)


def test_letters_are_counted_without_their_rows(house: House, fill: Fill) -> None:
    every = [State(n % 7) for n in range(50)]
    fill(1, every)
    fill(2, [State.SENT] * 20)

    assert {state: every.count(state) for state in State} == house.store.read(lambda c: ledger.tally(c, [1]))
    assert {2: {State.SENT: 20}} == house.store.read(lambda c: ledger.by_edition(c, [2]))
    assert 70 == sum(house.store.read(ledger.tally).values())
    assert {1} == set(house.store.read(ledger.under_way))


def test_letters_whose_rows_are_gone_are_counted(house: House, fill: Fill, clock: Clock) -> None:
    fill(1, [State.FAILED])
    fill(2, [State.SENT] * 3)
    gone = [
        {"edition": 1, "state": State.SENT, "letters": 900},
        {"edition": 1, "state": State.FAILED, "letters": 5},
    ]
    house.store.write(lambda c: c.execute(counts.insert(), gone))

    assert {"failed": 6, "sent": 903} == reading.status(house, clock())["deliveries"]
    assert {"sent": 900, "failed": 5} == reading.gone(house, edition=None, states=[])
    assert {"failed": 5} == reading.gone(house, edition=1, states=["failed", "unknown"])
    assert {} == reading.gone(house, edition=2, states=[])


@pytest.mark.parametrize(
    "words, queued, expired",
    [
        ({"states": []}, 2, 1),
        ({"states": ["unknown"]}, 1, 2),
        ({"states": ["failed", "unknown"]}, 3, 3),
        ({"states": ["failed"], "edition": 2}, 0, 1),
    ],
)
def test_what_still_may_go_is_queued_again_and_the_rest_is_counted(
    session: Session, fill: Fill, clock: Clock, words: dict[str, Any], queued: int, expired: int
) -> None:  # S3
    fill(1, [State.FAILED, State.FAILED, State.UNKNOWN, State.SENT, State.CANCELLED])
    fill(2, [State.UNKNOWN, State.FAILED, State.UNKNOWN], expires=clock())

    done = asyncio.run(writing.deliveries_retry(session, **({"edition": None} | words)))

    assert {"queued": queued, "gone": 0, "expired": expired} == done
    assert queued == session.house.store.read(ledger.tally).get(State.QUEUED, 0)


def test_who_queues_the_gone_again_is_told(
    house: House, session: Session, fill: Fill, clock: Clock
) -> None:  # B2
    fill(1, [State.FAILED] * 4)
    for reader in (1, 3):
        add = partial(reports.add, edition=1, subscriber=reader, at=clock())
        house.store.write(partial(add, mark=str(reader), kind=Kind.HARD))

    done = asyncio.run(writing.deliveries_retry(session, edition=None, states=[]))
    assert {"queued": 4, "gone": 2, "expired": 0} == done


def test_only_what_asks_for_something_is_a_warning(session: Session) -> None:
    bad, good = list[Any](), list[Any]()
    session.on_news = lambda *words, **values: bad.append((words, values))
    session.on_good_news = lambda *words, **values: good.append((words, values))
    heeding.heed(session, Mended("smtp://a"))
    heeding.heed(session, Broken("smtp://a", "no", 5.0))

    assert [(("relay",), {"relay": "smtp://a", "works": "again"})] == good
    assert [("relay",)] == [words for words, _ in bad]


def test_how_far_a_run_is_is_told_now_and_then() -> None:
    time = [100.0]
    run, tally = progress.Sending(1000, lambda: time[0]), Tally()
    told = []
    for number in range(1, 501):
        time[0] += 0.01
        tally.sent, tally.failed = number - number // 100, number // 100
        if run.note(tally):
            told.append(run.told())

    assert 20 <= len(told) <= 25
    assert {"what", "done", "total", "failed", "rate", "left"} == set(told[-1])
    assert (1000, 100) == (told[-1]["total"], round(told[-1]["rate"]))
    assert abs(told[-1]["left"] - (1000 - told[-1]["done"]) / 100) < 0.5
    assert 5 == run.told()["failed"]
    assert json.loads(json.dumps(told)) == told


def test_more_than_was_due_is_told_as_such() -> None:
    run, tally = progress.Sending(1, lambda: 1.0), Tally(sent=3)
    run.note(tally)

    assert {"done": 3, "total": 3, "rate": 0.0, "left": None}.items() <= run.told().items()


def test_letters_that_are_forgotten_meanwhile_were_not_unsent() -> None:  # S8
    before = ({State.SENT: 900, State.FAILED: 5, State.QUEUED: 9}, 12)
    after = ({State.SENT: 903, State.FAILED: 1, State.QUEUED: 2}, 0)

    counted = {"sent": 3, "failed": 0, "deferred": 2, "unknown": 0, "others": 0}
    assert counted == writing._counted(before, after)
