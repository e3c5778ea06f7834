"""The verb `adopt`: an older site's feeds say what its articles were called."""

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.articles.folder import shown
from publisher.errors import BadInput
from publisher.verbs.session import Session

if TYPE_CHECKING:
    from publisher.actions import adopt as adoption


async def adopt(
    session: Session, *, sources: list[str], private: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    """The articles take over ids, links and dates of an older site's feeds; with *dry_run* on a copy of the store."""
    from publisher import net
    from publisher.actions import adopt as adoption

    start = time.monotonic()
    if not dry_run:
        session.at_home()

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
