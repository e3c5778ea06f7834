"""Tell search engines which pages of articles are new, changed or gone (F24, IndexNow): once for each change, after
everybody can see it.

What they know of each page stands in the store by its content, not by its bytes: a new theme is no news. It is noted
in the transaction that notes the page itself, so nothing is lost or told twice, whenever a publish is cut off.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from publisher import layout
from publisher.actions.house import House
from publisher.actions.pings import Told
from publisher.feeds import files
from publisher.model.article import Article
from publisher.model.ping import Reply, judge
from publisher.pages import indexnow
from publisher.store import announcements, articles, facts, pings, places
from publisher.store.announcements import Announcement
from publisher.store.pings import Kind, Ping
from publisher.text.dates import rfc3339

SLICE = 5_000  # articles that are noted in one transaction
UNFINISHED = timedelta(minutes=1)  # until the key's file is looked for again

Send = Callable[[str, bytes], Reply]  # the endpoint, the message
Note = Callable[[Connection, Collection[str]], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes into one ping."""

    ping: Ping
    pages: Sequence[Announcement]
    message: bytes


def endpoint(house: House) -> str:
    """Whom the site's pages are told to; "" where nobody is, or it would be of no use."""
    return "" if indexnow.useless(house.pages, house.layout.root) else indexnow.read(house.pages)


def key(house: House) -> str:
    """By what search engines know that it is this site that tells them; "" where nobody is told. It comes from the
    site's secret, and so is the same for ever, also after a restore."""
    return house.keys.public("indexnow") if endpoint(house) else ""


def begin(house: House, now: datetime) -> None:
    """To be called before pages are written. Where the site begins to tell somebody, what stands is news to them as far
    as they were not told of it before; with another `site.url` all of it is."""
    target, root, telling = endpoint(house), house.layout.root, _telling(house)
    if (house.store.read(lambda c: facts.get(c, facts.TELLING)) or "") == telling:
        return

    def start(connection: Connection) -> None:
        facts.put(connection, facts.TELLING, "")
        if facts.get(connection, facts.TOLD_OF) == root:
            announcements.nothing_stands(connection)
        else:
            announcements.forget(connection)

    house.store.write(start)
    if not target:
        return
    after = 0
    while some := house.store.read(lambda c, after=after: articles.on_disk(c, after, SLICE)):  # type: ignore[misc]
        after = some[-1].seq
        versions = {layout.article_path(each.slug): _version(each) for each in some}
        house.store.write(lambda c, versions=versions: announcements.note(c, versions))  # type: ignore[misc]

    def done(connection: Connection) -> None:
        facts.put_all(connection, {facts.TELLING: telling, facts.TOLD_OF: root})
        pings.grown(connection, Kind.INDEXNOW, target, now)

    house.store.write(done)


def _telling(house: House) -> str:
    """Who is told of which site's pages; "" where nobody is."""
    target = endpoint(house)
    return f"{target} of {house.layout.root}" if target else ""


def _version(article: Article) -> str:
    """What the page of *article* shows that is its own."""
    beside = repr((article.media, article.corrections))
    return facts.digest(article.content_hash.encode(), beside.encode())


def standing(house: House, wanted: Sequence[Article], now: datetime) -> Note:
    """What notes that the pages of those of *wanted* with these ids stand on disk."""
    target = endpoint(house)
    versions = {each.id: (layout.article_path(each.slug), _version(each)) for each in wanted if target}

    def note(connection: Connection, ids: Collection[str]) -> None:
        if not target or not ids:
            return
        # At an address that an article had before there is a page now that leads to it: whoever knew it looks again.
        leading = places.leading_to(connection, ids) if places.any_leading(connection) else []
        left = [layout.article_path(slug) for slug, _ in leading]
        if announcements.note(connection, dict(versions[each] for each in ids), left):
            pings.grown(connection, Kind.INDEXNOW, target, now)

    return note


def left(house: House, now: datetime) -> Note:
    """What notes that the pages at these paths are gone."""
    target = endpoint(house)

    def note(connection: Connection, paths: Collection[str]) -> None:
        if target and announcements.note(connection, {}, paths):
            pings.grown(connection, Kind.INDEXNOW, target, now)

    return note


def ready(house: House, now: datetime) -> Batch | None:
    """What search engines can be told now: nothing while a publish goes on, so that many pages are one ping, nor
    without the file of the key. Called while nobody publishes."""
    target = endpoint(house)
    found = house.store.read(lambda c: _due(c, target, _telling(house), now)) if target else []
    if not found:
        return None
    (ping,), word = found, key(house)
    if files.read(house.out, layout.key_path(word)) != word.encode():
        house.store.write(partial(pings.later, ping=ping, due=now + UNFINISHED))
        return None
    pages = house.store.read(lambda c: announcements.untold(c, indexnow.MOST))
    if not pages:
        house.store.write(partial(pings.told, ping=ping))
        return None
    urls = [house.layout.url(each.path) for each in pages]
    count = indexnow.fitting(urls)
    at = house.layout.url(layout.key_path(word))
    return Batch(ping, pages[:count], indexnow.message(house.layout.root, word, at, urls[:count]))


def _due(connection: Connection, target: str, telling: str, now: datetime) -> list[Ping]:
    if facts.get(connection, facts.TELLING) != telling:  # `begin` was cut off
        return []
    if facts.get(connection, facts.COMPANIONS) != facts.COMPLETE:  # a publish goes on, or was cut off
        return []
    return pings.due(connection, Kind.INDEXNOW, target, now, 1)


def tell(house: House, batch: Batch, told: Told, send: Send, *, clock: Callable[[], datetime]) -> None:
    """Send one ping, and write down what was said to it."""
    ping = batch.ping
    reply = send(ping.target, batch.message)
    now = clock()
    verdict = judge(reply, ping.attempts, ping.since, now, passing=indexnow.TRIED_AGAIN)

    def write(connection: Connection) -> None:
        if not verdict.told:
            pings.failed(connection, ping, reply.words, verdict.due, asked=verdict.asked)
            return
        announcements.told(connection, batch.pages)
        if not announcements.untold(connection, 1):
            pings.told(connection, ping)

    house.store.write(write)
    if verdict.told:
        told.news += len(batch.pages)
    else:
        told.failed += 1


def untold(house: House) -> tuple[Ping, int] | None:
    """What search engines have not heard, and of how many pages: it waits, or was given up. None for nothing."""
    target = endpoint(house)
    if not target:
        return None
    found, pages = house.store.read(
        lambda c: (pings.untold(c, Kind.INDEXNOW, [target]), announcements.waiting(c))
    )
    return (found[0], pages) if found and pages else None


def troubles(house: House) -> list[str]:
    """A line where it failed, what was said, and what follows; or one for why nobody is told though it is asked for."""
    if why := indexnow.useless(house.pages, house.layout.root):
        return [f"pages.indexnow tells no search engine anything: {why}"]
    found = untold(house)
    if not found or not found[0].answer:
        return []
    ping, pages = found
    what = f"{pages} page{'s' * (pages != 1)}"
    if ping.due:
        next_ = rfc3339(ping.due)
        return [f"{ping.target} did not take {what} for search engines: {ping.answer}; next try {next_}"]
    url = house.layout.url(layout.key_path(key(house)))
    mend = f"Mend: look at pages.indexnow, and whether everybody can read {url}"
    return [f"{ping.target} is told no more of {what} until the next change: {ping.answer}. {mend}"]
