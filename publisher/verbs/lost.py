"""A database that was lost is not taken for a new site's: its readers would be forgotten with every publishing (X9)."""

import shlex
from pathlib import Path

from publisher.config import Settings
from publisher.errors import BadState
from publisher.layout import STATE
from publisher.store import emptied
from publisher.store.nights import Nights
from publisher.store.sqlite import RESTORE
from publisher.store.state import State

WHAT = "the database is gone or empty, and this site had one"
ANEW = "to begin anew without its readers, move state/ away"


def expect(settings: Settings) -> None:
    """Raises BadState where the site's database was lost, and as opening it does."""
    database = settings.store.database(settings.root)
    if emptied.is_lost(State(settings.root / STATE), database):
        raise BadState(WHAT, database.where, mend(settings))


def mend(settings: Settings) -> str:
    """How it comes back, with the name of the newest nightly backup, if there is one here."""
    if settings.store.url:
        back = "restore the server's last backup, or name the right database in store.url (docs/scaling.md)"
    else:
        newest = next(reversed(Nights(settings.root / settings.backup.folder, settings.site.id).all()), None)
        file = shlex.quote(str(Path(settings.backup.folder, newest.path.name))) if newest else "FILE"
        back = RESTORE.replace("FILE", file)
    return f"{back}; {ANEW}"
