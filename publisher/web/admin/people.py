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

from publisher.actions import choices, preferences
from publisher.actions.choices import Subscribed
from publisher.actions.dossier import dossier
from publisher.errors import BadInput
from publisher.layout import STATE, UPLOADS
from publisher.model.people import Reach, Subscriber, whose
from publisher.pages.preferences import controls
from publisher.store import consents, people
from publisher.text.words import Words, words
from publisher.verbs import choosing, exporting, table
from publisher.web.admin.dashboard import title_of
from publisher.web.admin.door import HEADERS, Ask, Place
from publisher.web.admin.saying import READERS, SUBSCRIPTIONS, consent, in_words, standing
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
        rows=[(each, standing(each.subscriber.state, each.newsletters.values())) for each in rows[:PAGE]],
        after=rows[PAGE - 1].subscriber.id if len(rows) > PAGE else 0,
        q=contains,
        state=state,
        states=[each for each in READERS if each != "none"],
        state_words=in_words(READERS, speak),
        wish_words=in_words(SUBSCRIPTIONS, speak),
        newsletters=list(house.newsletters.values()),
        most=ask.door.size(UPLOAD.size, speak),
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
        return await _act(ask, person, f"/admin/subscribers/{number}")
    return ask.page(
        "person.html.j2", speak.text("Subscriber"), **await asyncio.to_thread(_known, ask, person, speak)
    )


def _known(ask: Ask, person: Subscriber, speak: Words) -> dict[str, Any]:
    house, now = ask.session.house.learnt(anew=False), ask.session.clock()
    mine = [(each, preferences.page_of(house, person, each)) for each in _mine(ask, person)]
    titles, series = title_of(house), house.store.read(people.known_newsletters)
    numbers = {each.id: titles(name) for name, each in series.items()}
    return {
        "found": choosing.show(house, subscriber=person.id, now=now),
        "standing": in_words(READERS, speak)[standing(person.state, [each.state for each, _ in mine])],
        "mine": [(each, page, controls(page, house.site, speak)) for each, page in mine],
        "wish_words": in_words(SUBSCRIPTIONS, speak),
        "consents": [
            (each.at, *consent(each, speak), numbers.get(each.newsletter or 0, ""))
            for each in house.store.read(lambda c: consents.of(c, person.id))
        ],
    }


def _mine(ask: Ask, person: Subscriber) -> list[Subscribed]:
    return choices.subscribed(ask.session.house, person.id, ask.session.clock())


def _choose(ask: Ask, person: Subscriber, newsletter: str) -> None:
    """What an editor chose for a reader, by the controls of the reader's own page."""
    house, now = ask.session.house, ask.session.clock()
    page = next(
        (
            preferences.page_of(house, person, each)
            for each in _mine(ask, person)
            if each.newsletter.name == newsletter
        ),
        None,
    )
    if page is None:
        raise BadInput(f"{person.address} is not subscribed to {newsletter}")
    said = {name: [str(each) for each in ask.form.getlist(name)] for name in ask.form}
    form = said | {"category": page.chosen, "pause": ["kept"]}  # these are the reader's own to choose
    choices.choose(house, person, newsletter, preferences.asked(page, form, now), now)


async def _act(ask: Ask, person: Subscriber, here: str) -> Response:
    speak, newsletter = words(ask.door.language(ask.entry)), ask.said("newsletter")
    number, address = person.id, person.address
    match ask.said("do"):
        case "pause" | "resume" as do:
            wanted = {"address": address, "newsletter": newsletter, "paused": do == "pause"}
            await table.run(ask.session, "subscribers choose", wanted)
        case "choose":
            await asyncio.to_thread(_choose, ask, person, newsletter)
        case "leave" if ask.said("sure"):
            await table.run(
                ask.session, "subscribers leave", {"subscriber": number, "newsletter": newsletter}
            )
        case "leave":
            text = speak.text("No more letters will come. Only the reader can take that back.")
            return ask.confirm(
                speak.text("Unsubscribe"),
                text,
                speak.text("Unsubscribe"),
                of=address,
                do="leave",
                newsletter=newsletter,
            )
        case "erase" if ask.said("sure"):
            await table.run(ask.session, "subscribers erase", {"address": address})
            return ask.told("/admin/subscribers", speak.text("It is done."))
        case "erase":
            text = speak.text("Everything known of this reader is erased. It cannot be taken back.")
            return ask.confirm(speak.text("Erase"), text, speak.text("Erase"), of=address, do="erase")
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
