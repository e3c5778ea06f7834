"""The home page: the newest articles, and the feeds for people who never saw one."""

from collections.abc import Sequence
from dataclasses import replace

from publisher.layout import Layout
from publisher.model.article import Article
from publisher.model.digest import Newsletter
from publisher.model.site import Site
from publisher.pages.frame import inline, local, named, page
from publisher.pages.metadata import Card
from publisher.templating import Templates
from publisher.text.dates import rfc3339, site_date
from publisher.text.words import Words, words


def home_page(
    site: Site,
    layout: Layout,
    articles: Sequence[Article],
    templates: Templates,
    newsletters: Sequence[Newsletter] = (),
    topics: Sequence[tuple[str, str]] = (),
) -> bytes:
    """The page of *articles*, in the order given, in the site's language; UTF-8 (F25, R8). It leads to the pages of
    *newsletters* and of *topics*, categories each with the folder of its list."""
    ui = words(site.language)
    return page(
        "home.html.j2",
        templates,
        site,
        layout,
        ui,
        title=site.title,
        language=site.language,
        direction=site.direction,
        canonical=layout.home,
        card=Card(site.title, site.description),
        signup=() if newsletters else None,
        description=inline(site.description, site.direction),
        articles=[teaser(article, site, layout, ui) for article in articles],
        topics=[
            {"path": local(layout.listing(folder)), "title": named(word, site.direction)}
            for word, folder in topics
        ],
        newsletters=[
            {"path": local(layout.newsletter(each.name)), "title": inline(each.title, site.direction)}
            for each in newsletters
        ],
    )


def teaser(
    article: Article, site: Site, layout: Layout, ui: Words, *, category: bool = True
) -> dict[str, object]:
    """*article* as lists show it, with a picture small enough for one; without *category* where the list says it."""
    picture = article.picture and layout.shown(article, article.picture, small=True)
    return {
        "lang": article.language,
        "dir": article.direction,
        "path": local(layout.article(article.slug)),
        "title": inline(article.title, article.direction),
        "summary": inline(article.summary, article.direction),
        "picture": replace(picture, url=local(picture.url)) if picture else None,
        "category": named(article.categories[0], article.direction)
        if category and article.categories
        else "",
        "iso": rfc3339(article.published),
        "date": site_date(article.published, site, ui.language),
    }
