"""The page of one article. It depends on its article, the settings and the theme only."""

from markupsafe import Markup

from publisher.layout import Layout
from publisher.model.article import Article, Direction, Story
from publisher.model.site import Site
from publisher.pages.frame import inline, page
from publisher.templating import Templates
from publisher.text.dates import digits_for, long_date, rfc3339
from publisher.text.direction import of_text
from publisher.text.html import render
from publisher.text.words import Words, words


def article_page(site: Site, layout: Layout, story: Story, templates: Templates) -> bytes:
    """The page of *story*, in the article's language and direction, UTF-8 (F25, R8)."""
    article, ui = story.article, words(story.article.language)
    url = layout.article(article.slug)
    digits = digits_for(site.digits, ui.language, site.region)
    date, updated = (
        long_date(when, language=ui.language, region=site.region, zone=site.timezone, digits=digits)
        for when in (article.published, article.updated)
    )
    return page(
        "article.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{article.title} — {site.title}",
        language=article.language,
        direction=article.direction,
        canonical=url,
        permalink=layout.permalink(article.id),
        headline=inline(article.title, article.direction),
        description=article.summary,
        standfirst="" if article.summary_is_lead else inline(article.summary, article.direction),
        byline=_byline(article, ui),
        iso=rfc3339(article.published),
        date=date,
        updated_iso=rfc3339(article.updated),
        updated="" if updated == date else updated,
        content=Markup(render(story.body, "page", url)),
        categories=[_name(category, article.direction) for category in article.categories],
    )


def _byline(article: Article, ui: Words) -> Markup | str:
    if not article.authors:
        return ""
    names = ui.join([str(_name(author, ui.direction)) for author in article.authors])
    return Markup(ui.text("By %(authors)s")) % {"authors": Markup(names)}


def _name(name: str, around: Direction) -> Markup:
    """A name in text of the direction *around*, kept together where its own is the other."""
    direction = of_text(name, around)
    shown = inline(name, direction)
    return shown if direction == around else Markup('<bdi dir="{}">{}</bdi>').format(direction, shown)
