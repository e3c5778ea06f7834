"""What goes into an edition (D1, D2, D6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from publisher.model.article import Article, Placed, standing
from publisher.model.digest import Newsletter
from publisher.text.fold import fold


class Item(Placed, Protocol):
    """What decides whether an article is in a letter, and where."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def categories(self) -> tuple[str, ...]: ...
    @property
    def digest(self) -> bool: ...


T = TypeVar("T", bound=Item)


@dataclass(frozen=True, slots=True)
class Selection:
    """The items of a letter, in its order, and how many more there would have been."""

    items: tuple[Article, ...]
    more: int


def select(
    newsletter: Newsletter,
    articles: Sequence[T],
    families: Mapping[str, tuple[T, ...]] | None = None,
    *,
    floor: int = 0,
    languages: Sequence[str | None] = (),
    categories: Sequence[str] = (),
) -> tuple[list[T], int]:
    """The items of *articles*, those one reader has not had yet, that *newsletter* takes: `digest: false` and other
    categories left out, those too that are not among the reader's own *categories*; of several with one headline the
    first; the first `max_items` in the order of `standing`, shown in that of the newsletter, and how many more there
    would have been. No items: no letter.

    *families* are those of the articles that have translations (by id): the article and its translations, as they
    were published one after the other (A17). Of each the letter holds one: in the reader's
    language, the first of *languages* (None: not known), whatever its categories; else, of those the newsletter
    takes, in the next language of them; else the oldest. It holds none of a family of which the newsletter took one
    up to *floor*, the newest article that the reader has had.
    """
    families = families or {}
    unseen = {article.id for article in articles}
    fits = Takes(newsletter, categories)
    chosen = [article for article in articles if article.id not in families and fits(article)]
    related = [families[one.id] for one in articles if one.id in families]
    for family in {each[0].id: each for each in related}.values():
        fitting = [article for article in family if fits(article)]
        new = [article for article in fitting if article.id in unseen]
        if new and fitting[0].seq > floor:
            mailed = [article for article in family if article.digest and article.id in unseen]
            chosen.append(_version(mailed, new, languages))
    chosen.sort(key=standing)
    # The wire sends the same headline again and again: the newest stands for the others.
    items = list({(fold(one.title), one.language): one for one in reversed(chosen)}.values())[::-1]
    shown = items[: newsletter.max_items]
    if newsletter.order == "oldest":
        shown.sort(key=lambda one: (not one.pin, one.weight == 0, one.weight, one.published, one.seq))
    return shown, len(items) - len(shown)


class Takes:
    """Whether a newsletter takes an article, and a reader of it who chose *categories*."""

    def __init__(self, newsletter: Newsletter, categories: Sequence[str] = ()) -> None:
        wanted = (frozenset(map(fold, words)) for words in (newsletter.categories, categories))
        self._wanted = [each for each in wanted if each]
        self._known: dict[tuple[str, ...], bool] = {}  # articles with the same categories are many

    def __call__(self, article: Item) -> bool:
        if not article.digest or not self._wanted:
            return article.digest
        if article.categories not in self._known:
            labels = frozenset(map(fold, article.categories))
            self._known[article.categories] = all(not each.isdisjoint(labels) for each in self._wanted)
        return self._known[article.categories]


def _version(mailed: Sequence[T], fitting: Sequence[T], languages: Sequence[str | None]) -> T:
    own = [one for tag in languages[:1] for one in _in(tag, mailed)]
    return (*own, *(one for tag in languages[1:] for one in _in(tag, fitting)), *fitting)[0]


def _in(tag: str | None, articles: Sequence[T]) -> list[T]:
    """Those in the language *tag*, or in the same one of another script or region."""
    same = [one for one in articles if tag and one.language.partition("-")[0] == tag.partition("-")[0]]
    return sorted(same, key=lambda one: one.language != tag)
