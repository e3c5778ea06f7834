"""The list of all the feeds of a site (OPML), for readers that subscribe to many in one go."""

from collections.abc import Iterator
from datetime import datetime

from publisher import layout
from publisher.actions.channel import Channels
from publisher.actions.house import House
from publisher.feeds import files, opml
from publisher.model.feed import Feed, Outline
from publisher.store import feeds


def write(house: House, channels: Channels, updated: datetime, written: list[str]) -> None:
    """Write the list of the feeds that stand in the output, *updated* when the newest article was. Adds to *written*
    what was written."""
    outlines = list(_outlines(house, channels))
    site = house.site
    data = opml.render(site.title, outlines, updated, owner=site.author, language=site.language)
    if files.put(house.out, layout.OPML, data):
        written.append(layout.OPML)


def _outlines(house: House, channels: Channels) -> Iterator[Outline]:
    yield _outline(channels.site, channels.site.title, "site")
    for label in house.store.read(feeds.listed):
        if label.kind in house.feeds.per and label.folder:
            feed = channels.label(label, label.folder)
            yield _outline(feed, feed.title, label.kind)


def _outline(feed: Feed, title: str, kind: str) -> Outline:
    return Outline(title, feed.home, feed.rss, feed.atom, feed.json, feed.language, kind)
