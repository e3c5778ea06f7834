"""The letters of a newsletter that are no edition, with made-up values: who changes a template sees them (R10)."""

from datetime import datetime, timedelta

from publisher.actions.house import House
from publisher.digests import compose, notices
from publisher.digests.select import Selection
from publisher.model.digest import Content, Newsletter
from publisher.text.words import words


def others(house: House, newsletter: Newsletter, selection: Selection, now: datetime) -> dict[str, Content]:
    """A letter of each kind, in the site's language, about the articles of *selection*. Raises BadConfig when a
    template cannot be used."""
    site, layout, templates = house.site, house.layout, house.templates
    url, headline = layout.url("preview"), selection.items[0].title
    due = now + timedelta(hours=1)
    editors = notices.preview_for_editors(
        site,
        newsletter,
        layout,
        templates,
        subject=headline,
        headlines=[article.title for article in selection.items],
        more=selection.more,
        readers=3,
        due=due,
        approval_url=url,
    )
    told = words(site.language).text("An earlier letter brought you this article. Something in it was wrong.")
    return {
        "confirm": notices.confirm(site, newsletter, layout, templates, confirm_url=url),
        "welcome": notices.welcome(site, newsletter, layout, templates, due=due),
        "goodbye": notices.goodbye(site, newsletter, layout, templates, undo_url=url),
        "correction": compose.correction(site, newsletter, selection.items[0], told, layout, templates, now),
        "editors": editors,
        "notice": notices.notice_for_editors(site, layout, templates, subject=headline, text=told),
    }
