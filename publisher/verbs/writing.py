"""Verbs that write: served by the daemon, or by a process that takes the lock itself."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from publisher.articles.folder import shown
from publisher.errors import BadConfig, BadInput, BadState, PublisherError, Unknown, Unwritable
from publisher.model.delivery import State
from publisher.model.digest import Newsletter
from publisher.store import editions, ledger, notices
from publisher.text.dates import rfc3339
from publisher.verbs import held, pinging, returning
from publisher.verbs.progress import Sending, Tell, publishing
from publisher.verbs.session import Session, on_disk

if TYPE_CHECKING:  # each verb imports what it needs: `publish` neither plans nor sends
    from publisher.actions import adopt as adoption
    from publisher.engine.local import Tally

CANARIES = 2  # seconds between two looks at first letters while others leave
SOON, SOON_RUNS = 6, 3  # seconds, times: `send` waits for letters that are due in a moment
TIDYING = 10  # seconds that `send` gives to old letters
UNDECIDED = (State.QUEUED, State.CLAIMED, State.SENDING)


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
    from publisher.actions import retention

    start = time.monotonic()
    chosen = session.house.newsletter(newsletter)
    must_send(session)
    await session.publish_settled()
    before = await asyncio.to_thread(session.house.store.read, ledger.tally)
    at_once = chosen if now else ()
    touched, problems = await asyncio.to_thread(
        _plan, session, chosen, at_once, include_existing=include_existing
    )
    if touched:  # their newsletters have another edition to show
        await session.publish(whole=False)
    tally = await deliver(session)
    for _ in range(SOON_RUNS):  # a connection that broke off: its letters are due in a moment
        if tally.down or tally.rests or session.engine.stopping or not await _due_within(session, SOON):
            break
        await asyncio.sleep(SOON)
        refused = tally.failures
        tally = await deliver(session)
        tally.failures = refused + tally.failures
    problems += (await returning.reckon(session)).problems  # of what mail servers said of addresses
    after = await asyncio.to_thread(session.house.store.read, ledger.tally)
    if not session.in_daemon:
        enough = time.monotonic() + TIDYING
        await asyncio.to_thread(
            retention.compact, session.house, session.clock(), lambda: time.monotonic() > enough
        )
    due = await asyncio.to_thread(session.house.store.read, lambda c: ledger.first_due(c, session.clock()))
    gained = {state: after.get(state, 0) - before.get(state, 0) for state in State}
    return {
        "editions": await asyncio.to_thread(_editions, session, touched),
        "sent": gained[State.SENT],
        "failed": gained[State.FAILED],
        "deferred": sum(after.get(state, 0) for state in UNDECIDED),
        "unknown": gained[State.UNKNOWN],
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


def must_send(session: Session) -> None:
    """Raises BadState when the restore fence is up."""
    if session.fenced:
        raise BadState(
            f"no letter leaves: {session.fenced}",
            str(session.state.folder),
            "`nashir resume`, if it is right",
        )


def _plan(
    session: Session,
    due: Sequence[Newsletter],
    at_once: Sequence[Newsletter],
    *,
    include_existing: bool = False,
) -> tuple[set[int], list[str]]:
    """Start what is due and what is wanted at once, and plan everything that is started. One newsletter's mistake
    (a template), or a page that cannot be written, stops only that one. Returns the editions that began or came on, and
    what is wrong. Raises Unwritable."""
    from publisher.actions import approval, plan, slots

    house, now, problems = session.house, session.clock(), list[str]()
    with session.planning, on_disk():
        begun = {each.edition.id: each for each in house.store.read(lambda c: editions.unfinished(c, now))}
        problems += approval.come_due(house, now)
        numbers, found = slots.due_editions(house, due, now)
        problems += found + approval.ask(house, now)
        for newsletter in at_once:
            number = slots.edition_now(house, newsletter, now, include_existing=include_existing)
            numbers += [number] if number is not None and number not in numbers else []
        for number in numbers:
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


async def deliver(session: Session) -> "Tally":
    """Deliver what is due. The generation grows before and after letters left: a database from in between, or from
    before, is known for what it is (restore fence)."""
    from publisher.actions import hours
    from publisher.engine.local import Tally

    read = session.house.store.read
    async with session.sending:
        await session.engine.tidy()
        await asyncio.to_thread(hours.put_off, session.house, session.clock())
        await _canaries(session)
        due = await asyncio.to_thread(
            read, lambda c: notices.is_due(c, session.clock()) or ledger.is_due(c, session.clock())
        )
        if not due:
            return Tally()
        if (rest := session.engine.rest) is not None:
            return rest
        await asyncio.to_thread(session.state.advance, session.house.store)
        session.under_way = Sending(
            await asyncio.to_thread(read, lambda c: ledger.due_now(c, session.clock()))
        )
        try:
            return await _in_waves(session, partial(_note, session, session.under_way))
        finally:
            _tell(session, session.under_way)
            session.under_way = None
            await asyncio.to_thread(session.state.advance, session.house.store)


def _note(session: Session, under_way: Sending, tally: "Tally") -> None:
    if under_way.note(tally):
        _tell(session, under_way)


def _tell(session: Session, under_way: Sending) -> None:
    told = under_way.told()
    for tell in session.listeners:
        tell(told)


async def how_far(session: Session) -> dict[str, Any]:
    """How far the letters are that leave now."""
    return {
        "sending": session.under_way.told() if session.under_way else None,
        "left_alone": held.left_alone(session.left_alone()),
    }


async def _in_waves(session: Session, progress: "Callable[[Tally], None]") -> "Tally":
    """Deliver; when the first letters of an edition are answered, its others follow (S9), whatever else leaves."""
    tally, opened = None, True
    while opened:
        watch = asyncio.create_task(_watch(session))
        try:
            tally = await session.engine.deliver(progress, tally)
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
        wait = tally.down or tally.rests or session.engine.stopping
        opened = await _canaries(session) and not wait
    assert tally
    return tally


async def _watch(session: Session) -> None:
    while True:
        await asyncio.sleep(CANARIES)
        with suppress(PublisherError):  # the look behind the letters says it
            await _canaries(session)


async def _canaries(session: Session) -> bool:
    """Decide about the others of editions whose first letters are answered; whether some may leave now."""
    from publisher.verbs import heeding

    return bool((await asyncio.to_thread(heeding.canaries, session)).opened)


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
    """Plan what is due. Returns what is wrong."""
    touched, problems = await asyncio.to_thread(_plan, session, tuple(session.house.newsletters.values()), ())
    if touched:  # not while one waits: for its template to be mended, or for the letters that it corrects
        session.on_planned()
    return problems


async def next_due(session: Session, seconds: int) -> float | None:
    """In how many *seconds* at the most a letter is due that is not yet; None where none is."""
    now = session.clock()
    until = now + timedelta(seconds=seconds)
    found = await asyncio.to_thread(session.house.store.read, lambda c: ledger.next_due(c, now, until))
    return max(0.0, (found - now).total_seconds()) if found else None


async def adopt(
    session: Session, *, sources: list[str], private: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    """The articles take over ids, links and dates of an older site's feeds; with *dry_run* on a copy of the store."""
    from publisher import net
    from publisher.actions import adopt as adoption

    start = time.monotonic()

    def fetch(source: str) -> tuple[bytes, str]:
        if "://" in source:
            return net.fetch(source, private=private)
        return _file(Path(source)), source

    feeds = await asyncio.to_thread(adoption.read, sources, fetch)
    async with session.publishing:
        done = await asyncio.to_thread(_adopt, session, feeds, dry_run)
    return {
        "feeds": [_adopted(report) for report in done.reports],
        "moved": [{"path": shown(path), "from": was, "to": now} for path, was, now in done.moved],
        "renamed": done.renamed,
        "notes": done.notes,
        "dry_run": dry_run,
        "seconds": round(time.monotonic() - start, 3),
    }


def _adopt(session: Session, feeds: "list[adoption.Source]", dry_run: bool) -> "adoption.Done":
    from publisher.actions import adopt as adoption

    house, now = session.house, session.clock()
    if not dry_run:
        return adoption.adopt(house, feeds, now)
    with tempfile.TemporaryDirectory(prefix="nashir-") as folder:
        store = house.store.copy(Path(folder, "copy.db"))
        try:
            return adoption.adopt(replace(house, store=store), feeds, now)
        finally:
            store.close()


def _file(path: Path) -> bytes:
    from publisher import net

    try:
        if not path.is_file():
            raise BadInput("not a regular file", str(path), "name a feed or a sitemap, or its URL")
        if path.stat().st_size > net.LIMIT:
            raise BadInput(f"larger than {net.LIMIT // 1_000_000} MB", str(path), "name a smaller feed")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", str(path), "name a feed or a sitemap") from error


def _adopted(report: "adoption.Report") -> dict[str, Any]:
    by = Counter(match.by for match in report.matches if match.by)
    return {
        "source": report.source,
        "kind": report.kind,
        "entries": len(report.matches),
        "matched": by.total(),
        "by": dict(by),
        "again": None if report.kind == "sitemap" else len(report.again),
        "repeated": [shown(path) for path in report.again],
        "unmatched": [
            {"title": match.entry.title, "link": match.entry.link, "why": match.why}
            for match in report.matches
            if match.article is None
        ],
        "matches": [
            {
                "path": shown(match.article.path),
                "by": match.by,
                "link": match.entry.link,
                "id": match.entry.id,
            }
            for match in report.matches
            if match.article
        ],
        "alias": report.alias or None,
    }


async def deliveries_retry(
    session: Session, *, edition: int | None = None, states: list[Literal["failed", "unknown"]] | None = None
) -> dict[str, Any]:
    """Queue letters again that failed or are in doubt; the next run sends them. Says how many cannot go any more."""
    must_send(session)
    store, now = session.house.store, session.clock()
    if edition is not None and store.read(lambda c: editions.progress(c, edition)) is None:
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
