"""Door: the article folder as editors see it: what became of each file, a new one, a correction, "publish now"."""

import asyncio
import os
import secrets
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

from starlette.datastructures import UploadFile
from starlette.responses import Response

from publisher.articles.folder import shown
from publisher.errors import BadInput
from publisher.store import desk
from publisher.text.filename import ENDINGS
from publisher.text.words import words
from publisher.verbs import table
from publisher.verbs.session import on_disk
from publisher.web.admin.dashboard import states
from publisher.web.admin.door import Ask, Place, size
from publisher.web.limits import UPLOAD

PAGE = 50
STATES = ("published", "held", "skipped", "quarantined")


async def listed(ask: Ask) -> Response:
    """Files by path, and why some are refused."""
    speak, house = words(ask.door.language(ask.entry)), ask.session.house
    state = ask.said("state") if ask.said("state") in STATES else ""

    def gather() -> tuple[list[Any], dict[str, Any]]:
        rows = house.store.read(lambda c: desk.listed(c, state, ask.said("after"), PAGE + 1))
        refused = house.store.read(lambda c: desk.refused(c, 1000))
        return rows, {path: (line, reason, mend) for path, line, reason, mend in refused}

    rows, why = await asyncio.to_thread(gather)
    found = [
        {
            "path": shown(path),
            "state": now if was == "published" and now else was,
            "title": title,
            "url": house.layout.article(slug) if now == was == "published" and house.layout.pages else "",
            "why": why.get(path) if was == "quarantined" else None,
        }
        for path, was, now, title, slug in rows[:PAGE]
    ]
    return ask.page(
        "articles.html.j2",
        speak.text("Articles"),
        rows=found,
        state=state,
        states=STATES,
        state_words=states(speak),
        after=rows[PAGE - 1][0] if len(rows) > PAGE else "",
        most=size(min(house.articles.max_bytes, UPLOAD.size)),
    )


async def upload(ask: Ask) -> Response:
    """A file for the article folder; it never takes the place of another unless that is said."""
    speak, house = words(ask.door.language(ask.entry)), ask.session.house
    file = ask.form.get("file")
    if not isinstance(file, UploadFile) or not file.size:
        return ask.told("/admin/articles", speak.text("Choose a file."))
    name = safe_name(file.filename or "")
    if file.size > house.articles.max_bytes:
        raise BadInput(
            f"the file has {file.size:,} bytes, more than {house.articles.max_bytes:,}",
            name,
            "split it, or raise articles.max_bytes in config.toml",
        )
    data = await file.read()
    with on_disk():
        taken = await asyncio.to_thread(_put, house.folder, name, data, replace=ask.said("replace") == "yes")
    if not taken:
        return ask.told(
            "/admin/articles", f"{name}: {speak.text('There is a file of this name. Nothing was changed.')}"
        )
    await ask.session.publish([name], whole=False)
    return ask.told("/admin/articles", f"{name}: {speak.text('The file is in the folder.')}")


def safe_name(said: str) -> str:
    """The name for a file that is called *said* elsewhere: its last part, in NFC. Raises BadInput for what cannot
    stand in a folder, is hidden, or no article."""
    name = normalize("NFC", said.replace("\\", "/").rpartition("/")[2]).strip()
    ending = name.rpartition(".")[2].lower()
    bad = not name or name.startswith((".", "_", "~")) or any(category(char) in ("Cc", "Cs") for char in name)
    if bad or ending not in ENDINGS or len(name.encode("utf-8", "replace")) > 200:
        raise BadInput(
            "this name cannot be used",
            ascii(said[:80]),
            f"articles end in {', '.join(f'.{each}' for each in ENDINGS)}",
        )
    return name


def _put(folder: Path, name: str, data: bytes, *, replace: bool) -> bool:
    """Write it whole, then give it its name; False where another has that name already."""
    path, new = folder / name, folder / f".{secrets.token_hex(8)}.upload"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        if replace and not path.is_symlink():
            new.replace(path)
        else:
            os.link(new, path)
    except (FileExistsError, IsADirectoryError):
        return False
    finally:
        new.unlink(missing_ok=True)
    return True


async def publish(ask: Ask) -> Response:
    """Publish now."""
    speak = words(ask.door.language(ask.entry))
    await table.run(ask.session, "publish", {})
    return ask.told("/admin/articles", speak.text("It is done."))


async def correct(ask: Ask) -> Response:
    """Correct an article: its readers get a letter, so this is asked twice."""
    speak, article, text = words(ask.door.language(ask.entry)), ask.said("article"), ask.said("text")
    if not ask.said("sure"):
        heading, said = (
            speak.text("Correction"),
            speak.text("Everybody who was mailed the article gets a letter."),
        )
        return ask.confirm(
            heading,
            f"{article}: {text} — {said}",
            speak.text("Send the correction"),
            article=article,
            text=text,
        )
    await table.run(ask.session, "correct", {"article": article, "text": text})
    return ask.told("/admin/articles", speak.text("It is done."))


PAGES = [
    Place("/admin/articles", listed),
    Place("/admin/articles/upload", upload, "POST", UPLOAD.size),
    Place("/admin/articles/publish", publish, "POST"),
    Place("/admin/articles/correct", correct, "POST"),
]
