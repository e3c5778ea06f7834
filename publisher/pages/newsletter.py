"""The page of a newsletter: how often it comes, its feeds, its editions; and the lists of the older ones."""

from collections.abc import Sequence

from publisher.layout import Layout
from publisher.model.digest import Issue
from publisher.model.feed import Feed
from publisher.model.site import Site
from publisher.pages.frame import inline, local, page
from publisher.pages.metadata import Card
from publisher.templating import Templates
from publisher.text.dates import digits_for, rfc3339, site_date
from publisher.text.words import Words, words


def newsletter_page(
    site: Site,
    layout: Layout,
    templates: Templates,
    *,
    name: str,
    title: str,
    often: str,
    ended: bool = False,
    feed: Feed | None,
    issues: Sequence[Issue],
    number: int = 0,
    newer: int = 0,
    older: int = 0,
) -> bytes:
    """The page of the newsletter *name*, in the site's language, with *issues*, the newest first; UTF-8. *often* says
    when it comes; *feed* is None where it has none; *ended*: no new editions come, and nobody
    can sign up. *number*: this is a list of older editions. *newer* and *older*
    are the numbers of the lists beside it, 0 where there is none. Raises BadConfig for a template that cannot be used.
    """
    ui = words(site.language)
    return page(
        "newsletter.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{title} — {site.title}",
        language=site.language,
        direction=site.direction,
        canonical=layout.back_issues(name, number) if number else layout.newsletter(name),
        card=Card(title, often),
        signup=None if number or ended else (name,),
        feed=feed,
        newsletter=inline(title, site.direction),
        newsletter_path=local(layout.newsletter(name)),
        plain_title=title,
        often=often,
        has_feeds=feed is not None,
        number=number,
        issues=[_line(issue, site, layout, ui) for issue in issues],
        newer=local(layout.back_issues(name, newer)) if newer else "",
        older=local(layout.back_issues(name, older)) if older else "",
    )


def _line(issue: Issue, site: Site, layout: Layout, ui: Words) -> dict[str, object]:
    digits = digits_for(site.digits, ui.language, site.region)
    number = len(issue.told.pieces) + issue.told.more
    return {
        "lang": issue.language,
        "dir": issue.direction,
        "path": local(layout.edition(issue.newsletter, issue.name)),
        "title": inline(issue.title, issue.direction),
        "iso": rfc3339(issue.published),
        "date": site_date(issue.published, site, ui.language),
        "count": ui.count("%(n)s article", "%(n)s articles", number, digits),
    }
