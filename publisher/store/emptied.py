"""Door: whether a site's database was lost: deleted, cut to nothing, or another one that is empty stands there."""

from publisher.store.database import Database
from publisher.store.sqlite import Sqlite
from publisher.store.state import State
from publisher.store.store import Store


def is_lost(state: State, database: Database) -> bool:
    """Whether nothing is in the *database* though this *state* folder was used with one; a new site's was not. Raises
    as opening it does."""
    if not state.generation.exists():
        return False
    if isinstance(database, Sqlite):  # not opened: SQLite deletes the log that is beside an empty file
        try:
            if not database.path.stat().st_size:
                return True
        except FileNotFoundError:
            return True
        except OSError:  # opening it says why
            return False
    return Store.is_new(database)
