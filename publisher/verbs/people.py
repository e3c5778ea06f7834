"""Verbs about who reads: add one, import many, erase one."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.errors import BadInput
from publisher.verbs.session import Session, on_disk

if TYPE_CHECKING:
    from publisher.actions.readers import Imported


async def add(
    session: Session,
    *,
    address: str,
    newsletters: list[str] | None = None,
    confirmed: bool = False,
    language: str | None = None,
) -> dict[str, Any]:
    """Subscribe one reader: to these newsletters, or to all; again is the same as once."""
    from publisher.actions import choices, readers

    house, now = session.house, session.clock()

    def write() -> dict[str, Any]:
        names = [None] if newsletters is None else list(dict.fromkeys(newsletters))
        if not names:
            raise BadInput("no newsletter is named", "newsletters", "name one, or leave it out for all")
        for name in names:  # all of them, before anything is written
            house.newsletter(name)
        states = dict[str, Any]()
        for name in names:
            states |= readers.add(house, address, name, now, confirmed=confirmed, language=language)
        return {"id": choices.reader(house, address).id, "address": address, "newsletters": states}

    return await asyncio.to_thread(write)


async def erase(session: Session, *, address: str) -> dict[str, Any]:
    """Erase one reader (L8). Raises BadInput where there is none with this address."""
    from publisher.actions import choices, erasing

    def run() -> bool:
        person = choices.reader(session.house, address)
        erasing.erase(session.house, person.id, session.clock())
        return erasing.is_done(session.house)

    start = time.monotonic()
    with on_disk():
        done = await asyncio.to_thread(run)
    return {"erased": True, "done": done, "seconds": round(time.monotonic() - start, 3)}


async def import_file(
    session: Session,
    *,
    file: str,
    newsletter: str | None = None,
    confirmed: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Subscribe every address of a CSV file."""
    start = time.monotonic()
    done = await asyncio.to_thread(_import, session, Path(file), newsletter, confirmed, dry_run)
    return {
        "added": done.added,
        "already": done.already,
        "kept": done.kept,
        "rejected": [{"line": line, "reason": reason} for line, reason in done.rejected],
        "seconds": round(time.monotonic() - start, 3),
    }


def _import(
    session: Session, path: Path, newsletter: str | None, confirmed: bool, dry_run: bool
) -> "Imported":
    from publisher.actions import readers

    try:
        if not path.is_file():
            raise BadInput("not a regular file", str(path), "save the list as a CSV file and name it")
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            return readers.import_rows(
                session.house, lines, newsletter, session.clock(), confirmed=confirmed, dry_run=dry_run
            )
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", str(path), "name a CSV file") from error
