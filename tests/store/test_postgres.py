"""PostgreSQL refuses, ends and restarts: what was asked of the store is done, or said in one line."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from signal import SIGQUIT
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from publisher.config.store import check_url as check
from publisher.errors import BadConfig, BadState, Exit, PublisherError, Unwritable
from publisher.model.digest import Content
from publisher.store import dialects, facts, planning, schema
from publisher.store import postgres as door
from publisher.store.postgres import Postgres
from publisher.store.store import Store
from tests import postgres
from tests.patience import LONG
from tests.postgres import QUICK, Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that is restarted, and wants a password of `guest`."""
    made = Server(*QUICK)
    made.run("CREATE ROLE guest LOGIN PASSWORD 'right'")
    rules = made.data / "pg_hba.conf"
    rules.write_text(f"host all guest {made.host}/32 scram-sha-256\n{rules.read_text()}")
    made.run("SELECT pg_reload_conf()")
    made.run("CREATE DATABASE site TEMPLATE template0")
    Store(Postgres(made.url("site")), writing=True).close()
    yield made
    made.remove()


@pytest.fixture
def url() -> Iterator[str]:
    made = postgres.database()
    yield made
    postgres.give_back(made)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with opened(url) as made:
        yield made


@contextmanager
def opened(url: str) -> Iterator[Store]:
    with closing(Store(Postgres(url), writing=True)) as store:
        yield store


def read(store: Store, key: str) -> str | None:
    return store.read(lambda c: facts.get(c, key))


def count(connection: Connection, key: str = "n") -> int:
    """One more than there was: what another adds meanwhile is lost."""
    number = int(facts.get(connection, key) or 0) + 1
    facts.put(connection, key, str(number))
    return number


def refused(url: str, password: str = "") -> PublisherError:
    with pytest.raises(PublisherError) as refusal:
        Store(Postgres(url, password), writing=True)
    assert "\n" not in str(refusal.value)
    assert refusal.value.mend
    return refusal.value


def test_who_is_not_let_in_is_told_in_one_line(server: Server) -> None:  # X9
    guest = server.url("site").replace("nashir@", "guest@")
    wrong = refused(guest, "wr0ng")
    none = refused(guest)
    missing = refused(server.url("nowhere"))
    stranger = refused(server.url("site").replace("nashir@", "stranger@"))
    owned = refused(guest.replace("/site", "/postgres"), "right")

    assert [BadState] * 5 == [type(each) for each in (wrong, none, missing, stranger, owned)]
    assert Exit.CONFIG == wrong.exit == 78
    assert "does not let us in" in str(wrong) and "wr0ng" not in str(wrong)
    assert "does not let us in" in str(none)
    assert "is not there" in str(missing) and "createdb" in missing.mend
    assert "does not let us in" in str(stranger)
    assert "is not ours" in str(owned)


@contextmanager
def made(server: Server, name: str, how: str, *statements: str) -> Iterator[str]:
    """The URL of a new database, made *how*, in which these were done."""
    server.run(f"CREATE DATABASE {name} TEMPLATE template0 {how}")
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        for each in statements:
            connection.execute(each.encode())
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize(
    "theirs",
    [
        "CREATE TABLE articles (title int)",
        "CREATE VIEW foo AS SELECT 1",
        "CREATE TABLE procrastinate_jobs (id int)",
        "CREATE TABLE alembic_version (version_num) AS SELECT '4f1e'",
    ],
)
def test_a_database_of_another_program_is_left_alone(server: Server, theirs: str) -> None:  # X9
    asked = "SELECT array_agg(relname::text) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    with made(server, "theirs", "", theirs) as url:
        with pytest.raises(BadState, match="none of ours") as reading:
            Store(Postgres(url), writing=False)
        with pytest.raises(BadState) as moving, Postgres(url).target():
            pass
        writing = refused(url)
        with psycopg.connect(url) as connection:
            assert ([theirs.split()[2]],) == connection.execute(asked).fetchone()

    assert 78 == writing.exit
    assert "an empty database of its own" in writing.mend
    assert str(writing) == str(reading.value) == str(moving.value)


def test_what_is_an_extensions_or_our_queues_is_no_other_programs(server: Server) -> None:  # X9
    queue = "CREATE TABLE procrastinate_jobs (); COMMENT ON TABLE procrastinate_jobs IS 'nashir: 0'"
    member = "CREATE VIEW counted AS SELECT 1; ALTER EXTENSION plpgsql ADD VIEW counted"
    with made(server, "ours", "", queue, member) as url, opened(url) as store:
        assert 1 == store.write(count)


def test_a_database_that_cannot_hold_every_text_is_refused(server: Server) -> None:  # X9
    with made(server, "latin", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'") as url:
        refusal = refused(url)

    assert 78 == refusal.exit and "its encoding is LATIN1" in str(refusal)
    assert "createdb --encoding UTF8 --template template0" in refusal.mend


def test_text_arrives_whatever_the_environment_says(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with opened(url) as store:
        store.write(lambda c: facts.put(c, "title", "ناشر"))
        assert "ناشر" == read(store, "title")


def test_a_server_that_takes_no_more_connections_says_how_many_it_needs(server: Server) -> None:  # X9
    guest = Postgres(server.url("site").replace("nashir@", "guest@"), "right")
    server.run("ALTER ROLE guest CONNECTION LIMIT 0")
    try:
        with pytest.raises(psycopg.OperationalError) as full:
            guest.connect()
    finally:
        server.run("ALTER ROLE guest CONNECTION LIMIT -1")
    clients = psycopg.OperationalError('connection to "h" failed: FATAL:  sorry, too many clients already')

    for each in (full.value, clients):
        explained = guest.explained(each)
        assert isinstance(explained, Unwritable) and "takes no more connections" in str(explained)
        assert "raise max_connections: about 7 for each process" == explained.mend
        assert guest.lost(each)


def test_a_server_without_tls_is_a_mistake_of_the_settings(url: str) -> None:
    refusal = refused(f"{url}?sslmode=require")

    assert 78 == refusal.exit and "SSL was required" in str(refusal)
    assert "store.url" in refusal.mend


def test_a_url_may_begin_as_others_write_it(url: str) -> None:
    other = url.replace("postgresql://", "postgres://")
    check(other)
    with opened(other) as store:
        assert url == store.database.where


def test_a_table_that_is_away_for_a_moment_is_waited_for(store: Store) -> None:  # X9
    """`pg_restore --clean` drops them all, and makes them anew."""
    store.write(count)
    store.write(lambda c: c.execute(text("ALTER TABLE meta RENAME TO away")))
    try:
        for work in (lambda: read(store, "n"), lambda: store.write(count)):
            with pytest.raises(Unwritable, match=r"the database lacks something: .*meta.* try again"):
                work()
    finally:
        store.write(lambda c: c.execute(text("ALTER TABLE away RENAME TO meta")))

    assert 2 == store.write(count)


def test_a_server_that_is_not_there_is_named(url: str) -> None:  # X9
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gone = refused(f"postgresql://nashir:secret@127.0.0.1:{port}/site")

    assert isinstance(gone, Unwritable) and 74 == gone.exit
    assert f"postgresql://nashir@127.0.0.1:{port}/site: the database cannot be reached" in str(gone)
    assert "secret" not in str(gone)


def test_a_server_that_takes_no_changes_is_told_from_one_that_is_full(url: str) -> None:  # X9
    name = url.rpartition("/")[2]
    postgres.server().run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        with opened(url) as store:
            with pytest.raises(Unwritable, match=r"read-only transaction. Mend: name the server that takes"):
                store.write(count)
            assert read(store, "n") is None
    finally:
        postgres.server().run(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def test_what_holds_the_writer_up_for_long_is_said(url: str, monkeypatch: pytest.MonkeyPatch) -> None:  # X9
    with opened(url) as store, psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (dialects.LOCK,))
        monkeypatch.setitem(door._SERVER, "lock_timeout", 30)
        with pytest.raises(Unwritable, match=r"lock timeout. Mend: end what holds it"), opened(url) as late:
            late.write(count)
        other.rollback()

        assert 1 == store.write(count)


def end_sessions(url: str) -> int:
    """What an operator does, or a server that is short of memory."""
    with psycopg.connect(url) as operator:
        ended = operator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return len(ended)


def test_sessions_that_ended_are_opened_again(store: Store, url: str) -> None:  # X9
    store.write(count)
    read(store, "n")
    assert 1 == asyncio.run(store.settle(partial(count, key="settled")))
    assert end_sessions(url) >= 3

    assert "1" == read(store, "n")
    assert 2 == store.write(count)
    assert 2 == asyncio.run(store.settle(partial(count, key="settled")))


def test_work_whose_session_ends_before_its_commit_is_done_again(store: Store, url: str) -> None:  # X9
    tries = {"read": 0, "write": 0, "settle": 0}

    def work(connection: Connection, name: str) -> str | None:
        tries[name] += 1
        if name != "read":
            count(connection, name)
        if tries[name] == 1:
            end_sessions(url)
        return facts.get(connection, name)

    found = [
        store.read(partial(work, name="read")),
        store.write(partial(work, name="write")),
        asyncio.run(store.settle(partial(work, name="settle"))),
    ]

    assert [None, "1", "1"] == found
    assert {2} == set(tries.values())


def setting(store: Store, name: str) -> str:
    return str(store.write(lambda c: c.execute(text(f"SHOW {name}")).scalar_one()))


@pytest.mark.parametrize(
    ("given", "kept"), [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")]
)
def test_a_commit_that_was_told_of_is_on_the_disk_whatever_the_role_says(
    url: str, given: str, kept: str
) -> None:  # S1
    with opened(f"{url}?options=-csynchronous_commit%3D{given}") as store:
        assert kept == setting(store, "synchronous_commit")


def test_what_the_url_says_of_a_connection_counts(url: str) -> None:
    given = f"{url}?connect_timeout=7&options=-c%20work_mem%3D3MB%20-c%20lock_timeout%3D11s"
    assert "connect_timeout" not in Postgres(given).options()
    with opened(given) as store:
        found = [setting(store, name) for name in ("work_mem", "lock_timeout", "tcp_keepalives_idle")]

        assert ["3MB", "11s", "5"] == found


def test_a_process_of_the_same_name_and_number_is_another(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in two containers: each has the number 1."""
    store.write(count)
    assert [] == store.others()
    monkeypatch.setattr(door, "_WORD", "c0ffee")
    with opened(url) as other:
        assert [f"{socket.gethostname()[:40]} {os.getpid()}"] == other.others()


def statement_that_lasts(connection: Connection) -> None:
    connection.execute(text("SET LOCAL statement_timeout = 1"))
    connection.execute(text("SELECT pg_sleep(5)"))


def letter_of_an_edition_that_is_gone(connection: Connection) -> None:
    planning.add_variant(connection, 7, "key", [], Content("", "", "", "ar", "rtl"))


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (statement_that_lasts, r"cut this short: .*statement timeout. Mend: let it take longer"),
        (
            letter_of_an_edition_that_is_gone,
            "was changed by another process meanwhile: .* Mend: run it again",
        ),
    ],
)
def test_what_the_server_refuses_for_the_moment_is_said_in_one_line(
    store: Store, work: Callable[[Connection], None], said: str
) -> None:  # X9
    with pytest.raises(Unwritable, match=said) as refusal:
        store.write(work)
    assert "\n" not in str(refusal.value)


def test_a_database_that_was_dropped_is_said_in_one_line(url: str) -> None:  # X9
    error = psycopg.errors.DatabaseDropped("terminating connection because database was dropped")

    assert "the database is not there: terminating" in str(Postgres(url).explained(error))


class Proxy:
    """Between a client and the server, on loopback. The answer to the next COMMIT after `cut = True` is lost."""

    def __init__(self, server: Server) -> None:
        self._to = (server.host, server.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, url: str) -> str:
        return url.replace(f"{self._to[0]}:{self._to[1]}", f"127.0.0.1:{self._listener.getsockname()[1]}")

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, server = self._listener.accept()[0], socket.create_connection(self._to)
                deaf = threading.Event()
                for pump in (self._there, self._back):
                    threading.Thread(target=pump, args=(client, server, deaf), daemon=True).start()

    def _there(self, client: socket.socket, server: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                if self.cut and b"COMMIT" in data:
                    self.cut = False
                    deaf.set()
                server.sendall(data)
        server.close()

    def _back(self, client: socket.socket, server: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while (data := server.recv(65_536)) and not deaf.is_set():
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
        client.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with closing(Proxy(postgres.server())) as made:
        yield made


def test_a_commit_whose_answer_is_lost_is_told_to_whoever_wrote(url: str, proxy: Proxy) -> None:  # X9 S1
    """It may be on the disk: doing it again is for whoever knows what it was."""
    with opened(proxy.url(url)) as store:
        store.write(count)
        proxy.cut = True
        with pytest.raises(Unwritable, match="the database cannot be reached"):
            store.write(count)

        assert not proxy.cut
        assert "2" == read(store, "n")
        assert 3 == store.write(count)


def test_what_a_sender_marks_is_marked_again(url: str, proxy: Proxy) -> None:  # X9 S1
    tries = []

    def mark(connection: Connection) -> str:
        tries.append(connection)
        facts.put(connection, "marked", "yes")
        return "yes"

    with opened(proxy.url(url)) as store:
        asyncio.run(store.settle(count))
        proxy.cut = True
        assert "yes" == asyncio.run(store.settle(mark))
        assert "yes" == read(store, "marked")

    assert 2 == len(tries)


def test_a_server_that_restarts_costs_nothing_but_time(server: Server) -> None:  # X9
    """`pg_ctl restart -m immediate`, while all three are at work: none of them fails but a `write` at its commit."""
    done = {"read": 0, "write": 0, "settle": 0}
    over, unknown, failed = threading.Event(), list[BaseException](), list[BaseException]()

    def again(name: str, work: Callable[[], object]) -> None:
        try:
            while not over.is_set():
                try:
                    work()
                except Unwritable as error:
                    if name != "write":
                        raise
                    unknown.append(error)
                    continue
                done[name] += 1
        except BaseException as error:
            failed.append(error)

    with opened(server.url("site")) as store:
        works: dict[str, Callable[[], object]] = {
            "read": lambda: read(store, "n"),
            "write": lambda: store.write(count),
            "settle": lambda: asyncio.run(store.settle(lambda c: facts.put(c, "settled", "yes"))),
        }
        threads = [threading.Thread(target=again, args=each) for each in works.items()]
        for thread in threads:
            thread.start()
        wait(lambda: min(done.values()) > 20)
        for _ in range(2):
            server.stop(SIGQUIT)
            server.start()
            before = dict(done)
            wait(lambda before=before: failed or all(done[name] > before[name] + 5 for name in done))  # type: ignore[misc]
        over.set()
        for thread in threads:
            thread.join(LONG)
        number = int(read(store, "n") or 0)

    assert [] == failed
    assert len(unknown) <= 2
    assert done["write"] <= number <= done["write"] + len(unknown)


def wait(what: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if what():
            return
        pause.wait(0.01)
    raise TimeoutError


def test_changes_of_two_hosts_come_one_after_another(url: str) -> None:  # X10
    def work(store: Store) -> None:
        for _ in range(25):
            store.write(count)

    with opened(url) as one, opened(url) as other:
        threads = [threading.Thread(target=work, args=(each,)) for each in (one, other, one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)

        assert "100" == read(one, "n")


def test_a_deadlock_of_a_writer_and_a_sender_is_undone_and_done_again(store: Store) -> None:  # X9
    tries, meet = list[str](), threading.Barrier(2)

    def work(connection: Connection, name: str, first: str, second: str) -> None:
        tries.append(name)
        connection.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
        facts.put(connection, first, name)
        if tries.count(name) == 1:
            meet.wait(LONG)
        facts.put(connection, second, name)

    store.write(lambda c: facts.put_all(c, {"a": "", "b": ""}))
    writer = threading.Thread(target=store.write, args=(partial(work, name="writer", first="a", second="b"),))
    writer.start()
    asyncio.run(store.settle(partial(work, name="sender", first="b", second="a")))
    writer.join(LONG)
    found = store.read(lambda c: (facts.get(c, "a"), facts.get(c, "b")))

    assert 3 == len(tries)
    assert found in {("writer", "writer"), ("sender", "sender")}


def test_two_hosts_that_start_on_an_empty_database_make_one() -> None:  # X10
    url = postgres.database(migrated=False)
    program = (
        "from publisher.store.postgres import Postgres; from publisher.store.store import Store;"
        f"Store(Postgres({url!r}), writing=True).close()"
    )
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (dialects.LOCK,))
        hosts = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
        asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        wait(lambda: (2,) == other.execute(asked).fetchone())
    assert [0, 0] == [host.wait(LONG) for host in hosts]
    with opened(url) as store:
        assert schema.HEAD == schema.revision(store._reader)


SECRET = "hunter2"
NOISE = st.text(st.sampled_from("a1:@/?#%[]&= \\\"'\tبp"), max_size=6)


@given(NOISE, NOISE, st.sampled_from(["beside", "in the URL", "as a parameter"]))
def test_where_a_database_is_never_shows_its_password(before: str, after: str, how: str) -> None:  # threat 9
    password = before + SECRET + after
    written = quote(password, safe="")
    database = {
        "beside": lambda: Postgres("postgresql://u@h:5432/site", password),
        "in the URL": lambda: Postgres(f"postgresql://u:{written}@h:5432/site"),
        "as a parameter": lambda: Postgres(f"postgresql://u@h:5432/site?sslmode=disable&password={written}"),
    }[how]()
    quoting = database.explained(psycopg.OperationalError(f'connection failed: "{password}" is wrong\nmore'))

    assert "postgresql://u@h:5432/site" == database.where
    assert SECRET not in str(quoting) and isinstance(quoting, Unwritable)


@given(NOISE, NOISE)
def test_a_password_that_is_not_written_as_it_must_be_is_not_shown_either(before: str, after: str) -> None:
    url = f"postgresql://u:{before}{SECRET}{after}@h/site"  # threat 9
    try:
        check(url)
        said = Postgres(url).where
    except (BadConfig, ValueError) as error:
        said = str(error)

    assert SECRET not in said
