"""Many rows by one statement. SQLAlchemy's own executemany takes twice the time of the driver's, for every row anew;
rows of JSON in one parameter take half of that."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Insert,
    Select,
    Table,
    Text,
    cast,
    false,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from publisher.store import dialects

_NUMBER = BigInteger()


def insert(connection: Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run *statement*, an insert or upsert into a table without further values, for each of *rows*; all have the same
    columns."""
    if not rows:
        return
    table, columns = statement.table, list(rows[0])
    assert isinstance(table, Table)
    compiled = statement.compile(dialect=connection.dialect, column_keys=columns)
    if not compiled.positional:
        connection.execute(statement, rows)
        return
    named: list[str] = list(compiled.positiontup or ())
    convert = [
        table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        for name in named
    ]
    values = [[row[name] for row in rows] for name in named]
    converted = [
        [make(value) for value in column] if make else column
        for column, make in zip(values, convert, strict=True)
    ]
    connection.exec_driver_sql(str(compiled), list(zip(*converted, strict=True)))


def values(
    given: Collection[int] | Collection[str], kind: TypeEngine[Any] | None = None
) -> Select[tuple[Any]]:
    """These values as the rows of a query, in one parameter; of a *kind* that must be said where they are texts and may
    be none."""
    each = _each(given)
    return select(plain(each.c.value, kind or (_kind(given) if given else _NUMBER)).label("value"))


def among(column: ColumnElement[Any], given: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """Whether *column* has one of these values, in one parameter: each is looked up in its index."""
    return dialects.among(column, values(given, column.type).scalar_subquery()) if given else false()


def table(
    rows: Sequence[Sequence[int | str | None]], *columns: str, numbers: Collection[str] = ()
) -> FromClause:
    """These *rows*, whose text has no NUL, as a table with these *columns*, in one parameter. A column in which nothing
    may stand at all is of text, or one of *numbers*."""
    each = _each(rows)
    cells = [
        cell(each.c.value, place, _NUMBER if name in numbers else _kind([row[place] for row in rows])).label(
            name
        )
        for place, name in enumerate(columns)
    ]
    return select(*cells).select_from(each).subquery("given")


def plain(value: ColumnElement[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """The number or text that is a *value* in a list of JSON."""
    return _typed(dialects.json_plain(value), kind)


def cell(value: ColumnElement[Any], place: int, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """What stands at a *place* of the list that is a *value* in a list of JSON."""
    return _typed(value.op("->>")(literal_column(str(place))), kind)


def _typed(found: ColumnElement[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    return type_coerce(found, kind) if isinstance(kind, Text) else cast(found, kind)


def _kind(given: Iterable[int | str | None]) -> TypeEngine[Any]:
    first = next((each for each in given if each is not None), "")
    return Text() if isinstance(first, str) else _NUMBER


def _each(given: Collection[Any]) -> Any:
    return dialects.json_each(json.dumps(list(given), ensure_ascii=False)).table_valued(
        "value", name="each_given"
    )
