"""What is written once and said differently by SQLite and PostgreSQL.

`upsert` is an INSERT … ON CONFLICT. `func.json_each`, `func.json_group_array` and `func.instr` are SQLite's own, which
become what PostgreSQL has for them; `func.json_plain` and `func.among` are none of either.
"""

from typing import Any

from sqlalchemy import Boolean, Connection, Text
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

__all__ = [
    "LOCK",
    "alone",
    "among",
    "instr",
    "json_each",
    "json_group_array",
    "json_plain",
    "spoken",
    "upsert",
]

LOCK = 0x6E61736869720001  # "nashir", 1: PostgreSQL's number for the lock of whoever changes something


class json_each(GenericFunction[Any]):  # noqa: N801
    """The elements of an array in JSON text, each as `value`: plain in SQLite, JSON in PostgreSQL; `cell` and `plain`
    of store.bulk read both."""

    inherit_cache = True


class json_plain(GenericFunction[Any]):  # noqa: N801
    """The text or number that a `value` of `json_each` is."""

    inherit_cache = True


class among(GenericFunction[bool]):  # noqa: N801
    """Whether a column has one of the values of a scalar query. PostgreSQL would join the query with the table, and
    read all of that where it knows too little of either; with an array each value is looked up in an index."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        return self  # SQLite finds no index for "(...) = 1"


class json_group_array(GenericFunction[str]):  # noqa: N801
    """All values of a group as JSON text."""

    type = Text()
    inherit_cache = True


class instr(GenericFunction[int]):  # noqa: N801
    """The place of the second text in the first, from 1; 0: it is not in it."""

    inherit_cache = True


@compiles(json_plain)
def _as_it_is(element: json_plain, compiler: SQLCompiler, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(json_plain, "postgresql")
def _plain(element: json_plain, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} #>> '{{}}')"


@compiles(among)
def _in(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} IN {values})"


@compiles(among, "postgresql")
def _any(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} = ANY (ARRAY{values}))"


@compiles(json_each, "postgresql")
def _each(element: json_each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **options)} AS JSON))"


@compiles(json_group_array, "postgresql")
def _group(element: json_group_array, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(json_agg({compiler.process(element.clauses, **options)}) AS TEXT)"


@compiles(instr, "postgresql")
def _instr(element: instr, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(OnConflictDoNothing, "postgresql")
def _nothing(clause: OnConflictDoNothing, compiler: Any, **options: Any) -> str:
    from sqlalchemy.dialects.postgresql import dml

    return str(compiler.visit_on_conflict_do_nothing(_theirs(dml.OnConflictDoNothing, clause), **options))


@compiles(OnConflictDoUpdate, "postgresql")
def _update(clause: OnConflictDoUpdate, compiler: Any, **options: Any) -> str:
    from sqlalchemy.dialects.postgresql import dml

    return str(compiler.visit_on_conflict_do_update(_theirs(dml.OnConflictDoUpdate, clause), **options))


def spoken(connection: Connection, sqlite: str, postgresql: str) -> str:
    """The one of two statements that the database of *connection* understands."""
    return postgresql if connection.dialect.name == "postgresql" else sqlite


def alone(connection: Connection) -> None:
    """From here to the end of its transaction no `Store.write` is under way anywhere, as if this were one."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def _theirs(kind: Any, clause: Any) -> Any:
    """The same clause as PostgreSQL's compiler knows it."""
    found = kind.__new__(kind)
    found.__dict__.update(vars(clause))
    found.constraint_target = None
    return found
