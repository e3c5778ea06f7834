"""`nashir backup`: reads the site beside whoever writes, and puts what a restore needs into one file."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.actions.house import House
from publisher.config import FILE
from publisher.errors import BadInput
from publisher.layout import STATE
from publisher.store import backup
from publisher.text.dates import rfc3339


def save(house: House, *, file: Path, now: datetime) -> dict[str, Any]:
    """Write the backup *file*. Raises BadInput where it must not lie there, BadState, Unwritable."""
    start = time.monotonic()
    state = house.root / STATE
    _allowed(file.resolve(), house.out, "is published: everybody could read it")
    _allowed(file.resolve(), house.folder, "is published from")
    _allowed(file.resolve(), state, "is what it keeps: it would be lost with it")
    if file.exists() and not file.is_file():
        raise BadInput("there is something else that is no file", str(file), "name a file")
    held = backup.save(house.store, state, house.root / FILE, file, rfc3339(now))
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "holds": held,
        "seconds": round(time.monotonic() - start, 3),
    }


def _allowed(file: Path, folder: Path, why: str) -> None:
    if file.is_relative_to(folder.resolve()):
        raise BadInput(f"this folder {why}", str(folder), "name a file elsewhere, best on another disk")
