"""The page of one article. It depends on its article, the settings and the theme only."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from markupsafe import Markup

from publisher.layout import Layout
from publisher.model.article import Article, Story, Version
from publisher.model.media import Shown
from publisher.model.site import Site
from publisher.pages.frame import inline, local, named, page
from publisher.pages.metadata import Card, news_article
from publisher.templating import Templates
from publisher.text.dates import digits_for, rfc3339, site_date
from publisher.text.direction import of_tag, of_text
from publisher.text.html import render
from publisher.text.language import feed_tag
from publisher.text.words import Words, own_name, words


def article_page(
    site: Site,
    layout: Layout,
    story: Story,
    templates: Templates,
    *,
    folders: Sequence[str] = (),
    signup: bool = False,
) -> bytes:
    """The page of *story*, in the article's language and direction, UTF-8 (F25, R8). *folders* are those of the lists
    of its categories and authors, in their order; () where there are none. *signup*: it has the form for that."""
    article, ui = story.article, words(story.article.language)
    url = layout.article(article.slug)
    digits = digits_for(site.digits, ui.language, site.region)
    number = len(article.categories)
    kinds = ["category"] * number + ["author"] * len(article.authors)
    places = _places(layout, kinds, folders)
    people = tuple(zip(article.authors, places[number:], strict=False))
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
        card=_card(story, layout),
        signup=() if signup else None,
        facts=news_article(article, site, layout, people),
        permalink=layout.permalink(article.id),
        headline=inline(article.title, article.direction),
        description=article.summary,
        standfirst="" if article.summary_is_lead else inline(article.summary, article.direction),
        byline=_byline(people, ui),
        iso=rfc3339(article.published),
        date=date,
        digits=digits,
        updated_iso=rfc3339(article.updated),
        updated="" if updated == date else updated,
        versions=[_version(version, story) for version in story.versions],
        fallback=_fallback(site, story),
        content=Markup(render(story.body, "page", url, _media(article, layout))),
        picture=_above(article, layout),
        categories=[
            {"name": named(category, article.direction), "path": local(place)}
            for category, place in zip(article.categories, places, strict=False)
        ],
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
    return {path: replace(each, url=each.url and local(each.url)) for path, each in shown}


def _above(article: Article, layout: Layout) -> Shown | None:
    """The declared picture, where the text does not show it."""
    picture = article.picture
    return _media(article, layout)[picture.reference] if picture and not picture.in_text else None


def _places(layout: Layout, kinds: Sequence[str], folders: Sequence[str]) -> list[str]:
    """The URLs of the lists in *folders*, each of its kind; "" where there is none."""
    there = folders or [""] * len(kinds)
    return [
        layout.listing(folder) if folder and layout.has_list(kind) else ""
        for kind, folder in zip(kinds, there, strict=False)
    ]


def _card(story: Story, layout: Layout) -> Card:
    article = story.article
    return Card(
        article.title,
        article.summary,
        "article",
        layout.shown(article, article.picture) if article.picture else None,
        article.published,
        article.updated,
        article.categories[0] if article.categories else "",
        article.categories,
        tuple(one.language for one in story.versions if one.language != article.language),
    )


@lru_cache(maxsize=256)
def _byline(people: tuple[tuple[str, str], ...], ui: Words) -> Markup | str:
    """Who wrote it; each name leads to what else they wrote, where that has a place."""
    if not people:
        return ""
    link = Markup('<a href="{}" rel="author">{}</a>')
    shown = [(named(name, ui.direction), local(url)) for name, url in people]
    names = ui.join([str(link.format(path, name) if path else name) for name, path in shown])
    return Markup(ui.text("By %(authors)s")) % {"authors": Markup(names)}
