"""What an article's outputs say of other articles: its versions in other languages (A17)."""

from collections.abc import Mapping, Sequence

from publisher.actions.house import House
from publisher.model.article import Article, Version
from publisher.store import translations

Versions = Mapping[str, tuple[Version, ...]]  # of articles, by id


def versions(house: House, articles: Sequence[Article]) -> Versions:
    """For each of *articles* that is there in several languages (by id): all of them, the site's language first."""
    found = house.store.read(lambda c: translations.siblings(c, [article.id for article in articles]))
    return {
        article: tuple(
            Version(one.language, house.layout.article(one.slug))
            for one in sorted(group, key=lambda one: one.language != house.site.language)
        )
        for article, group in found.items()
    }
