"""Door: the database on a PostgreSQL server, which many hosts may use at once.

Changes come one after another on all hosts, as they do with SQLite: each transaction of the writer takes the site's
lock (pg_advisory_xact_lock) first. The sender's do not: they lock the rows that they claim.
"""

import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from publisher.errors import BadConfig, BadState, Damaged, PublisherError, Unwritable
from publisher.store.dialects import LOCK
from publisher.store.rows import Source, Target
from publisher.store.writer import Statement

BUSY = 90  # seconds that another may hold what we wait for before we say so
# A host that is cut off holds nothing for long: both ends look whether the other is there (seconds; ms for the last).
_CLIENT = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_CLIENT |= {"tcp_user_timeout": 10_000}
_SERVER = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 3}
_SERVER |= {"tcp_user_timeout": 10_000, "idle_in_transaction_session_timeout": 15_000}
_SERVER |= {"lock_timeout": BUSY * 1000, "client_connection_check_interval": 0}
# A commit that was told of is on the disk (S1). What waits for more than that (remote_apply) stays as it is.
_LASTING = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
# Tells this process from one on another host of the same name, as containers have them, with the same number.
_WORD = secrets.token_hex(3)
# A sender asks for a few rows by their keys, of tables that grow by a million while it has its plan at hand.
_KEYED = {"enable_hashjoin": "off", "enable_mergejoin": "off"}
_AGAIN = ("40001", "40P01")  # undone for another's sake: serialization failure, deadlock
_FULL = "53300"  # there is no connection more for now
_GONE = ("57P01", "57P02", "57P03", "57P05", "25P03")  # the server stops, starts, or ended the session
_TLS = "28TLS"  # no state of PostgreSQL's: it is the client that does not go on
# The client's library does not say the state with which a server refuses a connection: its words, in English.
_REFUSALS = (
    (
        re.compile(
            r"FATAL: .*(password authentication failed|no pg_hba|permission denied|authentication failed)"
        ),
        "28000",
    ),
    (
        re.compile(r"no password supplied|FATAL: .*role .* (does not exist|is not permitted to log in)"),
        "28000",
    ),
    (re.compile(r"FATAL: .*database .* does not exist"), "3D000"),
    (re.compile(r"FATAL: .*(too many (clients|connections)|remaining connection slots)"), _FULL),
    (
        re.compile(
            r"server does not support SSL|certificate verify failed|root certificate file|server certificate for"
        ),
        _TLS,
    ),
)
_RESTORED = "let who restores it finish, and try again; a daemon does"
# How a state begins (PostgreSQL, appendix A), what it is to people, and how to mend it.
_KINDS: tuple[tuple[str, type[PublisherError], str, str], ...] = (
    ("55P03", Unwritable, "cannot be written", "end what holds it"),
    ("57014", Unwritable, "cut this short", "let it take longer (ALTER ROLE … SET statement_timeout = 0)"),
    ("25P04", Unwritable, "cut this short", "let it take longer (ALTER ROLE … SET transaction_timeout = 0)"),
    ("23503", Unwritable, "was changed by another process meanwhile", "run it again; a daemon does"),
    ("23505", Unwritable, "was changed by another process meanwhile", "run it again; a daemon does"),
    ("25006", Unwritable, "cannot be written", "name the server that takes changes, in store.url"),
    (_FULL, Unwritable, "takes no more connections", "raise max_connections: about 7 for each process"),
    ("53", Unwritable, "cannot be written", "make room on its host, or mend that"),
    ("58", Unwritable, "cannot be written", "make room on its host, or mend that"),
    (
        _TLS,
        BadState,
        "cannot be spoken to in secret",
        "switch on TLS there, or mend what store.url says of ssl",
    ),
    ("28", BadState, "does not let us in", "look at the password and at pg_hba.conf; see docs/scaling.md"),
    ("3D", BadState, "is not there", "make it (`createdb`), or mend store.url"),
    ("57P04", BadState, "is not there", "make it (`createdb`), or mend store.url"),
    ("42501", BadState, "is not ours", "make this user its owner (ALTER DATABASE … OWNER TO …)"),
    # A backup is just put back (`pg_restore --clean`): tables, then what the job queue calls.
    *((state, Unwritable, "lacks something", _RESTORED) for state in ("42P01", "42883", "42704")),
    ("3F", BadState, "has no schema for our tables", "CREATE SCHEMA, or mend the user's search_path"),
    ("XX001", Damaged, "is damaged", "restore it from a backup"),
    ("XX002", Damaged, "is damaged", "restore it from a backup"),
)
FORM = "postgresql://user@host:5432/name"


class Postgres:
    """The database at *url* (postgresql://user@host:5432/name, RFC 3986; see libpq's connection URIs): see Database.
    The password stands in the URL, in *password*, or where libpq looks for it (PGPASSWORD, ~/.pgpass)."""

    shared = True

    def __init__(self, url: str, password: str = "") -> None:
        """Raises BadConfig where the driver is not installed, or cannot read the URL."""
        self._url, self._password = url, password
        try:
            from psycopg import ProgrammingError
            from psycopg.conninfo import conninfo_to_dict
        except ImportError as error:
            mend = "pip install 'nashir[postgres]'"
            raise BadConfig("the driver for PostgreSQL is not installed", "store.url", mend) from error
        try:
            self._parts = conninfo_to_dict(url)
        except ProgrammingError:  # which quotes it
            what = "it is no URL of a PostgreSQL database"
            raise BadConfig(what, "store.url", f'write "{FORM}", with what is special as %XX') from None

    @property
    def url(self) -> str:
        """With whatever password stands in it."""
        return self._url

    @property
    def where(self) -> str:
        user, host, port, name = (
            str(self._parts.get(each) or "") for each in ("user", "host", "port", "dbname")
        )
        host = f"[{host}]" if ":" in host else quote(host, safe=",")
        server = f"{quote(user, safe='')}@{host}" if user else host
        return f"postgresql://{server}{f':{port}' if port else ''}/{quote(name, safe='')}"

    def options(self, **more: str) -> dict[str, Any]:
        """What a connection is opened with beside the URL, whose word counts; *more* of the server's settings."""
        given = {"password": self._password} if self._password else {}
        client = {name: value for name, value in _CLIENT.items() if name not in self._parts}
        settings = [f"-c {name}={value}" for name, value in (_SERVER | more).items()]
        theirs = str(self._parts.get("options") or "")
        name = f"nashir {socket.gethostname()[:40]} {os.getpid()} {_WORD}"  # 63 bytes at the most
        given["client_encoding"] = "utf8"  # whatever PGCLIENTENCODING says
        return {**client, **given, "options": " ".join([*settings, theirs]), "application_name": name}

    def reader(self) -> Engine:
        return self._engine("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def writer(self) -> Engine:
        return self._engine(f"BEGIN; SELECT pg_advisory_xact_lock({LOCK})")

    def sender(self) -> Engine:
        return self._engine("BEGIN", **_KEYED)

    def connect(self, **more: str) -> Any:
        """The driver's own connection, outside any transaction; *more* of the server's settings. Raises BadState where
        the database cannot hold every text, and what the driver raises."""
        import psycopg

        connection = psycopg.connect(self._url, autocommit=True, **self.options(**more))
        try:
            self._holds_text(connection.info.parameter_status("server_encoding"))
            connection.execute(_LASTING)
        except BaseException:
            connection.close()
            raise
        return connection

    def _holds_text(self, encoding: str | None) -> None:
        if encoding != "UTF8":
            mend = "make it anew: createdb --encoding UTF8 --template template0"
            raise BadState(
                f"the database cannot hold every text: its encoding is {encoding}", self.where, mend
            )

    def _engine(self, begin: str, **more: str) -> Engine:
        engine = create_engine(
            "postgresql+psycopg://",
            creator=partial(self.connect, **more),
            pool_size=4,
            use_native_hstore=False,
            pool_use_lifo=True,
        )
        # One way to the server and back for both; the driver's own would be two.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    def run(self, driver: Any, statement: Statement) -> int:
        return int(driver.execute(*statement.on("postgresql")).rowcount)

    def lost(self, error: BaseException) -> bool:
        state = _state(error)
        return state in (*_AGAIN, _FULL) or _gone(error, state)

    def identity(self, reader: Engine) -> str:
        """The server's number, which a copy of all its files keeps, and the database's on it. Where we may not ask for
        the first, the second alone: then a copy on another server can look like this one."""
        may = "has_function_privilege('pg_control_system()', 'execute')"
        query = f"SELECT oid, {may} FROM pg_database WHERE datname = current_database()"
        system = 0
        with reader.connect() as connection, connection.begin():
            number, allowed = connection.execute(text(query)).one()
            if allowed:
                system = connection.execute(
                    text("SELECT system_identifier FROM pg_control_system()")
                ).scalar_one()
        return f"{system} {number}"

    def others(self, reader: Engine) -> list[str]:
        """Which other processes of ours are connected."""
        query = "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
        ours = "application_name LIKE 'nashir %' AND application_name <> current_setting('application_name')"
        with reader.connect() as connection, connection.begin():
            found = connection.execute(text(f"{query} AND {ours} ORDER BY 1")).scalars()
            return list(map(process_of, found))

    @contextmanager
    def source(self, reader: Engine) -> Iterator[Source]:
        """Whoever else changes something waits, on all hosts."""
        from publisher.store import postgres_rows

        with closing(self.connect()) as driver:
            driver.execute(f"SELECT pg_advisory_lock({LOCK})")  # before the snapshot
            with postgres_rows.source(driver) as found:
                yield found

    @contextmanager
    def target(self) -> Iterator[Target]:
        from publisher.store import postgres_rows, schema

        owner = self.writer()
        try:
            schema.upgrade(owner, self.where)
        finally:
            owner.dispose()
        with closing(self.connect()) as driver, postgres_rows.target(driver, LOCK, self.where) as found:
            yield found

    def size(self, reader: Engine) -> int:
        with reader.connect() as connection:
            return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())

    def copy(self, reader: Engine, target: Path, *, people: bool) -> None:
        """Beside whoever writes. Whoever wants the copy to last makes it last."""
        from publisher.store import moving, postgres_rows, sqlite_rows

        with (
            closing(self.connect()) as driver,
            postgres_rows.source(driver) as source,
            sqlite_rows.target(target) as into,
        ):
            moving.pour(source, into, people=people)

    def empty_log(self, driver: Any) -> bool:
        """The server's log and what it keeps of deleted rows are its own matter (docs/letters.md, L8)."""
        return True

    def explained(self, error: BaseException) -> BaseException:
        state = _state(error)
        gone = _gone(error, state)
        if state is None and not gone:
            return error
        words = str(getattr(error, "orig", error))
        for secret in {self._password, str(self._parts.get("password") or "")} - {""}:
            words = words.replace(secret, "…")
        said = " ".join(words.strip().partition("\n")[0].split())
        kind, what, mend = _kind(state or "", gone)
        return kind(f"the database {what}: {said}", self.where, mend) if kind else error


def process_of(name: str) -> str:
    """Host and number of the process that a connection of this application *name* is of, for people."""
    return " ".join(name.split()[1:3])


def _kind(state: str, gone: bool) -> tuple[type[PublisherError] | None, str, str]:
    """What a complaint is to people, and how to mend it; None for one that is a mistake of ours."""
    if gone:
        return Unwritable, "cannot be reached", "look at PostgreSQL, and at the way to it"
    return next((found[1:] for found in _KINDS if state.startswith(found[0])), (None, "", ""))


def _driver_error(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _state(error: BaseException) -> str | None:
    """The five characters that say what is wrong (PostgreSQL, appendix A); None where none were said."""
    found = _driver_error(error)
    state: str | None = getattr(found, "sqlstate", None)
    return state or next((state for said, state in _REFUSALS if said.search(str(found))), None)


def _gone(error: BaseException, state: str | None) -> bool:
    import psycopg

    if state is not None:
        return state in _GONE or state.startswith("08")
    # Without a state it is the client's library that complains: there is no connection.
    return isinstance(_driver_error(error), psycopg.OperationalError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
