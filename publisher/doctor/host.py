"""What was measured of this machine, as symptoms."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from publisher.doctor.table import symptom
from publisher.model.symptom import Symptom

FULL = 50_000_000  # bytes: with less a disk is as good as full
LOW = 200_000_000  # bytes that are there beside a copy of the database
FEW = 1000  # files that a disk still takes
AGE = timedelta(days=274)  # nine months: of rules of time zones
BACKUP = timedelta(days=2)  # without a new one
APART = 5.0  # seconds between two clocks
WATCHES = 2  # times as many as there are folders
FILES = 1024  # open files


@dataclass(frozen=True, slots=True)
class File:
    """A file or folder as it stands."""

    path: str
    there: bool = True
    mode: int = 0  # permission bits
    owner: int = 0
    readable: bool = True  # for who asks
    writable: bool = True
    size: int = 0  # bytes
    reachable: bool = True  # by other users: every folder above lets them through


@dataclass(frozen=True, slots=True)
class Disk:
    """Where a folder lies."""

    path: str
    free: int  # bytes for us
    files: int | None  # that it still takes; None: it knows no such number


@dataclass(frozen=True, slots=True)
class Zones:
    """The rules of time zones."""

    system: str  # "2026a"; "" where there are none, or they do not say
    package: str  # of the Python package


def state(folder: File, secrets: list[File], user: int) -> Iterator[Symptom]:
    """The state folder and the files that hold a secret; *user* asks."""
    if folder.there:
        if folder.mode & 0o077:
            yield symptom(
                "state-open", folder.path, f"its mode is {folder.mode:o}", f"chmod 700 {folder.path}"
            )
        if user != folder.owner:
            if user == 0:
                yield symptom("as-root", folder.path, f"this is root, and the folder is the user's {folder.owner}",
                              "ask as the user that the daemon runs as")  # fmt: skip
            else:
                yield symptom("not-ours", folder.path, f"it is the user's {folder.owner}, and this is {user}")
        elif user == 0:
            yield symptom("as-root", folder.path, "the site is root's")
    for each in secrets:
        if each.there and each.mode & 0o007:
            yield symptom("secret-open", each.path, f"its mode is {each.mode:o}", f"chmod 600 {each.path}")


def folders(articles: File, out: File) -> Iterator[Symptom]:
    """The article folder and the output folder."""
    if not (articles.there and articles.readable):
        yield symptom(
            "articles-unreadable", articles.path, "it cannot be read" if articles.there else "it is not there"
        )
    if out.there and not out.writable:
        yield symptom("output-unwritable", out.path, f"its mode is {out.mode:o}")
    if out.there and not (out.mode & 0o005 == 0o005 and out.reachable):
        yield symptom(
            "output-closed",
            out.path,
            f"its mode is {out.mode:o}" if out.reachable else "a folder above it is closed",
        )


def disk(found: Disk, needs: int) -> Iterator[Symptom]:
    """The disk of a folder in which *needs* bytes may be written at once."""
    if found.free < FULL:
        yield symptom("disk-full", found.path, f"{_size(found.free)} are free")
    elif found.free < needs + LOW:
        yield symptom(
            "disk-low", found.path, f"{_size(found.free)} are free, and the database has {_size(needs)}"
        )
    if found.files is not None and found.files < FEW:
        yield symptom("inodes-low", found.path, f"it takes {found.files} files more")


def _size(number: int) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"


def backup(folder: str, last: datetime | None, now: datetime, *, there: bool) -> Iterator[Symptom]:
    """When the *last* nightly backup was made; where none is *there*, since when there is something to be saved."""
    if last is not None and now - last > BACKUP:
        what = f"the newest backup is of {last:%Y-%m-%d}" if there else "there is no backup"
        yield symptom("backup-old", folder, what)


def clock(synchronized: bool | None) -> Iterator[Symptom]:
    """Whether something keeps this machine's clock right; None: it cannot be known."""
    if synchronized is False:
        yield symptom("clock-unset", "this machine's clock", "it is not synchronized with others")


def apart(where: str, seconds: float) -> Iterator[Symptom]:
    """The clock of *where* is so many *seconds* ahead of ours."""
    if abs(seconds) > APART:
        way = "ahead of" if seconds > 0 else "behind"
        yield symptom("clock-apart", where, f"its clock is {abs(seconds):.0f} s {way} this machine's")


def zones(found: Zones, now: datetime) -> Iterator[Symptom]:
    """How old the rules in use are: the system's, which Python takes first, else the package's."""
    used, whose = (
        (found.system, "the system's tzdata") if found.system else (found.package, "Python's tzdata")
    )
    newest = latest(used)
    if newest is None or now.astimezone(UTC).date() - newest <= AGE:
        return
    other = f"; Python's package has {found.package}" if found.package > used else ""
    yield symptom("zones-old", whose, f"the rules of time zones are {used}, more than nine months old{other}")


def latest(version: str) -> date | None:
    """The day by which a *version* such as "2026a" was out, as far as its letter tells: there are two to seven in a
    year, and the first three came by June, September and December at the latest. None where it is no version."""
    year, letter = version[:4], version[4:5]
    if not (year.isascii() and year.isdigit() and "a" <= letter <= "z") or len(version) != 5:
        return None
    month = min(12, 3 + 3 * (ord(letter) - ord("a") + 1))
    return date(int(year), month, 30)


def limits(watches: int | None, folders: int, files: int) -> Iterator[Symptom]:
    """inotify *watches* that a user may have, for so many *folders*; *files* that a process may have open."""
    if watches is not None and watches < WATCHES * folders:
        what = f"{watches} watches are allowed, and the article folder has {folders} folders"
        yield symptom("watches-few", "fs.inotify.max_user_watches", what)
    if files < FILES:
        yield symptom("files-few", "open files", f"{files} are allowed")
