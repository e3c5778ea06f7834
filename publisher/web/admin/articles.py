"""Door: the article folder as editors see it: what became of each file, a new one, a correction, "publish now"."""

import asyncio
import os
import secrets
from pathlib import Path
from typing import Any
from unicodedata import category, normalize
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from publisher.actions.assets import PICTURE_BYTES
from publisher.actions.house import House
from publisher.articles.folder import shown
from publisher.errors import BadInput
from publisher.store import corrections, desk, media
from publisher.text.filename import ENDINGS
from publisher.text.words import words
from publisher.verbs import table
from publisher.verbs.session import on_disk
from publisher.web.admin.door import Ask, Place
from publisher.web.admin.saying import FILES, in_words
from publisher.web.limits import UPLOAD

PAGE = 50
PICTURES = ("jpg", "jpeg", "png", "webp", "gif")  # that may be uploaded beside articles
HERE = "/admin/articles"


async def listed(ask: Ask) -> Response:
    """Files by path, why some are refused, and which articles show the others."""
    speak, house = words(ask.door.language(ask.entry)), ask.session.house
    state = ask.said("state") if ask.said("state") in FILES else ""

    def gather() -> tuple[list[desk.Row], dict[str, Any], dict[str, str]]:
        rows = house.store.read(lambda c: desk.listed(c, state, ask.said("after"), PAGE + 1))
        refused = house.store.read(lambda c: desk.refused(c, 1000))
        others = [each.path for each in rows if each.status == "skipped"]
        used = house.store.read(lambda c: media.users(c, others)) if others else {}
        return rows, {path: (line, reason, mend) for path, line, reason, mend in refused}, used

    rows, why, used = await asyncio.to_thread(gather)
    states = in_words(FILES, speak)
    return ask.page(
        "articles.html.j2",
        speak.text("Articles"),
        rows=[_row(house, each, why.get(each.path), used.get(each.path)) for each in rows[:PAGE]],
        state=state,
        state_words=states,
        choices=states | {"skipped": speak.text("Other files")},
        after=_in_url(rows[PAGE - 1].path) if len(rows) > PAGE else "",
        most=ask.door.size(min(house.articles.max_bytes, UPLOAD.size), speak),
        most_of_pictures=ask.door.size(_most(house, picture=True), speak),
        accept=",".join(f".{each}" for each in (*ENDINGS, *PICTURES)),
    )


def _row(house: House, each: desk.Row, why: Any, user: str | None) -> dict[str, Any]:
    live = each.now == each.status == "published"
    return {
        "path": shown(each.path),
        "state": each.now if each.status == "published" and each.now in FILES else each.status,
        "title": each.title if each.now else "",
        "language": each.language,
        "direction": each.direction,
        "url": house.layout.article(each.slug) if live and each.slug and house.layout.pages else "",
        "correct": f"{HERE}/correct?article={_in_url(each.slug)}" if live and each.slug else "",
        "why": why if each.status == "quarantined" else None,
        "user": shown(user) if user else "",
    }


def _in_url(text: str) -> str:
    return quote(text.encode("utf-8", "surrogateescape"))  # a path need not be UTF-8


def _most(house: House, *, picture: bool) -> int:
    """Bytes of a file, at most: as the folder has it."""
    if picture:
        return min(house.articles.max_media_bytes, PICTURE_BYTES, UPLOAD.size)
    return min(house.articles.max_bytes, UPLOAD.size)


async def upload(ask: Ask) -> Response:
    """A file for the article folder; it never takes the place of another unless that is said."""
    speak, house = words(ask.door.language(ask.entry)), ask.session.house
    file = ask.form.get("file")
    if not isinstance(file, UploadFile) or not file.size:
        return ask.told(HERE, speak.text("Choose a file."))
    name = safe_name(file.filename or "")
    picture = _ending(name) in PICTURES
    if file.size > (most := _most(house, picture=picture)):
        mend = "split it, or raise articles.max_bytes in config.toml"
        raise BadInput(
            f"the file has {file.size:,} bytes, more than {most:,}",
            shown(name),
            "make the picture smaller" if picture else mend,
        )
    ask.session.at_home()
    data = await file.read()
    with on_disk():
        taken = await asyncio.to_thread(_put, house.folder, name, data, replace=ask.said("replace") == "yes")
    if not taken:
        said = speak.text("There is a file of this name. Nothing was changed.")
        return ask.told(HERE, said, of=shown(name))
    await ask.session.publish([name], whole=False)
    if picture:
        said = speak.text("The picture is shown where the text of an article says")
        return ask.told(HERE, f"{said}:", of=shown(name), line=f"![]({quote(name)})")
    return ask.told(HERE, speak.text("The file is in the folder."), of=shown(name))


def safe_name(said: str) -> str:
    """The name for a file that is called *said* elsewhere: its last part, in NFC. Raises BadInput for what cannot
    stand in a folder, is hidden, or neither an article nor a picture."""
    name = normalize("NFC", said.replace("\\", "/").rpartition("/")[2]).strip()
    bad = not name or name.startswith((".", "_", "~")) or any(category(char) in ("Cc", "Cs") for char in name)
    kinds = (*ENDINGS, *PICTURES)
    if bad or _ending(name) not in kinds:
        mend = f"choose a file that ends in {', '.join(f'.{each}' for each in kinds)}"
        raise BadInput("this name cannot be used", shown(said[:80]), mend)
    if len(name.encode("utf-8", "replace")) > 200:
        raise BadInput("this name cannot be used", shown(said[:80]), "give it a shorter name")
    return name


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


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
    return ask.told(HERE, speak.text("It is done."))


async def correct(ask: Ask) -> Response:
    """Correct an article: GET has the form, POST asks once more, for its readers get a letter."""
    speak, wanted, text = words(ask.door.language(ask.entry)), ask.said("article"), ask.said("text")
    read = ask.session.house.store.read
    article = await asyncio.to_thread(read, lambda c: corrections.find(c, wanted, wanted, wanted))
    if article is None:
        return ask.page("said.html.j2", speak.text("There is no such article."), 404, error=None)
    if ask.request.method == "GET":
        return ask.page(
            "correct.html.j2", speak.text("Correction"), article=article, path=shown(article.path)
        )
    if not ask.said("sure"):
        return ask.confirm(
            speak.text("Correction"),
            speak.text("Everybody who was mailed the article gets a letter."),
            speak.text("Send the correction"),
            of=shown(article.path),
            quoted=text,
            article=wanted,
            text=text,
        )
    await table.run(ask.session, "correct", {"article": wanted, "text": text})
    return ask.told(HERE, speak.text("It is done."), of=shown(article.path))


PAGES = [
    Place(HERE, listed),
    Place(f"{HERE}/upload", upload, "POST", UPLOAD.size),
    Place(f"{HERE}/publish", publish, "POST"),
    Place(f"{HERE}/correct", correct, "GET POST"),
]
