"""`nashir move-store`: what the site knows goes into another database, which goes on with it.

In this order, so that a kill anywhere leaves one that is right: all rows in one transaction, with the note that nobody
sends from there yet; the fence of the old database; the new one is this folder's.
"""

import asyncio
import json
import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from publisher import private
from publisher.config.settings import StoreSettings
from publisher.config.store import check_url
from publisher.errors import BadInput, BadState, Locked
from publisher.layout import STATE
from publisher.store import workers
from publisher.store.database import Database
from publisher.store.sqlite import Sqlite
from publisher.store.state import MOVING, State
from publisher.store.store import Store
from publisher.verbs.progress import Tell, publishing
from publisher.verbs.session import Session, on_disk

SQLITE = "sqlite"  # instead of a URL: the file in the state folder


async def move_store(
    session: Session, *, url: str, password_file: str | None = None, progress: Tell = lambda _: None
) -> dict[str, Any]:
    """All that the site knows goes into the empty database at *url*, or into state/nashir.db ("sqlite"), with every id.

    Nothing is sent from the one before it then. Raises BadInput where there is something in that database, BadState
    where rows cannot be moved or letters are held back, Locked while others work on the site, Unwritable."""
    if session.in_daemon:
        raise Locked("a daemon works on this site", str(session.house.root), "stop it, and run it again")
    return await asyncio.to_thread(_move, session, url, password_file or "", progress)


def _move(session: Session, url: str, password_file: str, progress: Tell) -> dict[str, Any]:
    start = time.monotonic()
    old, root = session.house.store, session.house.root
    new = _target(root, url, password_file)
    again = _again(session, new)
    with on_disk():
        moved = old.move(new, f"{MOVING}{old.database.where}", publishing(progress), again=again)
        _lasts(new)
    _alone(old)  # who came meanwhile may have taken letters
    session.state.leave(old, new.where)
    with closing(Store(new, writing=True)) as store:
        session.state.resume(store)
    return {
        "from": old.database.where,
        "to": new.where,
        "rows": sum(moved.rows.values()),
        "tables": {name: count for name, count in moved.rows.items() if count},
        "mended": moved.mended,
        "config": _config(root, url, password_file),
        "seconds": round(time.monotonic() - start, 3),
    }


def _target(root: Path, url: str, password_file: str) -> Database:
    """The database to move to. Raises BadInput, BadConfig."""
    if url == SQLITE:
        return Sqlite(State(root / STATE).database)
    try:
        check_url(url)
    except ValueError as error:
        what, _, mend = str(error).partition("; ")
        raise BadInput(f"the URL cannot be used: {what}", "", mend) from error
    return StoreSettings(url, password_file).database(
        root, "--password-file, a path relative to the site's folder"
    )


def _again(session: Session, new: Database) -> bool:
    """Whether the site was on its way there already. Raises BadInput, BadState or Locked where it cannot go there
    now."""
    old = session.house.store
    if old.is_at(new):
        raise BadInput("the site is there already", new.where, "name another database")
    _alone(old)
    if not session.fenced:
        return False
    if session.state.moved_to(old) != new.where:
        raise BadState(
            f"no letter leaves: {session.fenced}", str(session.state.folder), "`nashir resume` first"
        )
    return True


def _alone(old: Store) -> None:
    """Raises Locked where others have that database open too, or a worker is only cut off from it."""
    if others := old.others() or (old.database.shared and old.read(workers.living)):
        mend = "stop it there, and run it again"
        raise Locked(f"others work with this database: {', '.join(others)}", old.database.where, mend)


def _lasts(new: Database) -> None:
    """It is on the disk before the old one is left. Raises OSError."""
    if isinstance(new, Sqlite):
        handle = os.open(new.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        private.sync(new.path.parent)


def _config(root: Path, url: str, password_file: str) -> list[str]:
    """The lines for config.toml: without a password that stands in the URL."""
    if url == SQLITE:
        return ["[store]", 'url = ""']
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    query = urlencode([(key, value) for key, value in parse_qsl(parts.query) if key != "password"])
    bare = parts._replace(netloc=user.partition(":")[0] + at + host, query=query)
    lines = ["[store]", _line("url", bare.geturl())]
    if password_file:
        path = Path(password_file)
        inside = path.relative_to(root.resolve()) if path.is_relative_to(root.resolve()) else path
        lines.append(_line("password_file", str(inside)))
    return lines


def _line(key: str, value: str) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"  # as TOML has it
