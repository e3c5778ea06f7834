"""What the tables have in common."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, text
from sqlalchemy import Text as _Text

OUTDATED = "outdated"  # instead of what a page was made from: it stands on disk and is not what it should be

# Text that is compared and sorted by its code points, as in SQLite, whatever PostgreSQL's database is made for.
Text = _Text().with_variant(_Text(collation="C"), "postgresql")
KEY = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself in an INTEGER alone

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
    return Column("id", KEY, primary_key=True)
