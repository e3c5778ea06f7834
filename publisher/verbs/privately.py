"""Door: a file with people's addresses in it: 0600, whole or not at all, and never where others read it or we write."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from publisher.actions.house import House
from publisher.config import FILE
from publisher.errors import BadInput, Unwritable
from publisher.layout import STATE


def check(path: Path, house: House) -> None:
    """Raises BadInput where a file with addresses must not lie: where others read it, or in the place of ours."""
    file = path.resolve()
    if file.exists() and not file.is_file():
        raise BadInput("there is something else that is no file", str(file), "name a file")
    if file == (house.root / FILE).resolve():
        raise BadInput("these are the site's settings", str(file), "name another file")
    for folder, why in (
        (house.out, "everybody could read it there"),
        (house.folder, "everybody could read it there"),
        (house.root / STATE, "Nashir keeps its own files there: it would be lost with them"),
    ):
        if file.is_relative_to(folder.resolve()):
            raise BadInput(why, str(folder), "name a file elsewhere, best on another disk")


@contextmanager
def written(path: Path, house: House) -> Iterator[BinaryIO]:
    """What is written within the block becomes the file *path* when the block ends well. Raises BadInput for a place
    that is not private, Unwritable."""
    check(path, house)
    file = path.resolve()
    try:
        handle, draft = tempfile.mkstemp(prefix=".nashir-", dir=file.parent)  # 0600
        try:
            with os.fdopen(handle, "wb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            Path(draft).replace(file)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        what = f"it cannot be written: {error.strerror}"
        raise Unwritable(what, str(file), "make room, or name a file on another disk") from error
