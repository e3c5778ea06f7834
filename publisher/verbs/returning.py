"""Verbs about what comes back by mail (B1, B2)."""

import asyncio
import os
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher import layout
from publisher.config import Settings
from publisher.errors import BadInput
from publisher.mail.intake.mailbox import Mailbox
from publisher.mail.intake.maildir import Maildir, Single, spool
from publisher.verbs.session import Session, on_disk

if TYPE_CHECKING:  # reading bounces loads what no other verb needs
    from publisher.actions.intake import Taken
    from publisher.actions.reckoning import Reckoned

PIPE = "-"
RIGHTS = "give its new/ and cur/ to the user that the daemon runs as"


async def bounces(
    session: Session, *, source: str | None = None, accept: int | None = None
) -> dict[str, Any]:
    """Take in what came back: from a Maildir or a file; None: what was piped and the mailbox of the configuration;
    "-": what was piped. With *accept* the hard bounces of that edition count after all. Raises BadInput, Unreachable,
    Unwritable."""
    from publisher.actions import intake, reckoning
    from publisher.model.report import Kind
    from publisher.store import reports

    house = session.house
    if accept is not None:
        changes = await asyncio.to_thread(reckoning.accept, house, accept, session.clock())
        back = await asyncio.to_thread(house.store.read, reports.by_edition)
        count = back.get(accept, {}).get(Kind.HARD, 0)
        return answer(intake.Taken(reckoned=reckoning.Reckoned(tuple(changes)))) | {"accepted": count}
    boxes = await asyncio.to_thread(_boxes, session, source)
    taken = intake.Taken()
    for box in boxes:
        one = await take(session, box)
        taken.counts.update(one.counts)
        taken.kept += one.kept
        taken.troubles += one.troubles
        taken.reckoned = _together(taken.reckoned, one.reckoned)
    return answer(taken)


async def take(session: Session, box: Mailbox, stopping: Callable[[], bool] = lambda: False) -> "Taken":
    """Take in what lies in *box*, one look at a time, off the loop."""
    from publisher.actions import intake

    async with session.taking_in:
        look = partial(intake.take, session.house, box, session.clock(), stopping=stopping)
        return await asyncio.to_thread(look)


async def reckon(session: Session) -> "Reckoned":
    """Draw the consequences of what letters met on their way."""
    from publisher.actions import reckoning

    async with session.taking_in:
        return await asyncio.to_thread(reckoning.reckon, session.house, session.clock())


def piped(session: Session) -> list[Mailbox]:
    """What mail servers piped to us, if they ever did."""
    folder = session.state.folder / layout.BOUNCES
    return [Maildir(folder, piped=True)] if folder.is_dir() else []


def configured(session: Session) -> Mailbox | None:
    """The mailbox of [mail.bounces]; None where there is none."""
    from publisher.store import reports

    house, settings = session.house, session.house.mail.bounces
    if settings.maildir:
        return Maildir(house.root / settings.maildir, keep=settings.keep)
    if settings.imap:
        from publisher.mail.intake.imap import Imap
        from publisher.mail.intake.settings import account

        box = Imap(account(settings), keep=settings.keep)
        box.position = house.store.read(lambda c: reports.position(c, box.name))
        return box
    return None


def faults(settings: Settings) -> list[dict[str, Any]]:
    """What is wrong with the Maildir of [mail.bounces]: "where", "what" and "mend"."""
    written = settings.mail.bounces.maildir
    if not written:
        return []
    try:
        fault = _fault(settings.root / written)
    except OSError as error:
        fault = f"cannot be looked at: {error.strerror}", RIGHTS
    if not fault:
        return []
    where = settings.source.place(("mail", "bounces", "maildir"))
    return [{"where": where, "what": f"maildir: {written!r} {fault[0]}", "mend": fault[1]}]


def _fault(folder: Path) -> tuple[str, str] | None:
    """What keeps us from reading this Maildir, and the mend."""
    parts = [folder / each for each in ("new", "cur", "tmp")]
    make = f"make it: mkdir -p {' '.join(shlex.quote(str(each)) for each in parts)}"
    if not os.path.lexists(folder):
        return "is not there", make
    if not folder.is_dir():
        return "is no folder", "name a Maildir, a folder with new/, cur/ and tmp/ in it"
    if lacking := [each.name for each in parts[:2] if not each.is_dir()]:
        return f"is no Maildir: it has no {lacking[0]}/", make
    if not all(os.access(each, os.R_OK | os.W_OK | os.X_OK) for each in parts[:2]):
        return "cannot be read and written", RIGHTS
    return None


def _boxes(session: Session, source: str | None) -> list[Mailbox]:
    if source is None:
        return [*piped(session), *filter(None, [configured(session)])]
    if source == PIPE:
        return piped(session)
    path = Path(source)
    if path.is_dir():
        return [Maildir(path, keep=session.house.mail.bounces.keep)]
    if path.is_file():
        return [Single(path)]
    raise BadInput(
        "neither a Maildir nor a file", source, "name one, or - to read a message from the standard input"
    )


def keep(folder: Path, data: bytes) -> Path:
    """Put a piped message where no power cut takes it; below the state *folder*. Raises Unwritable."""
    import secrets

    with on_disk():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return spool(folder / layout.BOUNCES, f"{os.getpid()}_{secrets.token_hex(8)}.nashir", data)


def answer(taken: "Taken") -> dict[str, Any]:
    """What was taken in, as JSON has it."""
    return {
        "messages": dict(taken.counts),
        "accepted": None,
        "kept": taken.kept,
        "changed": [
            {"id": each.subscriber, "address": each.address, "state": each.state}
            for each in taken.reckoned.changes
        ],
        "stopped": list(taken.reckoned.stopped),
        "troubles": [*taken.troubles, *taken.reckoned.problems],
    }


def _together(one: "Reckoned", other: "Reckoned") -> "Reckoned":
    from publisher.actions.reckoning import Reckoned

    return Reckoned(one.changes + other.changes, one.stopped + other.stopped, one.problems + other.problems)
