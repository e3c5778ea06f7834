"""Many values in one parameter come back as they went in."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select

from publisher.store import bulk

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NUMBER = st.integers(-(2**63), 2**63 - 1)
ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as made:
        yield made
    engine.dispose()


@ONCE
@given(st.lists(st.tuples(TEXT, NUMBER, st.none() | TEXT)))
def test_rows_come_back_as_they_were(connection: Connection, rows: list[tuple[str, int, str | None]]) -> None:
    table = bulk.table(rows, "text", "number", "other")

    assert rows == [tuple(row) for row in connection.execute(select(table))]


@ONCE
@given(st.lists(TEXT) | st.lists(NUMBER))
def test_values_come_back_as_they_were(connection: Connection, values: list[str] | list[int]) -> None:
    assert values == list(connection.execute(bulk.values(values)).scalars())


def test_text_that_cannot_be_stored_is_refused(connection: Connection) -> None:
    with pytest.raises(UnicodeEncodeError):
        connection.execute(bulk.values(["\udcff"]))
