"""Verbs that write: served by the daemon, or by a process that takes the lock itself."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.actions.pool import Progress
from publisher.articles.folder import shown
from publisher.errors import BadConfig, BadInput, BadState, PublisherError, Unwritable
from publisher.model.delivery import State
from publisher.model.digest import Newsletter
from publisher.store import editions, ledger, notices
from publisher.verbs import choosing, editing, pinging, returning
from publisher.verbs.session import Session, on_disk, recover

if TYPE_CHECKING:  # each verb imports what it needs: `publish` neither plans nor sends
    from publisher.actions import adopt as adoption
    from publisher.actions.readers import Imported
    from publisher.engine.local import Tally

SOON, SOON_RUNS = 6, 3  # seconds, times: `send` waits for letters that are due in a moment
UNDECIDED = (State.QUEUED, State.CLAIMED, State.SENDING)


async def publish(
    session: Session, *, accept_removals: bool = False, progress: Progress = lambda *_: None
) -> dict[str, Any]:
    """The folder becomes feeds and pages."""
    start = time.monotonic()
    done = await session.publish_settled(accept_removals=accept_removals, progress=progress)
    seconds = round(time.monotonic() - start, 3)
    names = ("read", "changed", "published", "quarantined", "written", "notes", "unsettled")
    return {name: value for name, value in asdict(done).items() if name in names} | {
        "seconds": seconds,
        "hubs": await pinging.at_the_end(session),
    }


async def send(
    session: Session,
    *,
    newsletter: str | None = None,
    now: bool = False,
    include_existing: bool = False,
    progress: Any = lambda _: None,
) -> dict[str, Any]:
    """Publish, plan what is due (with *now* an edition for everybody who has unseen items), deliver until nothing
    is due. Raises BadState behind the restore fence."""
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
    tally = await _deliver(session, progress)
    for _ in range(SOON_RUNS):  # a connection that broke off: its letters are due in a moment
        if tally.down or session.engine.stopping or not await _due_within(session, SOON):
            break
        await asyncio.sleep(SOON)
        refused = tally.failures
        tally = await _deliver(session, progress)
        tally.failures = refused + tally.failures
    problems += (await returning.reckon(session)).problems  # of what mail servers said of addresses
    after = await asyncio.to_thread(session.house.store.read, ledger.tally)
    gained = {state: after.get(state, 0) - before.get(state, 0) for state in State}
    return {
        "editions": await asyncio.to_thread(_editions, session, touched),
        "sent": gained[State.SENT],
        "failed": gained[State.FAILED],
        "deferred": sum(after.get(state, 0) for state in UNDECIDED),
        "unknown": gained[State.UNKNOWN],
        "seconds": round(time.monotonic() - start, 3),
        "down": tally.down or tally.trouble,
        "failures": [{"address": address, "reply": reply} for address, reply in tally.failures],
        "problems": problems,
        "hubs": await pinging.at_the_end(session),
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


async def _deliver(session: Session, progress: "Callable[[Tally], None]" = lambda _: None) -> "Tally":
    """Deliver what is due. The generation grows before and after letters left: a database from in between, or from
    before, is known for what it is (restore fence)."""
    from publisher.engine.local import Tally

    async with session.sending:
        due = await asyncio.to_thread(
            session.house.store.read,
            lambda c: notices.is_due(c, session.clock()) or ledger.is_due(c, session.clock()),
        )
        if not due or session.engine.resting:
            return Tally(down=session.engine.resting if due else "")
        await asyncio.to_thread(session.state.advance, session.house.store)
        try:
            return await session.engine.deliver(progress)
        finally:
            await asyncio.to_thread(session.state.advance, session.house.store)


def _editions(session: Session, numbers: set[int]) -> list[dict[str, Any]]:
    rows = session.house.store.read(lambda c: editions.listing(c, numbers))
    return [
        {"id": e.id, "newsletter": e.newsletter, "slot": e.slot, "letters": sum(counts.values())}
        for e, counts in rows
    ]


async def tick(session: Session) -> "tuple[Tally, list[str]]":
    """What the daemon does again and again: plan what is due, send what is due. Returns what is wrong, too."""
    touched, problems = await asyncio.to_thread(_plan, session, tuple(session.house.newsletters.values()), ())
    if touched:  # not while one waits: for its template to be mended, or for the letters that it corrects
        session.on_planned()
    return await _deliver(session), problems


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


async def subscribers_add(
    session: Session,
    *,
    address: str,
    newsletter: str | None = None,
    confirmed: bool = False,
    language: str | None = None,
) -> dict[str, Any]:
    """Subscribe one reader."""
    from publisher.actions import readers

    add = partial(readers.add, session.house, address, newsletter, session.clock())
    states = await asyncio.to_thread(partial(add, confirmed=confirmed, language=language))
    return {"address": address, "newsletters": states}


async def subscribers_import(
    session: Session,
    *,
    file: str,
    newsletter: str | None = None,
    confirmed: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Subscribe every address of a CSV file."""
    start = time.monotonic()
    done = await asyncio.to_thread(_import, session, Path(file), newsletter, confirmed, dry_run)
    return {
        "added": done.added,
        "already": done.already,
        "kept": done.kept,
        "rejected": [{"line": line, "reason": reason} for line, reason in done.rejected],
        "seconds": round(time.monotonic() - start, 3),
    }


def _import(
    session: Session, path: Path, newsletter: str | None, confirmed: bool, dry_run: bool
) -> "Imported":
    from publisher.actions import readers

    try:
        if not path.is_file():
            raise BadInput("not a regular file", str(path), "save the list as a CSV file and name it")
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            return readers.import_rows(
                session.house, lines, newsletter, session.clock(), confirmed=confirmed, dry_run=dry_run
            )
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", str(path), "name a CSV file") from error


async def deliveries_retry(session: Session, *, edition: int | None, states: list[str]) -> dict[str, Any]:
    """Queue letters again that failed or are in doubt; the next run sends them."""
    must_send(session)
    wanted = [State[state.upper()] for state in states] or [State.FAILED]
    again = partial(ledger.retry, states=wanted, edition=edition, now=session.clock())
    count = await asyncio.to_thread(session.house.store.write, again)
    return {"queued": count}


async def resume(session: Session) -> dict[str, Any]:
    """A person says that this database is the one to go on with: letters leave again."""
    was = session.fenced
    if not was:  # nothing is held back, and a sender may be at work
        return {"was": ""}
    await asyncio.to_thread(session.state.resume, session.house.store)
    await asyncio.to_thread(session.house.store.write, lambda c: recover(c, session.house.mail.on_unknown))
    session.fenced = ""
    return {"was": was}


TABLE = {
    "publish": publish,
    "send": send,
    "adopt": adopt,
    "subscribers add": subscribers_add,
    "subscribers import": subscribers_import,
    "subscribers choose": choosing.choose,
    "deliveries --retry": deliveries_retry,
    "resume": resume,
    "editions decide": editing.decide,
    "correct": editing.correct,
    "bounces": returning.bounces,
}


async def run(session: Session, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run the verb of this name. Raises PublisherError."""
    if verb not in TABLE:
        raise BadInput(f"there is no verb {verb!r}", "", "see `nashir --help`")
    try:
        return await TABLE[verb](session, **arguments)  # type: ignore[operator, no-any-return]
    except ExceptionGroup as group:
        raise next((e for e in group.exceptions if isinstance(e, PublisherError)), group) from group
