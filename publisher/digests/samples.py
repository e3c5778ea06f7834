"""Every letter that is no digest, with made-up values: for `nashir check`, which tries all templates, and for whoever
wants to see them before the first reader does (R10)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from publisher.digests import notices
from publisher.digests.compose import DIGEST, compose, correction
from publisher.digests.frame import Link
from publisher.digests.select import Selection
from publisher.layout import Layout
from publisher.model.article import Article
from publisher.model.digest import Content, Newsletter
from publisher.model.site import Site
from publisher.templating import Templates
from publisher.text.words import words

_TOKEN = "sample"  # leads nowhere: it is signed by nobody


Trial = Callable[[], Content]


def samples(
    site: Site,
    newsletter: Newsletter,
    layout: Layout,
    templates: Templates,
    now: datetime,
    language: str | None = None,
    *,
    article: Article | None = None,
) -> dict[str, Content]:
    """A letter of each kind, by its name: "confirm", "welcome", "goodbye", "links", "yearly", "correction", "editors"
    (what they get before an edition goes out) and "notice". Their interface is in *language*, else in the site's;
    *article*, where there is one, is what was corrected and what the edition holds.

    Raises BadConfig, with the template's file and line, when one of them cannot be used.
    """
    made = _letters(site, newsletter, layout, templates, now, language, article)
    return {kind: make() for kind, make in made.items()}


def trials(
    site: Site,
    newsletter: Newsletter,
    layout: Layout,
    templates: Templates,
    now: datetime,
    *,
    article: Article | None = None,
) -> dict[str, Trial]:
    """What makes each of `samples`, the digest of *newsletter* as "digest", and "article", the letter about one. Each
    raises BadConfig when a template of its own, or the newsletter's subject, cannot be used."""
    story = article or made_up(site, now)
    story = replace(story, categories=story.categories or (story.title,))
    selection = Selection((story,), 2)
    alone = replace(newsletter, schedule="instant", template=DIGEST)
    daily = replace(newsletter, schedule="daily 07:00", group=True)
    made = {
        kind: partial(compose, site, each, selection, layout, templates, now, opening=_told(site, None))
        for kind, each in {"digest": daily, "article": alone}.items()
    }
    return {**made, **_letters(site, newsletter, layout, templates, now, None, article)}


def _letters(
    site: Site,
    newsletter: Newsletter,
    layout: Layout,
    templates: Templates,
    now: datetime,
    language: str | None,
    article: Article | None,
) -> dict[str, Trial]:
    shown = article or made_up(site, now)
    told, address = _told(site, language), layout.url(_TOKEN)
    due = now + timedelta(hours=1)
    house = (site, newsletter, layout, templates, language)
    return {
        "confirm": partial(notices.confirm, *house, confirm_url=address),
        "welcome": partial(notices.welcome, *house, due=None if newsletter.instant else due),
        "goodbye": partial(notices.goodbye, *house, undo_url=address),
        "links": partial(
            notices.links,
            site,
            layout,
            templates,
            language,
            about="preferences",
            preferences=(Link(newsletter.title, address),),
            held_url=address,
            erase_url=address,
        ),
        "yearly": partial(notices.yearly, *house, still_url=address, ends=due),
        "correction": partial(correction, site, newsletter, shown, told, layout, templates, now, language),
        "editors": partial(
            notices.preview_for_editors,
            *house,
            subject=shown.title,
            headlines=(shown.title,),
            more=2,
            readers=11,
            due=due,
            approval_url=layout.approval(_TOKEN),
        ),
        "notice": partial(
            notices.notice_for_editors,
            site,
            layout,
            templates,
            language,
            subject=site.title,
            text=told,
            url=layout.home,
            button=words(language or site.language).text("Open in the browser"),
        ),
    }


def _told(site: Site, language: str | None) -> str:
    return words(language or site.language).text("Here stands what the editor writes.")


def made_up(site: Site, now: datetime) -> Article:
    """An article that leads nowhere."""
    return Article(
        id="urn:uuid:00000000-0000-5000-8000-000000000000",
        seq=0,
        slug=_TOKEN,
        path="",
        title=site.title,
        language=site.language,
        direction=site.direction,
        summary="",
        summary_is_lead=False,
        authors=(),
        categories=(),
        published=now,
        updated=now,
        digest=True,
        pin=False,
        weight=0,
        content_hash="",
    )
