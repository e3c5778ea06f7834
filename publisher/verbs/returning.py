"""Verbs about what comes back by mail (B1, B2)."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher import layout
from publisher.errors import BadInput
from publisher.mail.intake.mailbox import Mailbox
from publisher.mail.intake.maildir import Maildir, Single, spool
from publisher.verbs.session import Session, on_disk

if TYPE_CHECKING:  # reading bounces loads what no other verb needs
    from publisher.actions.intake import Taken
    from publisher.actions.reckoning import Reckoned

PIPE = "-"


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
