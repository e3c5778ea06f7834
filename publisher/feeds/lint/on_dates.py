"""Dates of the feed and of its entries (F3, F10)."""

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from publisher.feeds.lint import stamps
from publisher.feeds.lint.document import Document, Entry, Stamp
from publisher.feeds.lint.remarks import Remark
from publisher.feeds.lint.view import View
from publisher.text.quote import quoted

_CLOCKS = timedelta(minutes=5)  # by which clocks differ
_JUST = timedelta(minutes=1)
_CHANGES = frozenset({"updated", "date_modified", "modified"})
_FORMATS = {
    "rss": "Fri, 23 Jul 2021 09:00:00 +0000",
    "atom": "2021-07-23T09:00:00Z",
    "json": "2021-07-23T09:00:00Z",
}


def check(view: View, now: datetime) -> Iterator[Remark]:
    """Remarks on every date of the feed, and on their order."""
    document = view.document
    own = {}
    for stamp in document.dates:
        found = stamps.read(stamp)
        yield from _stamp(document, stamp, found, None)
        if found.when:
            own[stamp.name] = found.when
    shown: list[tuple[Entry, datetime]] = []
    latest: list[datetime] = []
    for entry in document.entries:
        published = yield from _entry(document, entry, now)
        if published:
            shown.append((entry, published[0]))
            latest.append(published[1])
    yield from _order(shown)
    yield from _whole(document, own, latest, now)


def _stamp(document: Document, stamp: Stamp, found: stamps.Read, entry: int | None) -> Iterator[Remark]:
    if not found.rule:
        return
    better = found.better or (
        f"like {_FORMATS[document.kind]}" if found.rule in ("bad-date", "date-month") else ""
    )
    mend = f"write {better}" if better else ""
    yield Remark(found.rule, stamp.name, stamp.line, quoted(stamp.value), mend, entry)


def _entry(
    document: Document, entry: Entry, now: datetime
) -> Generator[Remark, None, tuple[datetime, datetime] | None]:
    """Remarks on the dates of *entry*; returns when it was published and when it last changed, where it says so."""
    first: datetime | None = None
    change: datetime | None = None
    for stamp in entry.dates:
        found = stamps.read(stamp)
        yield from _stamp(document, stamp, found, entry.number)
        if found.when is None:
            continue
        if stamp.name in _CHANGES:
            change = change or found.when
        else:
            first = first or found.when
    if not entry.dates and document.kind != "atom":
        yield Remark("no-date", "item", entry.line, entry=entry.number)
    if first and change and change < first:
        found_ = f"updated {change:%Y-%m-%d %H:%M}, published {first:%Y-%m-%d %H:%M} (UTC)"
        yield Remark("updated-before-published", "updated", entry.line, found_, entry=entry.number)
    when = first or change
    if when is None:
        return None
    if when > now + _CLOCKS:
        yield Remark("future-date", "date", entry.line, f"{when:%Y-%m-%d %H:%M} UTC", entry=entry.number)
    return when, max(when, change or when)


def _order(shown: list[tuple[Entry, datetime]]) -> Iterator[Remark]:
    for (_, before), (entry, when) in pairwise(shown):
        if when > before:
            found = f"{when:%Y-%m-%d %H:%M} stands below {before:%Y-%m-%d %H:%M}"
            yield Remark("not-newest-first", "date", entry.line, found, entry=entry.number)
            return


def _whole(
    document: Document, own: dict[str, datetime], latest: list[datetime], now: datetime
) -> Iterator[Remark]:
    name = "updated" if document.kind == "atom" else "lastBuildDate"
    line = next((each.line for each in document.dates if each.name == name), None)
    said = own.get(name)
    if said is None:
        if document.kind == "rss" and not document.dates:
            yield Remark("feed-no-date", "channel", document.line)
        return
    if abs(now - said) < _JUST and said not in latest:  # an entry of this minute is no clock
        yield Remark("built-now", name, line, f"{said:%Y-%m-%d %H:%M:%S} UTC")
    elif latest and said < max(latest):
        found = f"{said:%Y-%m-%d %H:%M}, its newest entry {max(latest):%Y-%m-%d %H:%M} (UTC)"
        yield Remark("feed-older-than-entries", name, line, found)
    elif latest and len(latest) == len(document.entries) and said > max(latest):
        found = f"{said:%Y-%m-%d %H:%M}, its newest entry {max(latest):%Y-%m-%d %H:%M} (UTC)"
        yield Remark("feed-newer-than-entries", name, line, found)
