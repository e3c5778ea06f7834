"""The pages that list articles: of a category, an author, a language the newest and then a page for each month; the
archive of the site, its months and an overview. A new article changes those that show it, and no others."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, pairwise

from sqlalchemy import Connection

from publisher import layout
from publisher.actions import compressed, folders
from publisher.actions.channel import Channels
from publisher.actions.house import House
from publisher.actions.pool import Crew, Progress
from publisher.feeds import files
from publisher.layout import Layout
from publisher.model.feed import Label
from publisher.model.site import Site
from publisher.pages import listing
from publisher.pages.listing import Place
from publisher.store import articles, facts, feeds, lists
from publisher.store.lists import Line, Row
from publisher.templating import Templates
from publisher.text.dates import month_of, month_span

STATE = "lists"  # the fact that says what all of them were made from
SHARE = 100  # articles on a month's page, and on each page of its older ones
HEAVY = 50  # a month is handed over as so many articles are: its lines take as much room
_AHEAD = 50  # lists whose keys are read at once


@dataclass(frozen=True, slots=True)
class _List:
    """A list of which something is to be made."""

    key: str
    place: Place
    count: int  # articles in it
    rows: Sequence[Row]


def write(
    house: House, channels: Channels, fingerprint: str, written: list[str], *, limit: int | None, verify: bool,
    progress: Progress,
) -> bool:  # fmt: skip
    """Bring them up to the store, some *limit* pages of them; *fingerprint* is what every page depends on. *verify*:
    also those that somebody deleted. Adds to *written* what was written and removed; whether others wait."""
    _remake(house, fingerprint, verify=verify)
    if not house.layout.pages:
        _take_all_away(house, written)
        return False
    published, _ = house.store.read(articles.counts)
    done = 0
    with Crew(house.workers) as crew:
        run = _Run(house, channels, crew, written, published, limit)
        while keys := house.store.read(lambda c: lists.stale(c, _AHEAD)):
            compressed.mark(house)
            for key in keys:
                if run.spent or not run.bring(key):
                    return True
                done += 1
                progress("lists", done, max(done, len(keys)))
    return False


def _remake(house: House, fingerprint: str, *, verify: bool) -> None:
    """Note which lists are to be made again, beside those whose articles changed."""
    common = repr((house.layout, house.pages.per_page, house.feeds.per))
    state = facts.digest(fingerprint.encode(), common.encode())
    if house.store.read(lambda c: facts.get(c, STATE)) != state:
        house.store.write(lambda c: _anew(c, state))
    elif verify and house.layout.pages:
        for key, months in folders.of_lists(house).items():
            lost = [
                month
                for month, paths in months.items()
                if not all((house.out / path).is_file() for path in paths)
            ]
            if lost:
                house.store.write(lambda c, key=key, lost=lost: lists.outdate(c, key, lost))  # type: ignore[misc]


def _anew(connection: Connection, state: str) -> None:
    lists.start(connection)
    lists.make_all(connection)
    facts.put(connection, STATE, state)


def _take_all_away(house: House, written: list[str]) -> None:
    for key, months in folders.of_lists(house).items():
        paths = chain.from_iterable(months.values())
        written += [path for path in paths if files.remove(house.out, path)]
        house.store.write(lambda c, key=key, months=months: lists.made(c, key, dict.fromkeys(months, 0)))  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class _Job:
    """A month of which pages are to be made."""

    month: str
    lines: Sequence[Line]  # the newest first
    older: str  # the months beside it
    newer: str


class _Run:
    """What a run has at hand."""

    def __init__(
        self, house: House, channels: Channels, crew: Crew, written: list[str], published: int, limit: int | None
    ) -> None:  # fmt: skip
        self._house, self._channels, self._crew, self._written = house, channels, crew, written
        self._published, self._left = published, limit
        self._zone = house.site.timezone

    @property
    def spent(self) -> bool:
        """Whether it has made all it may."""
        return self._left is not None and self._left <= 0

    def bring(self, key: str) -> bool:
        """Make what is stale of the list *key*; whether all of it is done."""
        house = self._house
        rows = house.store.read(lambda c: lists.rows(c, key))
        one = self._list(key, rows)
        main = rows[0]
        if one is None:  # no article has the label any more, or the site wants no lists of it
            found = house.store.read(lambda c: feeds.folders(c, [key])) if key else {"": layout.ARCHIVE}
            folder = found.get(key, "")
            self._put(key, folder, {row.month: [] for row in rows if row.files or row.stale}, rows)
            return True
        limit = house.pages.per_page
        newest = house.store.read(
            partial(articles.labelled, key=key, count=one.count, of=self._published, limit=limit + 1)
        ) if key else []  # fmt: skip
        upto = month_of(newest[limit].published, self._zone) if len(newest) > limit else ""
        if main.word and main.word != one.place.word:  # every page says it
            rows = [row._replace(stale=True) for row in rows]
        months = self._months(one, rows, upto)
        if months is None:
            return False
        page = listing.archive_page if not key else partial(listing.list_page, articles=newest[:limit])
        made = page(house.site, house.layout, house.templates, one.place, months=list(reversed(months)))
        self._put(key, one.place.folder, {"": [made]}, rows, word=one.place.word)
        return True

    def _list(self, key: str, rows: Sequence[Row]) -> _List | None:
        house = self._house
        if not house.layout.has_list(key.partition(":")[0] or "archive"):
            return None
        if not key:
            return _List(key, Place(layout.ARCHIVE), self._published, rows)
        label = house.store.read(lambda c: feeds.of(c, key))
        if not label.articles:
            return None
        kind = label.kind
        one = Label(kind, key.partition(":")[2] if kind == "language" else label.word)  # type: ignore[arg-type]
        folder = label.folder or folders.of_labels(house, [one])[one]
        feed = self._channels.label(label, folder)
        has_feed = kind in house.feeds.per
        place = Place(folder, kind, one.word, feed.language, feed.direction, feed if has_feed else None)
        return _List(key, place, label.articles, rows)

    def _months(self, one: _List, rows: Sequence[Row], upto: str) -> list[str] | None:
        """Make the months that are to be made, up to the month *upto* of a label, and take away those that are empty;
        all that there are, the oldest first. None where *limit* was reached before."""
        known = {row.month: row for row in rows if row.month}
        before = [month for month, row in known.items() if row.files]
        wanted = [month for month in known if not one.key or month <= upto]
        unsure = {month for month in wanted if known[month].stale or not known[month].files}
        lines = self._reader(one, len(unsure), len(known))
        full = [month for month in wanted if month not in unsure or lines(month, True)]
        beside = _beside(full)
        old = _beside(before)
        todo = [m for m in full if known[m].stale or not known[m].files or old.get(m) != beside[m]]
        gone: dict[str, list[bytes]] = {
            month: [] for month, row in known.items() if month not in beside and (row.files or row.stale)
        }
        if gone:
            self._put(one.key, one.place.folder, gone, rows)
        jobs = self._jobs(reversed(todo), lines, beside)
        made = self._make(one, jobs, len(todo), rows) if todo else 0
        return full if made == len(todo) else None

    def _jobs(
        self, months: Iterable[str], lines: Callable[[str, bool], Sequence[Line]], beside: Mapping[str, tuple[str, str]]
    ) -> Iterator[_Job]:  # fmt: skip
        """What is to be made of each of *months*, until the limit is reached."""
        for month in months:
            if self.spent:
                return
            its = lines(month, False)
            if self._left is not None:
                self._left -= _older_parts(its) + 1
            yield _Job(month, its, *beside[month])

    def _make(self, one: _List, jobs: Iterable[_Job], count: int, rows: Sequence[Row]) -> int:
        """Make the pages of at most *count* months, and say of how many."""
        house, counts = self._house, dict[str, int]()
        work = partial(_render, house.site, house.layout, house.templates, one.place)

        def made() -> Iterator[tuple[str, bytes]]:
            for some in self._crew.spread(work, jobs, count, HEAVY):
                for month, pages in some:
                    counts[month] = len(pages)
                    yield from zip(
                        folders.list_pages(one.place.folder, month, len(pages)), pages, strict=True
                    )

        self._written += files.put_many(house.out, made())
        self._settle(one.key, one.place.folder, counts, rows)
        return len(counts)

    def _reader(self, one: _List, asked: int, known: int) -> Callable[[str, bool], Sequence[Line]]:
        """What reads the lines of a month, or says (True) whether it has any. Those of a label that few articles have
        are read at once; else those of all articles of a month are gone through."""
        house = self._house
        if one.key and one.count * 2 * max(known, 1) < asked * self._published:
            by_month: dict[str, list[Line]] = {}
            for line in house.store.read(lambda c: lists.every(c, one.key)):
                by_month.setdefault(month_of(line.published, self._zone), []).append(line)
            return lambda month, _: by_month.get(month, ())

        def read(month: str, any_: bool) -> Sequence[Line]:
            start, end = month_span(month, self._zone)
            if any_:
                there = house.store.read(lambda c: lists.some_within(c, one.key, start, end))
                return (_SOME,) if there else ()
            return house.store.read(lambda c: lists.within(c, one.key, start, end))

        return read

    def _put(
        self, key: str, folder: str, pages: Mapping[str, Sequence[bytes]], rows: Sequence[Row], word: str | None = None
    ) -> None:  # fmt: skip
        """Write these pages of each month, and remove what stood there beside."""
        made = ((folders.list_pages(folder, month, len(each)), each) for month, each in pages.items())
        data = chain.from_iterable(zip(paths, each, strict=True) for paths, each in made)
        self._written += files.put_many(self._house.out, data)
        counts = {month: len(each) for month, each in pages.items()}
        if self._left is not None:
            self._left -= sum(counts.values())
        self._settle(key, folder, counts, rows, word)

    def _settle(
        self, key: str, folder: str, counts: Mapping[str, int], rows: Sequence[Row], word: str | None = None
    ) -> None:
        """So many pages of each month are written: remove what stood there beside, and remember it."""
        house = self._house
        stood = {row.month: row.files for row in rows}
        for month, count in counts.items():
            unused = folders.list_pages(folder, month, stood.get(month, 0))[count:]
            self._written += [path for path in unused if files.remove(house.out, path)]
        house.store.write(lambda c: lists.made(c, key, counts, word))


def _older_parts(lines: Sequence[Line]) -> int:
    """How many pages a month has beside its own."""
    return max(0, -(-(len(lines) - SHARE) // SHARE))


def _render(
    site: Site, layout_: Layout, templates: Templates, place: Place, jobs: Sequence[_Job]
) -> list[tuple[str, list[bytes]]]:
    """The pages of each month."""
    return [(job.month, list(_pages(site, layout_, templates, place, job))) for job in jobs]


def _pages(site: Site, layout_: Layout, templates: Templates, place: Place, job: _Job) -> Iterator[bytes]:
    """The page of a month, and its parts from the oldest: each is full, and stays as it is."""
    parts = _older_parts(job.lines)
    for part in range(parts + 1):
        end = len(job.lines) - (part - 1) * SHARE if part else SHARE
        yield listing.month_page(
            site,
            layout_,
            templates,
            place,
            month=job.month,
            lines=job.lines[max(end - SHARE, 0) : end],
            part=part,
            parts=parts,
            older=job.older,
            newer=job.newer,
        )


_SOME = Line("", "", "", "ltr", datetime.min.replace(tzinfo=UTC))


def _beside(months: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The months before and after each of *months*, which are in order."""
    around = ["", *months, ""]
    return {
        month: (older, newer)
        for (older, month), (_, newer) in zip(pairwise(around), pairwise(around[1:]), strict=False)
        if month
    }
