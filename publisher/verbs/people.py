"""Verbs about who reads: add one, import many, erase one."""

import asyncio
import csv
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from publisher.errors import BadInput
from publisher.verbs import privately
from publisher.verbs.choosing import reader
from publisher.verbs.progress import Tell, publishing
from publisher.verbs.session import Session, on_disk

if TYPE_CHECKING:
    from publisher.actions.house import House
    from publisher.actions.importing import Imported, Report
    from publisher.subscribers.imports import Row


async def add(
    session: Session,
    *,
    address: str,
    newsletters: list[str] | None = None,
    confirmed: bool = False,
    language: str | None = None,
    by: str,
) -> dict[str, Any]:
    """Subscribe one reader: to these newsletters, or to all; again is the same as once. Unconfirmed they are asked by a
    letter; *by*: who says so."""
    from publisher.actions import choices, readers

    house, now = session.house, session.clock()
    if newsletters == []:
        raise BadInput("no newsletter is named", "newsletters", "name one, or leave it out for all")
    names = newsletters and list(dict.fromkeys(newsletters))

    def write() -> dict[str, Any]:
        added = readers.add(house, address, names, now, confirmed=confirmed, language=language, by=by)
        number = choices.reader(house, address).id
        return {"id": number, "address": address, **added._asdict()}

    return await asyncio.to_thread(write)


async def erase(
    session: Session, *, address: str | None = None, subscriber: int | None = None
) -> dict[str, Any]:
    """Erase one reader for good: their address, subscriptions, consents and letters (L8). Raises Unknown where there is
    none with this address, or else of this number."""
    from publisher.actions import erasing

    def run() -> bool:
        person = reader(session.house, address, subscriber)
        erasing.erase(session.house, person.id, session.clock())
        return erasing.is_done(session.house)

    start = time.monotonic()
    with on_disk():
        async with session.erasing:
            done = await asyncio.to_thread(run)
    problem = "" if done else session.house.memory.unerased
    return {"erased": True, "done": done, "problem": problem, "seconds": round(time.monotonic() - start, 3)}


async def import_file(
    session: Session,
    *,
    file: str,
    newsletter: str | None = None,
    confirmed: bool = False,
    dry_run: bool = False,
    report: str | None = None,
    progress: Tell = lambda _: None,
) -> dict[str, Any]:
    """Subscribe the readers of a list as another program exported it (L7). *report*: a file that is to say of every
    row what became of it."""
    start = time.monotonic()
    paths = Path(file), Path(report) if report else None
    take = partial(_import, session, *paths, newsletter, progress, confirmed=confirmed, dry_run=dry_run)
    done = await asyncio.to_thread(take)
    return {
        "rows": done.rows,
        "added": done.added,
        "already": done.already,
        "kept": done.kept,
        "gone": done.gone,
        "refused": done.refused,
        "reasons": dict(done.reasons.most_common(50)),
        "rejected": [
            {"line": row.line, "file": row.file, "address": row.given, "reason": row.reason}
            for row in done.rejected
        ],
        "report": report,
        "seconds": round(time.monotonic() - start, 3),
    }


def _import(
    session: Session,
    path: Path,
    report: Path | None,
    newsletter: str | None,
    progress: Tell,
    *,
    confirmed: bool,
    dry_run: bool,
) -> "Imported":
    from publisher.actions import importing
    from publisher.subscribers import imports

    try:
        if not path.is_file():
            raise BadInput("not a regular file", str(path), "save the list as a file and name it")
        if report and report.exists() and report.samefile(path):
            raise BadInput("the report would replace the list", str(report), "name another file")
        with path.open("rb") as stream, _reporting(report, session.house) as told:
            return importing.import_rows(
                session.house,
                imports.read(stream, path.name),
                newsletter,
                session.clock(),
                confirmed=confirmed,
                dry_run=dry_run,
                source=os.fsencode(path.name).decode(errors="replace"),
                report=told,
                progress=_portion(stream, path.stat().st_size, progress),
            )
    except OSError as error:
        where = str(error.filename or path)
        raise BadInput(f"cannot be read or written: {error.strerror}", where, "name another file") from error


def _portion(stream: BinaryIO, size: int, tell: Tell) -> Callable[[int, int], None]:
    """Tells how many rows are done, of about how many: by how many were read, and how much of the file."""
    said = publishing(tell)

    def told(rows: int, read: int) -> None:
        at = stream.tell() if not stream.closed else size
        said("importing", rows, max(read + (at < size), round(read * size / max(at, 1))))

    return told


@contextmanager
def _reporting(path: Path | None, house: "House") -> "Iterator[Report | None]":
    """What is told of each row, written to a CSV file that no spreadsheet takes for formulas."""
    if path is None:
        yield None
        return
    from publisher.subscribers import exports

    with privately.written(path, house) as raw:
        file = io.TextIOWrapper(raw, "utf-8-sig", newline="")
        rows = csv.writer(file)
        rows.writerow(["file", "line", "address", "became", "reason"])

        def told(row: "Row", became: str, why: str) -> None:
            rows.writerow([exports.safe(row.file), row.line, exports.safe(row.given), became, why])

        yield told
        file.detach()  # all is written; the file itself is its door's
