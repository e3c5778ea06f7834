"""The page of one article. It depends on its article, the settings and the theme only."""

from dataclasses import replace

from markupsafe import Markup

from publisher.layout import Layout
from publisher.model.article import Article, Direction, Story, Version
from publisher.model.media import Shown
from publisher.model.site import Site
from publisher.pages.frame import inline, local, page
from publisher.templating import Templates
from publisher.text.dates import digits_for, rfc3339, site_date
from publisher.text.direction import of_tag, of_text
from publisher.text.html import render
from publisher.text.language import feed_tag
from publisher.text.words import Words, own_name, words


def article_page(site: Site, layout: Layout, story: Story, templates: Templates) -> bytes:
    """The page of *story*, in the article's language and direction, UTF-8 (F25, R8)."""
    article, ui = story.article, words(story.article.language)
    url = layout.article(article.slug)
    digits = digits_for(site.digits, ui.language, site.region)
    date, updated = (site_date(when, site, ui.language) for when in (article.published, article.updated))
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
        digits=digits,
        updated_iso=rfc3339(article.updated),
        updated="" if updated == date else updated,
        versions=[_version(version, story) for version in story.versions],
        fallback=_fallback(site, story),
        content=Markup(render(story.body, "page", url, _media(article, layout))),
        picture=_above(article, layout),
        categories=[_name(category, article.direction) for category in article.categories],
    )


def _version(version: Version, story: Story) -> dict[str, object]:
    name = own_name(version.language)
    return {
        "lang": version.language,
        "dir": of_text(name, of_tag(version.language)),
        "name": name,
        "url": version.url,
        "path": local(version.url),
        "own": version.language == story.article.language,
    }


def _fallback(site: Site, story: Story) -> str:
    """The version for a reader of none of its languages: the one in the site's; "" where there is none."""
    wanted = feed_tag(site.language)
    return next((one.url for one in story.versions if feed_tag(one.language) == wanted), "")


def _media(article: Article, layout: Layout) -> dict[str, Shown]:
    shown = layout.media(article, "page").items()
    return {path: replace(each, url=local(each.url)) for path, each in shown}


def _above(article: Article, layout: Layout) -> Shown | None:
    """The declared picture, where the text does not show it."""
    picture = article.picture
    return _media(article, layout)[picture.reference] if picture and not picture.in_text else None


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
