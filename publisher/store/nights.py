"""Door: the folder of nightly backups. What in it is not one of this site's nights is never touched."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from publisher.errors import Unwritable

SAVED = 5  # files that upgrades from one schema leave


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """[backup]"""

    folder: str = "backups"  # relative to the site
    at: str = "03:30"  # by the site's clocks; "": none are made
    keep: int = 7  # of them


@dataclass(frozen=True, slots=True)
class Night:
    """A backup that is there."""

    day: date  # the local date whose backup it is
    path: Path
    made: datetime  # UTC
    size: int  # bytes


class Nights:
    """The nightly backups of the site with the id *site* in *folder*: several sites may share one."""

    def __init__(self, folder: Path, site: str) -> None:
        self.folder = folder
        self._head = f"nashir-{site[:8]}-"
        self._name = re.compile(rf"{re.escape(self._head)}(\d{{4}}-\d\d-\d\d)\.tar\.gz")

    def path(self, day: date) -> Path:
        """Where the backup of *day* stands, or will."""
        return self.folder / f"{self._head}{day.isoformat()}.tar.gz"

    def before_upgrade(self, schema: str) -> Path:
        """Where the database is to stand as it is now, at this *schema*: a free name, since such a file is never
        removed, nor replaced. Raises Unwritable where there are many: a start that fails each time, and is tried
        again, would fill the disk."""
        head = self.folder / f"{self._head}schema-{schema}"
        for number in range(1, SAVED + 1):
            path = Path(f"{head}{f'-{number}' if number > 1 else ''}.tar.gz")
            if not path.exists():
                return path
        what = f"the database was saved {SAVED} times before an upgrade from schema {schema}, and is not saved again"
        raise Unwritable(what, f"{head}.tar.gz", "move those files away, all but the one you may want back")

    def make(self) -> None:
        """Make the folder (0700) where it is missing; not what it lies in, which may be a disk that is not mounted.
        Raises Unwritable."""
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            what = f"the folder of the backups cannot be made: {error.strerror}"
            mend = "name one in backup.folder whose place is there and may be written to"
            raise Unwritable(what, str(self.folder), mend) from error

    def all(self) -> list[Night]:
        """Those that are there, the oldest first; none where the folder cannot be read."""
        try:
            found = [*filter(None, map(self._night, self.folder.iterdir()))]
        except OSError:
            return []
        return sorted(found, key=lambda each: each.day)

    def newest(self, until: date) -> Night | None:
        """The last one up to the day *until*: as `prune`, a clock that was wrong for a while hides nothing."""
        return next((each for each in reversed(self.all()) if each.day <= until), None)

    def prune(self, day: date, keep: int) -> int:
        """Remove all but the newest *keep* of those up to *day*, whose backup is there: a clock that was wrong for a
        while left some of later dates, which count when their time has come. How many were. Raises Unwritable."""
        past = [each for each in self.all() if each.day <= day]
        try:
            for each in past[:-keep]:
                each.path.unlink(missing_ok=True)
        except OSError as error:
            what = f"an old backup cannot be removed: {error.strerror}"
            raise Unwritable(what, str(error.filename), "look at its rights") from error
        return len(past[:-keep])

    def _night(self, path: Path) -> Night | None:
        found = self._name.fullmatch(path.name)
        if not found or not path.is_file():
            return None
        try:
            day, stat = date.fromisoformat(found[1]), path.stat()
        except (ValueError, OSError):  # 2026-02-31; or it is gone meanwhile
            return None
        return Night(day, path, datetime.fromtimestamp(stat.st_mtime, UTC), stat.st_size)
