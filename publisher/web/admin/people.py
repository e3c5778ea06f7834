"""Readers: found, added, paused, ended; what is known of one; an import after its dry run; the whole list."""

import asyncio
import json
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response, StreamingResponse

from publisher.actions.dossier import dossier
from publisher.layout import STATE, UPLOADS
from publisher.model.people import Reach, Wish, whose
from publisher.store import consents, people
from publisher.text.words import words
from publisher.verbs import choosing, exporting, table
from publisher.web.admin.dashboard import states, title_of
from publisher.web.admin.door import HEADERS, Ask, Place, size
from publisher.web.limits import UPLOAD

PAGE = 50
SHOWN = 500  # rejects on a page


async def listed(ask: Ask) -> Response:
    """Search and pages; the forms to add one and to bring many."""
    speak, house = words(ask.door.language(ask.entry)), ask.session.house
    contains, state = ask.said("q")[:200], ask.said("state")
    wish, reach = whose(state)
    rows = await asyncio.to_thread(
        house.store.read,
        lambda c: people.page(
            c, contains=contains, reach=reach, wish=wish, after=ask.number("after"), limit=PAGE + 1
        ),
    )
    return ask.page(
        "people.html.j2",
        speak.text("Subscribers"),
        rows=rows[:PAGE],
        after=rows[PAGE - 1].subscriber.id if len(rows) > PAGE else 0,
        q=contains,
        state=state,
        states=[*list(Reach), *list(Wish)],
        state_words=states(speak),
        newsletters=list(house.newsletters.values()),
        most=size(UPLOAD.size),
        title_of=title_of(house),
    )


async def one(ask: Ask) -> Response:
    """One reader: GET shows, POST does what was pressed."""
    speak, house = words(ask.door.language(ask.entry)), ask.session.house
    number = ask.number("number")
    person = await asyncio.to_thread(house.store.read, lambda c: people.get(c, number))
    if person is None or person.state is Reach.ERASED:
        return ask.page("said.html.j2", speak.text("There is no such reader."), 404, error=None)
    if ask.request.method == "POST":
        return await _act(ask, person.id, person.address, f"/admin/subscribers/{number}")
    found, said = await asyncio.to_thread(_known, ask, person.id, person.address)
    return ask.page(
        "person.html.j2",
        speak.text("Subscriber"),
        found=found,
        consents=said,
        title_of=title_of(house),
        state_words=states(speak),
    )


def _known(ask: Ask, number: int, address: str) -> tuple[dict[str, Any], list[Any]]:
    house = ask.session.house
    found = choosing.show(house, address=address, now=ask.session.clock())
    return found, house.store.read(lambda c: consents.of(c, number))


async def _act(ask: Ask, number: int, address: str, here: str) -> Response:
    speak, newsletter = words(ask.door.language(ask.entry)), ask.said("newsletter")
    match ask.said("do"):
        case "pause" | "resume" as do:
            wanted = {"address": address, "newsletter": newsletter, "paused": do == "pause"}
            await table.run(ask.session, "subscribers choose", wanted)
        case "choose":
            wanted = {name: ask.said(name) for name in ("schedule", "zone", "language")}
            wanted = {name: value for name, value in wanted.items() if value}
            wanted |= {
                "address": address,
                "newsletter": newsletter,
                "text_only": ask.said("text_only") == "yes",
            }
            await table.run(ask.session, "subscribers choose", wanted)
        case "leave" if ask.said("sure"):
            await table.run(
                ask.session, "subscribers leave", {"subscriber": number, "newsletter": newsletter}
            )
        case "leave":
            text = speak.text("No more letters will come. Only the reader can take that back.")
            return ask.confirm(
                speak.text("Unsubscribe"),
                f"{address} — {text}",
                speak.text("Unsubscribe"),
                do="leave",
                newsletter=newsletter,
            )
        case "erase" if ask.said("sure"):
            await table.run(ask.session, "subscribers erase", {"address": address})
            return ask.told("/admin/subscribers", speak.text("It is done."))
        case "erase":
            text = speak.text("Everything known of this reader is erased. It cannot be taken back.")
            return ask.confirm(speak.text("Erase"), f"{address} — {text}", speak.text("Erase"), do="erase")
    return ask.told(here, speak.text("It is done."))


async def export_one(ask: Ask) -> Response:
    """What is known of one reader, as JSON."""
    number = ask.number("number")
    person = await asyncio.to_thread(ask.session.house.store.read, lambda c: people.get(c, number))
    if person is None or person.state is Reach.ERASED:
        return Response("", 404, HEADERS)
    held = await asyncio.to_thread(dossier, ask.session.house, person.id, ask.session.clock())
    body = json.dumps(held, ensure_ascii=False, indent=1, default=str)
    return Response(body, 200, HEADERS | _as_file("subscriber.json"), "application/json")


async def add(ask: Ask) -> Response:
    """Add one."""
    speak = words(ask.door.language(ask.entry))
    wanted = {
        "address": ask.said("address"),
        "newsletters": [ask.said("newsletter")] if ask.said("newsletter") else None,
        "confirmed": ask.said("confirmed") == "yes",
    }
    await table.run(ask.session, "subscribers add", wanted, by="admin")
    return ask.told("/admin/subscribers?q=" + _asked(ask.said("address")), speak.text("It is done."))


def _asked(text: str) -> str:
    from urllib.parse import quote

    return quote(text.strip(), safe="@")


async def export(ask: Ask) -> Response:
    """All readers as CSV, a page of them at a time (L7)."""
    rows = await asyncio.to_thread(exporting.as_csv, ask.session.house)
    return StreamingResponse(rows, 200, HEADERS | _as_file("subscribers.csv"), "text/csv; charset=utf-8")


def _as_file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


async def bring(ask: Ask) -> Response:
    """A list: first what it would do, then, when that was seen, doing it. The file waits between the two in
    state/uploads, for its owner alone, and is gone after the second, or before the next list."""
    speak = words(ask.door.language(ask.entry))
    folder = ask.session.house.root / STATE / UPLOADS
    upload, kept = ask.form.get("file"), ask.said("kept")
    wanted: dict[str, Any] = {
        "newsletter": ask.said("newsletter") or None,
        "confirmed": ask.said("confirmed") == "yes",
    }
    if kept:
        path = _kept(folder, kept)
        if path is None:
            return ask.told(
                "/admin/subscribers", speak.text("Something in the form cannot be used. Nothing was changed.")
            )
        try:
            done = await table.run(ask.session, "subscribers import", wanted | {"file": str(path)})
        finally:
            shutil.rmtree(path.parent, ignore_errors=True)
    else:
        if not isinstance(upload, UploadFile) or not upload.size:
            return ask.told("/admin/subscribers", speak.text("Choose a file."))
        path = await asyncio.to_thread(_keep, folder, upload)
        kept = path.parent.name
        try:
            done = await table.run(
                ask.session, "subscribers import", wanted | {"file": str(path), "dry_run": True}
            )
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
    return ask.page(
        "import.html.j2",
        speak.text("What the list holds") if upload else speak.text("It is done."),
        done=done,
        rejected=done["rejected"][:SHOWN],
        kept=kept if upload else "",
        wanted=wanted,
    )


def _keep(folder: Path, upload: UploadFile) -> Path:
    """The list under the name it came with, which may say that everybody in it left."""
    shutil.rmtree(folder, ignore_errors=True)
    own = folder / secrets.token_hex(16)
    own.mkdir(mode=0o700, parents=True)
    base = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
    path = own / (re.sub(r"[^\w.-]", "_", base)[-80:].lstrip(".") or "list")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := upload.file.read(1 << 20):
            file.write(piece)
    return path


def _kept(folder: Path, name: str) -> Path | None:
    """The list that waits under *name*."""
    if not name.isalnum() or not (folder / name).is_dir():
        return None
    return next((folder / name).iterdir(), None)


PAGES = [
    Place("/admin/subscribers", listed),
    Place("/admin/subscribers/add", add, "POST"),
    Place("/admin/subscribers/import", bring, "POST", UPLOAD.size),
    Place("/admin/subscribers.csv", export),
    Place("/admin/subscribers/{number}", one, "GET POST"),
    Place("/admin/subscribers/{number}/export", export_one),
]
