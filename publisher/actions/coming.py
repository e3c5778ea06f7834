"""What the next edition of a newsletter would be, if it left now. Nothing is planned, and nothing noted (R10)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from publisher.actions import openings
from publisher.actions.cadence import rhythm
from publisher.actions.house import House
from publisher.actions.letters import sender
from publisher.actions.unseen import Unseen
from publisher.digests import compose, due
from publisher.digests.lint import check as lint
from publisher.digests.lint.given import Given
from publisher.digests.select import Selection
from publisher.errors import BadInput
from publisher.mail import message
from publisher.model.delivery import Letter
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content, Edition, Newsletter
from publisher.model.finding import Finding
from publisher.store import articles, audience, cadences, editions, people
from publisher.subscribers.tokens import Claim

NOBODY = Claim(0, 0)  # whose links show a page and do nothing: no subscriber has this key


@dataclass(frozen=True, slots=True)
class Share:
    """Readers who would get the same letter now."""

    language: str  # of its interface
    text_only: bool
    items: tuple[str, ...]  # headlines
    readers: int


@dataclass(frozen=True, slots=True)
class Coming:
    """The next edition of a newsletter, as far as it is known."""

    house: House
    newsletter: Newsletter
    unseen: Unseen
    floor: int  # the newest article that the last edition held, or may have
    fresh: bool  # there is something new; else the newest articles stand for it
    opening: str
    now: datetime

    def selection(self, language: str | None) -> Selection:
        """What it holds for a reader of *language* who has had all editions so far."""
        found = self.unseen(self.floor if self.fresh else 0, language, ())
        if not self.newsletter.instant:
            return found
        return Selection(found.items[:1], 0)  # each article is a letter of its own (D4)

    def content(self, language: str | None) -> Content:
        """Its letter in *language*, else the site's. Raises BadConfig when a template cannot be used."""
        house = self.house
        return compose.compose(
            house.site,
            self.newsletter,
            self.selection(language),
            house.layout,
            house.templates,
            self.now,
            compose.spoken(language, house.site.language),
            opening=self.opening,
        )

    def letter(self, content: Content, recipient: str) -> Letter:
        """*content* for *recipient*, whose links are nobody's; a new letter at every moment."""
        house, name = self.house, self.newsletter.name
        edition = Edition(0, name, "preview", self.now, self.now, 0)
        return message.assemble(
            content,
            edition,
            sender(house, name),
            recipient=recipient,
            message_id_key=f"preview-{int(self.now.timestamp() * 1_000_000):x}",
            unsubscribe_url=self.links[UNSUBSCRIBE_SLOT],
            preferences_url=self.links[PREFERENCES_SLOT],
        )

    @property
    def links(self) -> dict[str, str]:
        """What stands in the slots: pages of the site that say that the link is nobody's."""
        return nobodys_links(self.house)

    def findings(self, content: Content, language: str, data: bytes) -> tuple[Finding, ...]:
        """What the lint says of *content*, whose interface is in *language*, and of its bytes *data*."""
        return examined(self.house, self.newsletter, self.selection(language), content, language, data)


def nobodys_links(house: House) -> dict[str, str]:
    """What stands in the slots of a letter for nobody: pages of the site that say that the link is nobody's."""
    keys, layout = house.keys, house.layout
    return {
        UNSUBSCRIBE_SLOT: layout.unsubscribe(keys.sign("unsubscribe", NOBODY)),
        PREFERENCES_SLOT: layout.preferences(keys.sign("preferences", NOBODY)),
    }


def coming(house: House, newsletter: Newsletter, now: datetime) -> Coming:
    """The next edition of *newsletter*. Raises BadInput where there is no article to show."""
    series = house.store.read(people.known_newsletters).get(newsletter.name)
    nothing = BadInput(
        f"{newsletter.name} has no article to show", "", "publish one that fits its categories"
    )
    if series is None:
        raise nothing
    floor = max(house.store.read(lambda c: editions.last_left(c, series.id)), series.baseline or 0)
    unseen = Unseen(house, newsletter, series, house.store.read(articles.max_seq))
    fresh = bool(unseen(floor, None, ()).items)
    if not fresh and not unseen(0, None, ()).items:
        raise nothing
    opening = "" if newsletter.instant else openings.note(house, newsletter, series, now)
    return Coming(house, newsletter, unseen, floor, fresh, opening, now)


def shares(edition: Coming) -> list[Share]:
    """Who would get which letter now, the most readers first; who has nothing new is in none."""
    house = edition.house
    series = house.store.read(people.known_newsletters)[edition.newsletter.name]
    counted: Counter[tuple[str, bool, tuple[str, ...]]] = Counter()
    for group in house.store.read(lambda c: audience.groups(c, series.id)):
        floor = edition.unseen.floor(group.seen_seq, group.letters)
        items = edition.unseen(floor, group.language, group.categories).items
        if items:
            spoken = compose.spoken(group.language, house.site.language)
            counted[spoken, group.text_only, tuple(item.title for item in items)] += group.readers
    return [Share(*key, number) for key, number in counted.most_common()]


def tongues(edition: Coming) -> list[str]:
    """The languages its letters are in: the site's first, then those that its readers asked for."""
    house = edition.house
    series = house.store.read(people.known_newsletters)[edition.newsletter.name]
    asked = {group.language for group in house.store.read(lambda c: audience.groups(c, series.id))}
    spoken = sorted(compose.spoken(each, house.site.language) for each in asked)
    return list(dict.fromkeys([compose.spoken(None, house.site.language), *spoken]))


def next_due(edition: Coming) -> datetime | None:
    """When the first of its readers are due next; None for an instant newsletter."""
    if edition.newsletter.instant:
        return None
    house, newsletter = edition.house, edition.newsletter
    rows = house.store.read(lambda c: cadences.of(c, newsletter.name))
    rhythms = {rhythm(house, newsletter, each) for each in (None, *rows)}
    return min(due.following(schedule, zone, edition.now) for schedule, zone in rhythms)


def examined(
    house: House,
    newsletter: Newsletter,
    selection: Selection,
    content: Content,
    language: str,
    data: bytes = b"",
    *,
    listed: bool = True,
) -> tuple[Finding, ...]:
    """What the lint says of *content*; the words of the articles and of the configuration are their authors'."""
    site = house.site
    titles = ((newsletter.title, site.language), (site.title, site.language))
    opening = content.told.opening if content.told else ()
    told = (*site.letterhead.postal, *(each.text for each in opening))
    tongues = (*titles, *_spoken(selection))
    authored = (*told, *(text for text, _ in tongues), *_written(selection))
    return lint.check(Given(content, site, language, authored, listed, data, tongues))


def _spoken(selection: Selection) -> Iterator[tuple[str, str]]:
    """What stands in a letter of the articles in their own languages, each with it."""
    for article in selection.items:
        for text in (article.title, article.summary, *article.categories, " · ".join(article.categories)):
            yield text, article.language


def _written(selection: Selection) -> Iterator[str]:
    for article in selection.items:
        yield from article.authors
        if article.picture:
            yield article.picture.alt
