"""What goes into an edition (D1, D2, D6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.model.article import Article
from publisher.model.digest import Newsletter


@dataclass(frozen=True, slots=True)
class Selection:
    """The items of a letter, newest first, and how many more there would have been."""

    items: tuple[Article, ...]
    more: int


def select(newsletter: Newsletter, articles: Sequence[Article]) -> Selection:
    """The items of *articles*, those one reader has not had yet, that *newsletter* takes: `digest: false` and other
    categories left out, the newest by date first, at most `max_items`. No items: no letter."""
    wanted = set(newsletter.categories)
    fitting = [one for one in articles if one.digest and (not wanted or wanted.intersection(one.categories))]
    fitting.sort(key=lambda one: (one.published, one.seq), reverse=True)
    return Selection(tuple(fitting[: newsletter.max_items]), max(0, len(fitting) - newsletter.max_items))
