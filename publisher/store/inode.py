"""Door: which file one is, whatever its name is."""

import ctypes
import os
import struct
from pathlib import Path

_AT_FDCWD, _STATX_BTIME = -100, 0x800  # linux/fcntl.h, linux/stat.h


def identity(path: Path) -> str:
    """Which file this is, wherever it is moved to on its disk. The number of a device may be another one after the next
    start of the machine: it counts only where the file system does not know when a file was made."""
    status, born = path.stat(), _born(path)
    return f"{status.st_ino} {born}" if born else f"{status.st_dev}:{status.st_ino}"


def _born(path: Path) -> str:
    """When the file was made, as the file system knows it (statx(2)): a freed inode is soon another file's. "" where
    it does not say."""
    buffer = ctypes.create_string_buffer(256)
    statx = getattr(ctypes.CDLL(None, use_errno=True), "statx", None)
    if statx is None or statx(_AT_FDCWD, os.fsencode(path), 0, _STATX_BTIME, buffer):
        return ""
    mask, seconds, nanoseconds = struct.unpack_from("=I76xqI", buffer)
    return f"{seconds}.{nanoseconds}" if mask & _STATX_BTIME else ""
