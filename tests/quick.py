"""What every test would do again, done once a process: the compilation of templates and of SQL, a new database's
migration."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from publisher.store import schema
from publisher.templating import PACKAGED
from publisher.templating.jinja import Environments

migrate, _make, _engine = schema.upgrade, Environments._environment, Engine.__init__


class Compiled(BytecodeCache):
    """What Jinja compiled, for every site of this process: tests open a new one each, with the same templates."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


_compiled = {True: Compiled(), False: Compiled()}


def _environment(self: Environments, *, autoescape: bool) -> ImmutableSandboxedEnvironment:
    made = _make(self, autoescape=autoescape)
    made.bytecode_cache = _compiled[autoescape]
    return made


_statements: LRUCache[Any, Any] = LRUCache(2000)


def _init(self: Engine, *words: Any, **named: Any) -> None:
    """All engines look in one place for the SQL that a statement becomes."""
    _engine(self, *words, **named)
    self._compiled_cache = _statements


def _alike(self: object, other: object) -> bool:
    return type(self) is type(other)


def _hash(self: object) -> int:
    return hash(type(self))


_migrated: list[sqlite3.Connection] = []


def _upgrade(engine: Engine, where: str = "", before: Callable[[str], None] = lambda _: None) -> str | None:
    """As `migrate`; a new SQLite database becomes a copy of the first that it made."""
    if engine.dialect.name != "sqlite":
        return migrate(engine, where, before)
    new = not inspect(engine).get_table_names()
    found = migrate(engine, where, before) if not new or not _migrated else None
    if new:
        raw = engine.raw_connection()
        database = raw.driver_connection
        assert isinstance(database, sqlite3.Connection)
        if _migrated:
            _migrated[0].backup(database)
        else:
            kept = sqlite3.connect(":memory:", check_same_thread=False)
            database.backup(kept)
            _migrated.append(kept)
        raw.close()
    return found


def begin() -> None:
    """From now on, in this process and those forked from it. What tests/store says of migrations is as written."""
    Engine.__init__ = _init  # type: ignore[method-assign]
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):  # made with the same words, they say the same
        dialect.__eq__, dialect.__hash__ = _alike, _hash  # type: ignore[method-assign]
    Environments._environment = _environment  # type: ignore[method-assign]
    schema.upgrade = _upgrade


def prepare() -> None:
    """For those that are forked from this process."""
    begin()
    environments = Environments([PACKAGED])
    for path in Path(PACKAGED).rglob("*.j2"):
        name = str(path.relative_to(PACKAGED))
        (environments._html if name.endswith(".html.j2") else environments._text).get_template(name)
    new = create_engine("sqlite://")
    _upgrade(new)
    new.dispose()
