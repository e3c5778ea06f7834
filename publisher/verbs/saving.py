"""`nashir backup`: reads the site beside whoever writes, and puts what a restore needs into one file."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.actions.house import House
from publisher.config import FILE
from publisher.layout import STATE
from publisher.store import backup
from publisher.text.dates import rfc3339
from publisher.verbs import privately


def save(house: House, *, file: Path, now: datetime) -> dict[str, Any]:
    """Write the backup *file*. Raises BadInput where it must not lie there, BadState, Unwritable."""
    start = time.monotonic()
    state = house.root / STATE
    privately.check(file, house)
    held = backup.save(house.store, state, house.root / FILE, file, rfc3339(now))
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "holds": held,
        "seconds": round(time.monotonic() - start, 3),
    }
