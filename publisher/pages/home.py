"""The home page: the newest articles, and the feeds for people who never saw one."""

from collections.abc import Sequence

from publisher.layout import Layout
from publisher.model.article import Article
from publisher.model.digest import Newsletter
from publisher.model.site import Site
from publisher.pages.frame import inline, local, page
from publisher.templating import Templates
from publisher.text.dates import rfc3339, site_date
from publisher.text.words import Words, words


def home_page(
    site: Site,
    layout: Layout,
    articles: Sequence[Article],
    templates: Templates,
    newsletters: Sequence[Newsletter] = (),
) -> bytes:
    """The page of *articles*, in the order given, in the site's language; UTF-8 (F25, R8). It leads to the pages of
    *newsletters*."""
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
        description=inline(site.description, site.direction),
        articles=[_teaser(article, site, layout, ui) for article in articles],
        newsletters=[
            {"path": local(layout.newsletter(each.name)), "title": inline(each.title, site.direction)}
            for each in newsletters
        ],
    )


def _teaser(article: Article, site: Site, layout: Layout, ui: Words) -> dict[str, object]:
    return {
        "lang": article.language,
        "dir": article.direction,
        "path": local(layout.article(article.slug)),
        "title": inline(article.title, article.direction),
        "summary": inline(article.summary, article.direction),
        "iso": rfc3339(article.published),
        "date": site_date(article.published, site, ui.language),
    }
