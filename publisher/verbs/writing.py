"""Verbs that write: served by the daemon, or by a process that takes the lock itself."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection

from publisher.errors import BadConfig, Elsewhere, Unknown, Unwritable
from publisher.model.delivery import UNDECIDED, State
from publisher.model.digest import Newsletter
from publisher.store import editions, ledger, notices
from publisher.text.dates import rfc3339
from publisher.verbs import held, pinging, returning
from publisher.verbs.delivering import deliver, must_send
from publisher.verbs.progress import Tell, publishing
from publisher.verbs.session import Session, on_disk

if TYPE_CHECKING:
    from publisher.engine.run import Tally

SOON, SOON_RUNS = 6, 3  # seconds, times: `send` waits for letters that are due in a moment
Gone = tuple[
    dict[State, int], int
]  # letters of editions by state, and how many that are no edition's were sent
TIDYING = 10  # seconds that `send` gives to old letters


async def publish(
    session: Session, *, accept_removals: bool = False, progress: Tell = lambda _: None
) -> dict[str, Any]:
    """The folder becomes feeds and pages."""
    start = time.monotonic()
    done = await session.publish_settled(accept_removals=accept_removals, progress=publishing(progress))
    seconds = round(time.monotonic() - start, 3)
    names = ("read", "changed", "published", "quarantined", "written", "notes", "unsettled")
    return {name: value for name, value in asdict(done).items() if name in names} | {
        "seconds": seconds,
        "untold": await pinging.at_the_end(session),
    }


async def send(
    session: Session,
    *,
    newsletter: str | None = None,
    now: bool = False,
    include_existing: bool = False,
    progress: Tell = lambda _: None,
) -> dict[str, Any]:
    """Publish, plan what is due (with *now* an edition for everybody who has unseen items), deliver until nothing
    is due. Raises BadState behind the restore fence."""
    session.listeners.append(progress)  # also of what leaves already
    try:
        return await _send(session, newsletter, now=now, include_existing=include_existing)
    finally:
        session.listeners.remove(progress)


async def _send(
    session: Session, newsletter: str | None, *, now: bool, include_existing: bool
) -> dict[str, Any]:
    start, read = time.monotonic(), session.house.store.read
    chosen = session.house.newsletter(newsletter)
    must_send(session)
    await session.publish_settled()
    before = await asyncio.to_thread(read, _gone)
    at_once = chosen if now else ()
    touched, problems = await asyncio.to_thread(
        _plan, session, chosen, at_once, include_existing=include_existing
    )
    if touched:  # their newsletters have another edition to show
        await session.publish(whole=False)
    tally = await _deliver_soon(session)
    problems += (await returning.reckon(session)).problems  # of what mail servers said of addresses
    after = await asyncio.to_thread(read, _gone)
    if not session.in_daemon:
        await _tidy(session)
    due = await asyncio.to_thread(read, lambda c: ledger.first_due(c, session.clock()))
    return {
        "editions": await asyncio.to_thread(_editions, session, touched),
        **_counted(before, after),
        "seconds": round(time.monotonic() - start, 3),
        "next_try": rfc3339(due) if due else None,
        "down": tally.down,
        "rests": tally.rests,
        "trouble": tally.trouble,
        "stopped": await asyncio.to_thread(held.stopped, session.house),
        "left_alone": held.left_alone(session.left_alone()),
        "failures": [{"address": address, "reply": reply} for address, reply in tally.failures],
        "problems": problems,
        "untold": await pinging.at_the_end(session),
    }


async def _deliver_soon(session: Session) -> "Tally":
    """Deliver what is due, and what is due in a moment: the letters of a connection that broke off."""
    tally = await deliver(session)
    for _ in range(SOON_RUNS):
        if tally.down or tally.rests or session.stopping or not await _due_within(session, SOON):
            break
        await asyncio.sleep(SOON)
        refused = tally.failures
        tally = await deliver(session)
        tally.failures = refused + tally.failures
    return tally


async def _tidy(session: Session) -> None:
    """Old letters become counts, where no daemon sees to it."""
    from publisher.actions import retention

    enough = time.monotonic() + TIDYING
    await asyncio.to_thread(
        retention.compact, session.house, session.clock(), lambda: time.monotonic() > enough
    )


def _gone(connection: Connection) -> Gone:
    return ledger.tally(connection), notices.sent(connection)


def _counted(before: Gone, after: Gone) -> dict[str, int]:
    """What became of letters between the two. A daemon forgets old ones meanwhile, and an erasure a reader's: that is
    less than nothing."""
    (was, others), (now, others_now) = before, after
    gained = {state: max(0, now.get(state, 0) - was.get(state, 0)) for state in State}
    return {
        "sent": gained[State.SENT],
        "failed": gained[State.FAILED],
        "deferred": sum(now.get(state, 0) for state in UNDECIDED),
        "unknown": gained[State.UNKNOWN],
        "others": max(0, others_now - others),
    }


def _plan(
    session: Session,
    due: Sequence[Newsletter],
    at_once: Sequence[Newsletter],
    *,
    include_existing: bool = False,
) -> tuple[set[int], list[str]]:
    """Start what is due and what is wanted at once, and plan everything that is started. One newsletter's mistake
    (a template), or a page that cannot be written, stops only that one. Returns the editions that began or came on, and
    what is wrong. Raises Elsewhere, also in its midst, Unwritable."""
    from publisher.actions import approval, plan, slots

    house, now, problems = session.house, session.clock(), list[str]()
    with session.planning, on_disk():
        session.at_home()
        begun = {each.edition.id: each for each in house.store.read(lambda c: editions.unfinished(c, now))}
        problems += approval.come_due(house, now)
        numbers, found = slots.due_editions(house, due, now)
        problems += found + approval.ask(house, now)
        for newsletter in at_once:
            number = slots.edition_now(house, newsletter, now, include_existing=include_existing)
            numbers += [number] if number is not None and number not in numbers else []
        for number in numbers:
            session.at_home()  # perhaps no longer: whoever leads now plans the rest
            try:
                with on_disk():
                    plan.plan(house, number, now)
            except (BadConfig, Unwritable) as error:  # its page cannot be made, or written
                problems.append(str(error))
        after = {number: house.store.read(partial(editions.progress, edition=number)) for number in numbers}
    return {number for number in numbers if number not in begun or begun[number] != after[number]}, problems


async def _due_within(session: Session, seconds: int) -> bool:
    soon = session.clock() + timedelta(seconds=seconds)
    return await asyncio.to_thread(session.house.store.read, lambda c: ledger.is_due(c, soon))


def _editions(session: Session, numbers: set[int]) -> list[dict[str, Any]]:
    rows = session.house.store.read(lambda c: editions.listing(c, numbers))
    return [
        {"id": e.id, "newsletter": e.newsletter, "slot": e.slot, "letters": sum(counts.values())}
        for e, counts in rows
    ]


async def plan(session: Session, *, newsletter: str, include_existing: bool = False) -> dict[str, Any]:
    """Plan an edition now for everybody who has unseen items; the daemon delivers it. Raises BadState behind the
    restore fence."""
    chosen = session.house.newsletter(newsletter)
    must_send(session)
    work = partial(_plan, session, (), chosen, include_existing=include_existing)
    touched, problems = await asyncio.to_thread(work)
    if touched:
        session.on_planned()
    return {"editions": await asyncio.to_thread(_editions, session, touched), "problems": problems}


async def plan_due(session: Session) -> list[str]:
    """Plan what is due. Returns what is wrong: nothing where another leads by now, who plans it."""
    due = tuple(session.house.newsletters.values())
    try:
        touched, problems = await asyncio.to_thread(_plan, session, due, ())
    except Elsewhere:
        return []
    if touched:  # not while one waits: for its template to be mended, or for the letters that it corrects
        session.on_planned()
    return problems


async def deliveries_retry(
    session: Session, *, edition: int | None = None, states: list[Literal["failed", "unknown"]] | None = None
) -> dict[str, Any]:
    """Queue letters again that failed or are in doubt; the next run sends them. Says how many cannot go any more."""
    must_send(session)
    store, now = session.house.store, session.clock()
    if edition is not None:
        progress = partial(editions.progress, edition=edition)
        if await asyncio.to_thread(store.read, progress) is None:
            raise Unknown(f"there is no edition {edition}", "", "`nashir editions` lists them")
    wanted = [State[state.upper()] for state in states or ()] or [State.FAILED]
    expired = await asyncio.to_thread(store.read, lambda c: ledger.expired(c, wanted, edition, now))
    gone = await asyncio.to_thread(store.read, lambda c: ledger.refused_as_gone(c, wanted, edition, now))
    again = partial(ledger.retry, states=wanted, edition=edition, now=now)
    queued = 0
    while count := await asyncio.to_thread(store.write, again):
        queued += count
    return {"queued": queued, "gone": gone, "expired": expired}


async def resume(session: Session, *, dry_run: bool = False) -> dict[str, Any]:
    """A person says that this database is the one to go on with: letters leave again. With *dry_run* only say what
    is in doubt."""
    from publisher.actions import resuming

    house, was, now = session.house, session.fenced, session.clock()
    if not was:  # nothing is held back, and a sender may be at work
        found = resuming.Doubt(0, ())
    elif dry_run:
        found = await asyncio.to_thread(resuming.look, house, now)
    else:
        found = await asyncio.to_thread(resuming.resume, house, now)
        await asyncio.to_thread(session.state.resume, house.store)
        session.fenced = ""
    return {
        "was": was,
        "letters": found.letters,
        "newsletters": list(found.newsletters),
        "on_unknown": house.mail.on_unknown,
        "dry_run": dry_run,
    }
