"""Every template, the newsletters' subjects, what editors say first and the keys that sign letters, tried before a
reader meets a fault (R10, H8)."""

from collections.abc import Callable, Iterator
from datetime import datetime, time
from functools import partial
from typing import Any

from publisher.actions import openings
from publisher.actions.channel import Channels
from publisher.actions.house import House
from publisher.actions.issues import issue
from publisher.digests import samples
from publisher.digests.often import often
from publisher.errors import BadConfig
from publisher.layout import ARCHIVE, feed_folder
from publisher.mail.keyfiles import signer
from publisher.model.article import Article, Body, Story
from publisher.model.digest import Edition, Newsletter, Passage, Piece, Release, Section, Told
from publisher.model.feed import Entry
from publisher.pages.approval import Shown, approval_page
from publisher.pages.article import article_page
from publisher.pages.edition import edition_page
from publisher.pages.feed import feed_page
from publisher.pages.home import home_page
from publisher.pages.listing import Place as Listed
from publisher.pages.listing import archive_page, list_page, month_page
from publisher.pages.newsletter import newsletter_page
from publisher.pages.notice import not_found_page
from publisher.pages.preferences import Preferences, preferences_page
from publisher.pages.subscribe import Form, Offer, embed_page, subscribe_page
from publisher.store import articles
from publisher.store.issues import Place, Printed
from publisher.text.dates import rfc3339
from publisher.text.words import words


def faults(house: House, now: datetime) -> list[dict[str, Any]]:
    """What is wrong with them, tried on the newest article, or a made-up one: "where", "what" and "mend" of each
    fault, once."""
    found: list[dict[str, Any]] = []
    for trial in _trials(house, now):
        try:
            trial()
        except BadConfig as error:
            fault = {"where": error.where, "what": error.what, "mend": error.mend}
            found += [fault] if fault not in found else []
    return found


def _trials(house: House, now: datetime) -> Iterator[Callable[[], object]]:
    site, layout, templates = house.site, house.layout, house.templates
    newest = next(iter(house.store.read(lambda c: articles.newest(c, 1))), None)
    article = newest or samples.made_up(site, now)
    story = Story(article, Body((), article.language, article.direction))
    entry = Entry(article, layout.article(article.slug), "")
    yield partial(signer, house.mail, house.root)
    yield partial(home_page, site, layout, [article], templates)
    yield partial(not_found_page, site, layout, templates)
    yield from _lists(house, article, now)
    yield from _forms(house)
    yield partial(article_page, site, layout, story, templates)
    yield partial(feed_page, site, layout, Channels.of(house, now).site, [entry], templates)
    for each in house.newsletters.values():
        yield partial(openings.read, house, each)
        yield from samples.trials(site, each, layout, templates, now, article=newest).values()
        yield from _pages(house, each, article, now)


def _lists(house: House, article: Article, now: datetime) -> Iterator[Callable[[], object]]:
    """The pages that list *article*."""
    site, layout, templates = house.site, house.layout, house.templates
    month, place = f"{now:%Y-%m}", Listed(feed_folder("category", "-"), "category", article.title)
    yield partial(list_page, site, layout, templates, place, articles=[article], months=[month])
    yield partial(archive_page, site, layout, templates, Listed(ARCHIVE), months=[month])
    beside = {"part": 0, "parts": 2, "older": month, "newer": month}
    yield partial(month_page, site, layout, templates, place, month=month, lines=[article], **beside)  # type: ignore[arg-type]


def _forms(house: House) -> Iterator[Callable[[], object]]:
    """Where readers ask for letters."""
    site, layout, templates = house.site, house.layout, house.templates
    offers = [Offer(name, each.title, each.title) for name, each in house.newsletters.items()]
    form = Form("", tuple(house.newsletters), site.language, "page", "")
    yield partial(
        subscribe_page,
        *(site, layout, templates, site.language),
        offers=offers,
        form=form,
        action=".",
        heading="Subscribe",
    )
    yield partial(embed_page, site, layout, templates, site.language, offers)


def _pages(
    house: House, newsletter: Newsletter, article: Article, now: datetime
) -> Iterator[Callable[[], object]]:
    """The pages of *newsletter*, of an edition that holds *article*, for its editors and its readers."""
    site, layout, templates = house.site, house.layout, house.templates
    title, name = newsletter.title, newsletter.name
    place = Place(0, f"{now:%Y-%m-%d}", rfc3339(now), now)
    told = _told(title, layout.article(article.slug), article)
    shown = issue(house, Printed(place, name, article.title, article.language, article.direction, told))
    yield partial(edition_page, site, layout, shown, templates, before=place.name, after=place.name)
    yield partial(
        newsletter_page,
        site,
        layout,
        templates,
        name=name,
        title=title,
        often=often(newsletter, site, words(site.language)),
        feed=Channels.of(house, now).newsletter(name, title),
        issues=[shown],
        number=2,
        newer=3,
        older=1,
    )
    edition = Edition(0, name, place.slot, now, now, 0, release=Release.PROPOSED)
    asked = Shown(
        edition,
        title,
        "required",
        article.title,
        (article.title,),
        more=1,
        readers=2,
        left=0,
        open=True,
        waits=False,
        replaced=False,
        problem="",
    )
    yield partial(approval_page, site, layout, templates, asked, token=place.name)
    has = Preferences(
        title,
        ("daily", "weekly", "monthly"),
        "daily",
        time(7),
        weekday=0,
        day=1,
        zone=site.timezone.key,
        categories=(title,),
        chosen=(),
        language=site.language,
        languages=(site.language,),
        text_only=False,
        paused=False,
        resumes=None,
        due=now,
    )
    yield partial(preferences_page, site, layout, templates, has, action=place.name, leave=place.name)


def _told(title: str, url: str, article: Article) -> Told:
    language, side = article.language, article.direction
    piece = Piece(article.title, article.summary, url, "", "", language, language, side)
    opening = (Passage(article.title, language, side),)
    return Told(title, opening, (Section(article.title, language, side, (piece,)),), 1)
