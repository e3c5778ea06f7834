"""Hosts that share a database of PostgreSQL: one secret, and no letters from a copy or from what was restored."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import psycopg
import pytest

from publisher.errors import BadState
from publisher.store import facts, workers
from publisher.store.postgres import Postgres
from publisher.store.state import BACKUP, State
from publisher.store.store import Store
from publisher.verbs import delivering
from tests import postgres
from tests.patience import LONG

if TYPE_CHECKING:
    from publisher.engine.local import LocalEngine
    from publisher.verbs.session import Session


@pytest.fixture
def url() -> Iterator[str]:
    made = postgres.database()
    yield made
    postgres.give_back(made)


@pytest.fixture
def host(tmp_path: Path) -> Callable[[str], State]:
    """The state folder of a host."""

    def make(name: str) -> State:
        state = State(tmp_path / name)
        state.make()
        return state

    return make


@contextmanager
def opened(url: str, *, writing: bool = True) -> Iterator[Store]:
    with closing(Store(Postgres(url), writing=writing)) as store:
        yield store


def start(state: State, url: str) -> str:
    """What a sender does when it starts: why it may not send, "" if it may."""
    with opened(url) as store:
        why = state.fenced(store)
        if not why:
            state.advance(store)
    return why


def secret(state: State, url: str, *, writing: bool = True) -> bytes:
    with opened(url, writing=writing) as store:
        return state.shared_secret(store, writing=writing)


def put_back(url: str, generation: str) -> None:
    """As if a dump of that time was restored into the database."""
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE meta SET value = %s WHERE key = 'generation'", (generation,))


def generation(url: str) -> str:
    with opened(url, writing=False) as store:
        return store.read(lambda c: facts.get(c, "generation")) or ""


def test_hosts_that_send_by_turns_raise_no_fence(url: str, host: Callable[[str], State]) -> None:  # X10
    one, other = host("one"), host("other")

    assert [""] * 6 == [start(each, url) for each in (one, one, other, one, other, other)]
    assert "7" == generation(url)


def test_hosts_that_send_at_once_never_set_the_generation_back(
    url: str, host: Callable[[str], State]
) -> None:  # X10
    hosts, failed = [host("one"), host("other")], list[str]()

    def work(state: State) -> None:
        with opened(url) as store:
            for _ in range(20):
                failed.append(state.fenced(store))
                state.advance(store)

    start(hosts[0], url)
    threads = [threading.Thread(target=work, args=(each,)) for each in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)

    assert [""] * 40 == failed
    assert "42" == generation(url)


def test_a_folder_copied_to_another_host_raises_none_either(
    url: str, host: Callable[[str], State]
) -> None:  # X10
    one, other = host("one"), host("other")
    start(one, url)
    (other.folder / "generation").write_bytes((one.folder / "generation").read_bytes())

    assert ["", ""] == [start(other, url), start(one, url)]


def test_a_database_that_was_set_back_sends_nothing_until_resume(
    url: str, host: Callable[[str], State]
) -> None:  # X10
    one, other = host("one"), host("other")
    for each in (one, other, one):
        start(each, url)
    was = generation(url)
    start(one, url)
    put_back(url, was)

    why = start(one, url)
    assert (
        f"the database is of generation {was}, and this host saw it at {int(was) + 1}: it was restored" == why
    )
    with opened(url) as store:
        one.resume(store)
    assert int(generation(url)) > int(was) + 1
    assert ["", ""] == [start(each, url) for each in (one, other)]


def test_an_emptied_database_sends_nothing(url: str, host: Callable[[str], State]) -> None:  # X10
    one = host("one")
    start(one, url)
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM meta")

    assert "the database is a copy" in start(one, url)


def test_another_database_sends_nothing_until_resume(url: str, host: Callable[[str], State]) -> None:  # X10
    one = host("one")
    start(one, url)
    copy = postgres.server().url(f"copy_of_{url.rpartition('/')[2]}")
    postgres.server().run(f"CREATE DATABASE {copy.rpartition('/')[2]} TEMPLATE {url.rpartition('/')[2]}")

    assert start(one, copy).startswith("the database is a copy: another one, or on another server")
    assert "" == start(one, url)
    with opened(copy) as store:
        one.resume(store)
    assert ["", ""] == [start(one, copy), start(host("other"), copy)]


def test_a_backup_is_known_for_one(url: str, host: Callable[[str], State]) -> None:  # X10
    one = host("one")
    start(one, url)
    with opened(url) as store:
        store.write(lambda c: facts.put(c, "file", f"{BACKUP}2026-11-29T01:00:00+00:00"))

    assert "the database is the backup of 2026-11-29T01:00:00+00:00" == start(one, url)


def test_who_may_not_ask_for_the_servers_number_knows_the_databases(url: str) -> None:  # X10
    name = url.rpartition("/")[2]
    server = postgres.server()
    server.run("CREATE ROLE tenant LOGIN")
    server.run(f"GRANT pg_read_all_data TO tenant; GRANT CONNECT ON DATABASE {name} TO tenant")
    with opened(url) as ours:
        whole = ours.identity()
    with psycopg.connect(url) as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    with opened(url.replace("nashir@", "tenant@"), writing=False) as theirs:
        assert f"0 {whole.split()[1]}" == theirs.identity()
    assert whole.split()[0] != "0"


def test_the_first_host_makes_the_secret_and_the_database_knows_its_fingerprint(
    url: str, host: Callable[[str], State]
) -> None:  # H4
    one = host("one")
    key = secret(one, url)

    assert (32, key) == (len(key), (one.folder / "secret.key").read_bytes())
    assert [key, key] == [secret(one, url, writing=writing) for writing in (True, False)]
    with opened(url, writing=False) as store:
        known = store.read(lambda c: facts.get(c, facts.SECRET))
    assert known is not None and 64 == len(known)
    assert key.hex() not in known and known not in key.hex()


def test_a_host_without_the_secret_makes_none_beside_it(url: str, host: Callable[[str], State]) -> None:  # H4
    secret(host("one"), url)
    other = host("other")

    for writing in (True, False):
        with pytest.raises(
            BadState, match=r"no secret key here.* Mend: copy state/secret\.key from the"
        ) as error:
            secret(other, url, writing=writing)
        assert 78 == error.value.exit
        assert [] == list(other.folder.iterdir())


def test_a_host_with_another_secret_is_refused(url: str, host: Callable[[str], State]) -> None:  # H4
    key, other = secret(host("one"), url), host("other")
    other.secret()

    for writing in (True, False):
        with pytest.raises(BadState, match=r"another secret key than .* Mend: copy state/secret\.key from"):
            secret(other, url, writing=writing)
    (other.folder / "secret.key").write_bytes(key)
    assert key == secret(other, url)


def test_a_reader_makes_no_secret_either(url: str, host: Callable[[str], State]) -> None:  # H4
    one = host("one")
    with pytest.raises(BadState, match="no secret key"):
        secret(one, url, writing=False)
    assert [] == list(one.folder.iterdir())


def test_a_database_that_is_set_back_while_it_is_open_is_noticed_before_anything_is_written(
    url: str, host: Callable[[str], State]
) -> None:  # X10
    """A living sender would write another generation over the old one, and nobody would ever know."""
    one = host("one")
    for _ in range(3):
        start(one, url)
    with opened(url) as store:
        put_back(url, "2")

        with pytest.raises(BadState, match="it was restored"):
            one.advance(store)
        assert "it was restored" in one.watch(store)
    assert "2" == generation(url)
    assert "it was restored" in start(one, url)


def test_a_database_that_was_left_while_it_is_open_sends_nothing_more(
    url: str, host: Callable[[str], State]
) -> None:  # X10
    one, other = host("one"), host("other")
    start(one, url)
    with opened(url) as store:
        start(other, url)
        other.leave(store, "sqlite")

        with pytest.raises(BadState, match="moved to sqlite"):
            one.advance(store)


def test_who_only_looks_on_notes_how_far_the_others_are(
    url: str, host: Callable[[str], State]
) -> None:  # X10
    scheduler, worker = host("scheduler"), host("worker")
    start(scheduler, url)
    start(worker, url)
    was = generation(url)
    start(worker, url)
    with opened(url) as store:
        assert "" == scheduler.watch(store)
        put_back(url, was)
        assert "it was restored" in scheduler.watch(store)


def test_a_database_that_is_set_back_to_the_middle_of_a_run_is_noticed(
    url: str, host: Callable[[str], State], monkeypatch: pytest.MonkeyPatch
) -> None:  # X10
    """A run lasts as long as letters are due, hours perhaps: the generation grows meanwhile."""
    monkeypatch.setattr(workers, "BEAT", 0.02)
    one, broken = host("one"), list[str]()

    class Engine:
        def break_off(self) -> None:
            broken.append("off")

    async def main() -> None:
        async with delivering._noted(session, cast("LocalEngine", Engine())):
            first = int(generation(url))
            while int(generation(url)) < first + 2:
                await asyncio.sleep(0.01)
            put_back(url, str(first))
            while not broken:
                await asyncio.sleep(0.01)

    start(one, url)
    with opened(url) as store:
        house = SimpleNamespace(store=store)
        session = cast("Session", SimpleNamespace(house=house, state=one, fenced=""))
        with pytest.raises(BadState, match="it was restored"):
            asyncio.run(asyncio.wait_for(main(), 20))
    assert ["off"] == broken
    assert "it was restored" in session.fenced
