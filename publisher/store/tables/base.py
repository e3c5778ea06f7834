"""What the tables have in common."""

from sqlalchemy import Column, Index, Integer, MetaData, text

OUTDATED = "outdated"  # instead of what a page was made from: it stands on disk and is not what it should be

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def index_where(name: str, *columns: str, where: str) -> Index:
    """An index of those rows only that are few."""
    # `postgresql_where` would load that dialect at every start.
    return Index(name, *columns, sqlite_where=text(where), info={"where": where})


def key() -> Column[int]:
    """The number that a row has for ever."""
    return Column("id", Integer, primary_key=True)
