"""What is published is made from what the store says: the site's own feed first, for it is what readers wait for;
then pages, the feeds of labels, newsletters, the archive, sitemaps. What did not change is not made again."""

from dataclasses import dataclass
from datetime import datetime

from publisher.actions import (
    archive,
    article_pages,
    feed_list,
    front,
    issues,
    label_feeds,
    lists,
    newsletters,
    sitemaps,
)
from publisher.actions.channel import Channels
from publisher.actions.house import House
from publisher.actions.pool import Progress
from publisher.actions.stories import Changed
from publisher.store import facts, feeds

CHANNELS = "channels"  # the fact that says what all feeds of labels and archive documents were made from


@dataclass(frozen=True, slots=True)
class Shown:
    """What a run showed."""

    changed: list[str]  # the paths of articles that changed under our hands
    more: bool  # *limit* was reached


def write(
    house: House,
    now: datetime,
    written: list[str],
    *,
    verify: bool,
    limit: int | None,
    progress: Progress,
) -> Shown:
    """Bring the output folder up to the store; after the site's own feed, what shows about *limit* articles. *verify*:
    also what somebody deleted. Adds to *written* what was written and removed."""
    fingerprint = house.theme
    channels = Channels.of(house, now)
    # Before a thousand pages that a new theme asks for: a new article is in the feeds at once.
    changed = _front(house, now, channels, fingerprint, written, verify=verify)
    if verify:
        issues.look_for_lost(house)
        newsletters.look_for_lost(house)
    _remake(house, channels, fingerprint, verify=verify)
    torn, more = article_pages.write(
        house, now, fingerprint, written, verify=verify, limit=limit, progress=progress
    )
    changed += torn
    if not more:
        some = None if limit is None else max(limit // house.feeds.entries, 1)
        torn, more = label_feeds.write(house, now, channels, written, limit=some, progress=progress)
        changed += torn
    if not more:
        more = lists.write(
            house, channels, fingerprint, written, limit=limit, verify=verify, progress=progress
        )
    if not more:
        more = issues.write(house, fingerprint, written, limit=limit)
    if not more:
        newsletters.write(house, now, channels, fingerprint, written)
        if not changed:
            feed_list.write(house, channels, front.updated(house), written, verify=verify)
        some = None if limit is None else max(limit // archive.SHARE, 1)
        torn, more = archive.write(house, channels, written, limit=some, progress=progress)
        changed += torn
        if not (more or torn) and archive.ended(house):  # the site's own feed leads to another document
            changed += _front(house, now, Channels.of(house, now), fingerprint, written, verify=False)
    if not more:
        sitemaps.write(house, now, written, verify=verify)
    return Shown(changed, more)


def _front(
    house: House, now: datetime, channels: Channels, fingerprint: str, written: list[str], *, verify: bool
) -> list[str]:
    """Write what a site shows first; the path of an article that changed under our hands."""
    try:
        front.write(house, now, channels, fingerprint, written, verify=verify)
    except Changed as error:
        return [str(error)]
    return []


def _remake(house: House, channels: Channels, fingerprint: str, *, verify: bool) -> None:
    """Note which feeds of labels and archive documents are to be made again, beside those whose articles changed."""
    common = repr((house.feeds, house.layout, channels.site.id))  # the id may be one that was adopted (A15)
    state = facts.digest(fingerprint.encode(), common.encode())
    if house.store.read(lambda c: facts.get(c, CHANNELS)) != state:
        house.store.write(feeds.make_all)
        house.store.write(lambda c: facts.put(c, CHANNELS, state))
    elif verify:
        keys, numbers = label_feeds.lost(house), archive.lost(house)
        if keys or numbers:
            house.store.write(lambda c: feeds.lost(c, keys, numbers))
