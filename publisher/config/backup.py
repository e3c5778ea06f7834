"""[backup]: what its values mean together."""

from publisher.config import folders
from publisher.config.reading import Reading
from publisher.config.words import clock
from publisher.config.written import File


def check(reading: Reading, file: File) -> None:
    """Raises BadConfig for the first value of [backup] that cannot be used."""
    at, backup = ("backup",), file.backup
    reading.check(at, "folder", lambda: folders.backups_apart(reading.root, file))
    reading.check(at, "at", lambda: backup.at and clock(backup.at))
    reading.within(at, backup, keep=(1, 1000))
