"""The list of all the feeds of a site (OPML), for readers that subscribe to many in one go."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from publisher import __version__, layout
from publisher.actions import newsletters
from publisher.actions.channel import Channels
from publisher.actions.house import House
from publisher.feeds import files, opml
from publisher.model.feed import Feed, Outline
from publisher.store import facts, feeds
from publisher.store.feeds import LabelFeed

STATE = "feed list"  # the fact that says what it was made from


def write(house: House, channels: Channels, updated: datetime, written: list[str], *, verify: bool) -> None:
    """Write the list of the feeds that stand in the output, *updated* when the newest article was, when something in
    it changed; *verify*: also when somebody deleted it. Adds to *written* what was written."""
    labels = [label for label in house.store.read(feeds.listed) if label.kind in house.feeds.per]
    others = newsletters.outlines(house, channels)
    made_from = repr((__version__, house.site, house.layout, updated, labels, others))
    state = facts.digest(made_from.encode())
    there = not verify or (house.out / layout.OPML).is_file()
    if there and house.store.read(lambda c: facts.get(c, STATE)) == state:
        return
    site = house.site
    outlines = [*_outlines(channels, labels), *others]
    data = opml.render(site.title, outlines, updated, owner=site.author, language=site.language)
    if files.put(house.out, layout.OPML, data):
        written.append(layout.OPML)
    house.store.write(lambda c: facts.put(c, STATE, state))


def _outlines(channels: Channels, labels: Iterable[LabelFeed]) -> Iterator[Outline]:
    yield _outline(channels.site, channels.site.title, "site")
    for label in labels:
        if label.folder:
            feed = channels.label(label, label.folder)
            yield _outline(feed, feed.title, label.kind)


def _outline(feed: Feed, title: str, kind: str) -> Outline:
    return Outline(title, feed.home, feed.rss, feed.atom, feed.json, feed.language, kind)
