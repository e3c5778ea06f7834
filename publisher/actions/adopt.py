"""Adopt: the articles of the folder take over the ids, links and dates that an older site's feeds gave them, so that
no reader sees them again (A15)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from publisher.actions import scan
from publisher.actions.house import House
from publisher.articles import folder, matching, parse
from publisher.articles.matching import Candidate, Match
from publisher.errors import BadInput, Unreadable
from publisher.feeds import aliases, plain, reading
from publisher.model.adoption import Adopted, Kind, OldEntry, OldFeed
from publisher.model.article import Status
from publisher.store import adoption, articles
from publisher.store.adoption import Change

CHUNK = 500  # articles changed in one transaction
SITEMAPS = 100  # of one index

Fetch = Callable[[str], tuple[bytes, str]]  # a file's name or a URL, to its bytes and where they came from


@dataclass(frozen=True, slots=True)
class Report:
    """What one feed or sitemap brought."""

    source: str
    kind: Kind
    matches: tuple[Match, ...]
    again: tuple[str, ...]  # paths of articles that readers of this feed will take for new
    alias: str  # what to add to `feeds.aliases`; "" where the feed's old path is served


@dataclass(slots=True)
class Done:
    """What an adoption did, or would do."""

    reports: list[Report] = field(default_factory=list)
    moved: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # path, URL before, URL now; of published ones
    renamed: int = 0  # published articles whose id changes in some format
    notes: list[str] = field(default_factory=list)


Source = tuple[str, str, OldFeed]  # its name, where it came from in the end, and what it is


def read(sources: Sequence[str], fetch: Fetch) -> list[Source]:
    """Each of *sources*. Raises BadInput for what is neither a feed nor a sitemap. Servers may take their time:
    nobody should wait for this."""
    return [(source, *_read(source, fetch)) for source in sources]


def adopt(house: House, feeds: Sequence[Source], now: datetime) -> Done:
    """Let the articles of the folder take over what *feeds* say of them; nothing is published."""
    done = Done(notes=list(scan.note(house, scan.look(house, now, wait=False), now).notes))
    before = {one.id: one for one in _candidates(house)}
    for source, where, old in feeds:
        matches = matching.match(old.kind, old.entries, _candidates(house), house.layout.root, old.home)
        changes = [change for each in matches if (change := _change(house, old.kind, each, now))]
        for start in range(0, len(changes), CHUNK):
            part = changes[start : start + CHUNK]
            house.store.write(lambda c, part=part: adoption.take_over(c, part))  # type: ignore[misc]
        if old.id:
            kept = house.store.write(lambda c, old=old: adoption.keep_feed_id(c, old.id))  # type: ignore[misc]
            done.notes += (
                [] if kept == old.id else [f"{source}: the feed's own id stays {kept}, adopted before"]
            )
        done.notes += _lost_links(source, matches)
        alias = _alias(house, old.url or where, old.kind)
        done.reports.append(Report(source, old.kind, tuple(matches), (), alias))
    after = _candidates(house)
    done.notes += _taken(house, done.reports, after)
    done.reports = [
        replace(report, again=tuple(_again(house, report, after, now))) for report in done.reports
    ]
    _compare(house, before, after, done)
    return done


def _read(source: str, fetch: Fetch) -> tuple[str, OldFeed]:
    """Where it is, and the feed; of a sitemap index all of its sitemaps together."""
    data, where = fetch(source)
    feed = reading.read(data, source)
    if len(feed.more) > SITEMAPS:
        raise BadInput(f"names more than {SITEMAPS} sitemaps", source, "adopt those with articles one by one")
    entries: list[OldEntry] = list(feed.entries)
    for child in feed.more:
        entries += reading.read(fetch(_beside(source, child))[0], child).entries
    return where, replace(feed, entries=tuple(entries))


def _beside(source: str, child: str) -> str:
    """A sitemap of an index that is a URL, from there; of one that is a file, the file beside it."""
    if "://" in source:
        return child
    try:
        return str(PurePosixPath(source).parent / PurePosixPath(urlsplit(child).path).name)
    except ValueError as error:
        raise BadInput(f"names a sitemap that is no URL: {child[:80]}", source, "mend it") from error


def _candidates(house: House) -> list[Candidate]:
    rows, others = house.store.read(lambda c: (adoption.present(c), adoption.other_places(c)))
    return [
        Candidate(
            row.id,
            row.path,
            row.slug,
            tuple(others.get(row.id, ())),
            row.title,
            row.summary,
            row.published,
            row.updated,
            row.seq,
            row.adopted,
        )
        for row in rows
        if row.status in {Status.PUBLISHED, Status.HELD}
    ]


def _change(house: House, kind: Kind, match: Match, now: datetime) -> Change | None:
    """What the article takes over from its entry; None where it has all of it."""
    one, entry = match.article, match.entry
    if one is None:
        return None
    had = one.adopted or Adopted()
    adopted = had.taking(kind, entry)
    published, updated = one.published, one.updated
    if entry.published and entry.published <= now and entry.published != published:
        published = entry.published
        adopted = replace(adopted, published=published, declared=_declared(house, one))
    if entry.updated and entry.updated <= now:
        updated = entry.updated
    updated = max(updated, published)
    slug = match.place
    same = (adopted, published, updated) == (had, one.published, one.updated) and slug in {"", one.slug}
    return None if same else Change(one.id, adopted, slug, published, updated)


def _declared(house: House, one: Candidate) -> datetime | None:
    """The date its file declares now."""
    try:
        leaf = folder.read(house.folder, one.path, house.articles.max_bytes)
        return parse.parse(leaf, house.rules).published
    except Unreadable:
        return None


def _taken(house: House, reports: Iterable[Report], after: Sequence[Candidate]) -> list[str]:
    """Articles that did not get the address that an entry had, because another one has it."""
    now = {one.id: one for one in after}
    asked = {(m.article.id, m.place): m for r in reports for m in r.matches if m.article and m.place}
    return [
        f"{now[id_].path}: {match.entry.link} is another article's address; this one stands at "
        f"{house.layout.article(now[id_].slug)}"
        for (id_, slug), match in asked.items()
        if id_ in now and slug not in {now[id_].slug, *now[id_].others}
    ]


def _lost_links(source: str, matches: Iterable[Match]) -> list[str]:
    lost = [m for m in matches if m.article and m.entry.link and not m.place]
    if not lost:
        return []
    return [
        f"{source}: {len(lost)} links cannot be kept, as {lost[0].entry.link}; their articles keep their own"
    ]


def _alias(house: House, where: str, kind: Kind) -> str:
    """What `feeds.aliases` needs, so that the feed's old address goes on working."""
    try:
        path = urlsplit(where).path if where.startswith(("http://", "https://")) else ""
    except ValueError:
        return ""
    if kind == "sitemap" or not path:
        return ""
    base = urlsplit(house.layout.root).path
    path = path.removeprefix(base)
    try:
        (file,) = aliases.read([f"{path} {kind}"])
    except ValueError:
        return ""
    if file in aliases.read(house.feeds.aliases):
        return ""
    return path if aliases.read([path]).get(file) == kind else f"{path} {kind}"


def _again(house: House, report: Report, every: Sequence[Candidate], now: datetime) -> list[str]:
    """Articles that will stand in our feed of this kind, and that its readers do not know by their id although they
    are no newer than what it held."""
    if report.kind == "sitemap":
        return []
    known = {article.id for article in house.store.read(articles.newest)} | {
        o.id for o in every if o.seq is None
    }
    coming = [one for one in every if one.id in known and one.published <= now]
    coming.sort(key=lambda one: (one.published, one.seq or 0), reverse=True)
    dates = [match.entry.published or match.entry.updated for match in report.matches]
    last = max((date for date in dates if date), default=now)
    return [
        one.path
        for one in coming[: house.feeds.entries]
        if one.published <= last and not (one.adopted and one.adopted.id_in(report.kind))
    ]


def _compare(house: House, before: dict[str, Candidate], after: Sequence[Candidate], done: Done) -> None:
    """What changes for those who know the articles as they were published here."""
    for now in after:
        was = before.get(now.id)
        if was is None or was.seq is None:
            continue
        if was.slug != now.slug:
            done.moved.append((now.path, house.layout.article(was.slug), house.layout.article(now.slug)))
        ids = [[plain.identity_of(one.id, one.adopted, kind) for kind in plain.FORMATS] for one in (was, now)]
        done.renamed += ids[0] != ids[1]
