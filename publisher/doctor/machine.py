"""Door: this machine: rights, disks, clock, time zones, limits, addresses."""

import ctypes
import os
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from publisher.doctor.host import Disk, File, Zones

ERROR = 5  # TIME_ERROR of adjtimex(2): nothing synchronizes the clock
TIMEX = 208  # bytes of struct timex
MOST = 100_000  # folders that are counted
_ABROAD = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))  # nothing is sent to them


def file(path: Path) -> File:
    """How *path* stands; a link is what it leads to."""
    try:
        found = path.stat()
    except OSError:
        return File(str(path), there=False)
    return File(
        str(path),
        mode=found.st_mode & 0o7777,
        owner=found.st_uid,
        size=found.st_size,
        readable=os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)),
        writable=os.access(path, os.W_OK),
        reachable=all(above.stat().st_mode & 0o001 for above in path.resolve().parents),
    )


def user() -> int:
    """Who asks."""
    return os.geteuid()


def disk(path: Path) -> Disk:
    """The disk that *path* lies on, or will: where it is not there, the folder above counts. Raises OSError."""
    while not path.exists() and path != path.parent:
        path = path.parent
    found = os.statvfs(path)
    return Disk(str(path), found.f_bavail * found.f_frsize, found.f_favail if found.f_files else None)


def made(path: Path) -> datetime | None:
    """When the file was last written; None where it is not there."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def same_disk(one: Path, other: Path) -> bool:
    """Whether both lie on one file system; not where one is not there."""
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return False


def clock() -> bool | None:
    """Whether the clock is synchronized, as the kernel knows it (adjtimex): what sets it by NTP tells it. None: it
    cannot be known."""
    try:
        said = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX))
    except (AttributeError, OSError):
        return None
    return None if said < 0 else said != ERROR


def zones() -> Zones:
    """The system's rules, which Python takes first, and those of the package."""
    import tzdata

    return Zones(_system(), tzdata.IANA_VERSION)


def _system() -> str:
    from zoneinfo import TZPATH

    for folder in TZPATH:
        for name in ("tzdata.zi", "+VERSION", "version"):
            with suppress(OSError, UnicodeDecodeError), Path(folder, name).open(encoding="utf-8") as lines:
                return lines.readline(80).removeprefix("# version").strip()
    return ""


def watches() -> int | None:
    """How many folders a user may have watched; None where it cannot be known."""
    try:
        return int(Path("/proc/sys/fs/inotify/max_user_watches").read_text("ascii"))
    except (OSError, ValueError):
        return None


def folders(path: Path) -> int:
    """How many folders there are in *path*, itself among them; at most MOST."""
    count = 0
    for _ in os.walk(path):
        count += 1
        if count == MOST:
            break
    return count


def files(process: int | None) -> int:
    """How many files *process* may have open; None, or one that is not there: this one."""
    with suppress(OSError, ValueError, IndexError):
        lines = Path(f"/proc/{process}/limits").read_text("ascii").splitlines()
        said = next(each for each in lines if each.startswith("Max open files")).split()[3]
        return sys.maxsize if said == "unlimited" else int(said)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def own_addresses() -> list[str]:
    """The addresses that this machine would send from: no packet leaves."""
    return list(_own())


def _own() -> Iterator[str]:
    for target, family in _ABROAD:
        with suppress(OSError), closing(socket.socket(family, socket.SOCK_DGRAM)) as peer:
            peer.connect((target, 9))
            yield str(peer.getsockname()[0])


def free(host: str, port: int) -> str:
    """Why nobody can listen there; "" where somebody could."""
    if port == 0:
        return ""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            peer.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""
