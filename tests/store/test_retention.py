"""Old letters become counts and bits: beside a dictionary that knows what everybody got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select

from publisher.model.delivery import State
from publisher.model.digest import Kind, Release
from publisher.store import editions, ledger, retention
from publisher.store.postgres import Postgres
from publisher.store.sqlite import Sqlite
from publisher.store.store import Store
from publisher.store.tables import (
    counts,
    deliveries,
    mailed,
    newsletters,
    subscribers,
    variants,
)
from publisher.store.tables import editions as rows
from tests import postgres

NOW = datetime(2026, 11, 20, tzinfo=UTC)
OLD, BEFORE = NOW - timedelta(days=100), NOW - timedelta(days=90)
# Keys on both sides of the pages' edges.
KEYS = [1, 2, 7, 8, 9, 65_535, 65_536, 65_537, 131_071, 131_072, 2_000_000]
FINAL = {State.SENT, State.FAILED, State.UNKNOWN, State.CANCELLED}


class Letter(NamedTuple):
    variant: int
    state: State
    attempts: int


Letters = dict[int, Letter]  # of one edition, by reader


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A ledger of two editions with three variants each, and these readers."""
    path: Path = tmp_path_factory.mktemp("retention") / "nashir.db"
    database = Sqlite(path) if request.param == "sqlite" else Postgres(postgres.database())
    with closing(Store(database, writing=True)) as store:
        store.write(_people)
        yield store
    if isinstance(database, Postgres):
        postgres.give_back(database.url)


def _people(connection: Connection) -> None:
    connection.execute(insert(newsletters).values(id=1, name="daily", created=OLD))
    person = {"state": "reachable", "created": OLD}
    connection.execute(
        insert(subscribers),
        [person | {"id": key, "address": f"r{key}@x", "address_key": f"r{key}@x"} for key in KEYS],
    )


def fill(connection: Connection, every: Mapping[int, Letters]) -> None:
    """Nothing else is in the ledger."""
    for table in (counts, mailed, deliveries, variants, rows):
        connection.execute(delete(table))
    for edition, letters in every.items():
        start(connection, edition, OLD)
        for number in (1, 2, 3):
            words = dict.fromkeys(("language", "direction", "subject", "html", "text"), "x")
            own = {"id": edition * 10 + number, "edition": edition, "key": str(number), "articles": []}
            connection.execute(insert(variants).values(**words, **own))
        for reader, letter in letters.items():
            put(connection, edition, reader, letter)


def start(connection: Connection, edition: int, planned: datetime) -> None:
    connection.execute(
        insert(rows).values(
            id=edition,
            newsletter=1,
            slot=f"now:{edition}",
            planned=planned,
            expires=planned + timedelta(days=1),
            upto_seq=1,
            include_existing=False,
            kind=Kind.DIGEST,
            release=Release.RELEASED,
            complete=True,
        )
    )


def put(connection: Connection, edition: int, reader: int, letter: Letter) -> None:
    variant, state, attempts = letter
    connection.execute(
        insert(deliveries).values(
            edition=edition,
            subscriber=reader,
            variant=edition * 10 + variant,
            state=state,
            attempts=attempts,
            due=OLD,
            expires=OLD,
        )
    )


def compacted(store: Store, edition: int, limit: int) -> int:
    """Turn one edition, to its end; how many transactions that took."""
    after: int | None = 0
    steps = 0
    while after is not None:
        place = after
        after = store.write(lambda c, p=place: retention.compact(c, edition, BEFORE, p, limit)).last  # type: ignore[misc]
        steps += 1
    return steps


def stays(letter: Letter) -> bool:
    return letter.state in (State.FAILED, State.UNKNOWN) or (
        letter.state is State.CANCELLED and letter.attempts > 0
    )


def left(store: Store, edition: int) -> Letters:
    """The letters that are rows still."""
    query = select(*deliveries.c["subscriber", "variant", "state", "attempts"])
    found = store.read(lambda c: c.execute(query.where(deliveries.c.edition == edition)).all())
    return {row[0]: Letter(row[1] - edition * 10, State(row[2]), row[3]) for row in found}


def sent(store: Store, edition: int, variant: int) -> set[int]:
    return store.read(lambda c: retention.were_sent(c, [edition * 10 + variant], KEYS))


def by_state(every: Mapping[int, Letters]) -> dict[State, int]:
    return dict(Counter(letter.state for letters in every.values() for letter in letters.values()))


def letter(states: list[State]) -> st.SearchStrategy[Letter]:
    return st.builds(Letter, st.integers(1, 3), st.sampled_from(states), st.integers(0, 2))


def a_ledger(states: list[State]) -> st.SearchStrategy[Letters]:
    return st.dictionaries(st.sampled_from(KEYS), letter(states))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=a_ledger(list(State)), second=a_ledger(sorted(FINAL)), limit=st.integers(1, 5))
def test_nothing_is_lost_and_nothing_doubled(
    store: Store, first: Letters, second: Letters, limit: int
) -> None:  # S8
    """An edition of which a letter waits, or is on its way, stays as it is."""
    every = {1: first, 2: second}
    store.write(lambda c: fill(c, every))
    done = {n: all(each.state in FINAL for each in letters.values()) for n, letters in every.items()}
    assert [n for n in every if done[n]] == store.read(lambda c: retention.due(c, BEFORE))
    for edition in every:
        compacted(store, edition, limit)

    assert [] == store.read(lambda c: retention.due(c, BEFORE))
    assert by_state(every) == store.read(ledger.tally)
    listed = {edition.id: found for edition, found in store.read(editions.listing)}
    for edition, letters in every.items():
        kept = {reader: each for reader, each in letters.items() if stays(each) or not done[edition]}
        assert kept == left(store, edition)
        assert {s.name.lower(): n for s, n in by_state({1: letters}).items()} == listed[edition]
        for variant in (1, 2, 3):
            had = {r for r, each in letters.items() if each.state is State.SENT and each.variant == variant}
            assert (had if done[edition] else set()) == sent(store, edition, variant)


def test_a_letter_is_turned_at_its_age_and_not_before(store: Store) -> None:  # S8
    letters = {1: Letter(1, State.SENT, 1)}
    store.write(lambda c: fill(c, {1: letters}))

    assert [] == store.read(lambda c: retention.due(c, OLD))
    assert [1] == store.read(lambda c: retention.due(c, OLD + timedelta(seconds=1)))
    assert (0, None) == store.write(lambda c: retention.compact(c, 1, OLD, 0, 10))
    assert letters == left(store, 1)


def test_a_transaction_changes_few_pages_where_everybody_has_a_variant_of_their_own(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:  # S8
    monkeypatch.setattr(retention, "PAGES", 2)
    letters = {key: Letter(1, State.SENT, 1) for key in KEYS}
    store.write(lambda c: fill(c, {1: letters}))

    assert 3 <= compacted(store, 1, 1000)
    assert set(KEYS) == sent(store, 1, 1)


def test_bits_take_little_room_where_all_or_few_were_mailed(store: Store) -> None:  # S8
    store.write(lambda c: fill(c, {1: {key: Letter(1, State.SENT, 1) for key in KEYS}}))
    compacted(store, 1, 1000)
    sizes = store.read(lambda c: [len(bits) for bits in c.execute(select(mailed.c.bits)).scalars()])

    assert 4 == len(sizes)
    assert all(size < 100 for size in sizes)
