"""The channels of a site: its own feed, that of a label or a newsletter, a document of the archive; what they say of
themselves."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from publisher import layout
from publisher.actions.house import House
from publisher.feeds import plain, websub
from publisher.model.article import Article
from publisher.model.feed import Feed, Removed
from publisher.store import adoption, articles, feeds
from publisher.store.feeds import LabelFeed
from publisher.text.bidi import isolate
from publisher.text.direction import of_tag
from publisher.text.language import feed_tag
from publisher.text.words import own_name

REMEMBERED = timedelta(days=30)  # how long a feed tells that an article left (F13)
TOMBSTONES = 200  # ... and of how many at most: a feed stays a feed


@dataclass(frozen=True, slots=True)
class Channels:
    """What every channel of a site has in common."""

    site: Feed  # its own
    archives: int  # how many documents the archive has
    urls: layout.Layout
    identity: str  # the site's id

    @classmethod
    def of(cls, house: House, now: datetime) -> "Channels":
        """Read what the store knows of them at *now*."""
        removed = house.store.read(lambda c: articles.removed(c, now - REMEMBERED, TOMBSTONES))
        last, whole = house.store.read(lambda c: (feeds.last_archive(c), feeds.whole_archive(c)))
        site = _site(house, _told(removed), whole if house.feeds.archive else 0)
        return cls(site, last, house.layout, house.site.id)

    def label(
        self, label: LabelFeed, folder: str, removed: Collection[tuple[Article, datetime]] = ()
    ) -> Feed:
        """The channel of a label's articles, whose files stand in *folder*, and of those *removed* lately."""
        language = label.key.partition(":")[2] if label.kind == "language" else ""
        direction = of_tag(language) if language else self.site.direction
        name = own_name(language) if language else label.word
        title = f"{isolate(name, 'lrm') if direction == 'rtl' else name} – {self.site.title}"
        return replace(
            self.site,
            id=layout.feed_id(self.identity, label.key),
            title=title,
            description="" if language else self.site.description,
            home=self.urls.listing(folder) if self.urls.has_list(label.kind) else self.site.home,
            language=language or self.site.language,
            direction=direction,
            removed=_told(removed),
            previous="",
            rss=self.urls.url(layout.in_folder(folder, layout.RSS)),
            atom=self.urls.url(layout.in_folder(folder, layout.ATOM)),
            json=self.urls.url(layout.in_folder(folder, layout.JSON)),
        )

    def newsletter(self, name: str, title: str) -> Feed:
        """The channel of the editions of the newsletter *name* (F16)."""
        folder = layout.newsletter_folder(name)
        held = isolate(title, "lrm") if self.site.direction == "rtl" else title
        return replace(
            self.site,
            id=layout.feed_id(self.identity, f"newsletter:{name}"),
            title=f"{held} – {self.site.title}",
            home=self.urls.newsletter(name) if self.urls.pages else self.site.home,
            removed=(),
            previous="",
            rss=self.urls.url(layout.in_folder(folder, layout.RSS)),
            atom=self.urls.url(layout.in_folder(folder, layout.ATOM)),
            json=self.urls.url(layout.in_folder(folder, layout.JSON)),
        )

    def archive(self, number: int) -> Feed:
        """The channel of an archive document: the site's feed, of another time."""
        return replace(
            self.site,
            atom=self._archive(number),
            current=self.site.atom,
            previous=self._archive(number - 1) if number > 1 else "",
            next=self._archive(number + 1) if number < self.archives else "",
            removed=(),
            hubs=(),  # told of the site's feed: an archive is no topic
        )

    def grown(self, archives: int) -> "Channels":
        """The same with so many archive documents."""
        return replace(self, archives=archives)

    def _archive(self, number: int) -> str:
        return self.urls.url(layout.archive_path(number))


def _site(house: House, removed: tuple[Removed, ...], whole: int) -> Feed:
    site, urls = house.site, house.layout
    return Feed(
        id=house.store.read(adoption.feed_id) or layout.feed_id(site.id),
        title=site.title,
        description=site.description or site.title,
        home=urls.home,
        rss=urls.url(layout.RSS),
        atom=urls.url(layout.ATOM),
        json=urls.url(layout.JSON),
        css=urls.url(layout.CSS),
        language=feed_tag(site.language),
        direction=site.direction,
        author=site.author,
        updated=datetime.min.replace(tzinfo=UTC),
        metadata=house.feeds.direction_metadata,
        hubs=websub.read(house.feeds),
        license=site.license,
        icon=site.icon,
        logo=site.logo,
        removed=removed,
        previous=urls.url(layout.archive_path(whole)) if whole else "",
    )


def _told(removed: Collection[tuple[Article, datetime]]) -> tuple[Removed, ...]:
    return tuple(Removed(plain.identity(article, "atom"), when) for article, when in removed)
