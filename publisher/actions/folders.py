"""Where the lists and feeds of labels stand: each has its folder for ever, from before the first link to it."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from publisher import layout
from publisher.actions.house import House
from publisher.articles.slugs import slug
from publisher.model.article import Article
from publisher.model.feed import Label
from publisher.store import feeds, keys, lists
from publisher.store.labels import chunks

_SHARE = 100  # folders given in one transaction


def wanted(key: str, word: str) -> str:
    """The folder that the label with this *key*, shown as *word*, would have by itself."""
    kind, _, rest = key.partition(":")
    return layout.feed_folder(kind, slug(rest if kind == "language" else word) or "-")


def of_labels(house: House, labels: Iterable[Label]) -> Mapping[Label, str]:
    """The folder of each of these labels of published articles; who has none yet is given one."""
    by_label = {label: keys.key(label) for label in labels}
    found = house.store.read(lambda c: feeds.folders(c, set(by_label.values())))
    new = {key: label.word for label, key in by_label.items() if key not in found}
    for some in chunks(sorted(new), _SHARE):
        found |= house.store.write(lambda c, some=some: _place(c, {key: new[key] for key in some}))  # type: ignore[misc]
    return {label: found[key] for label, key in by_label.items()}


def of_articles(house: House, articles: Sequence[Article]) -> list[tuple[str, ...]]:
    """The folders of the labels of each of *articles*: of its categories, its authors, its language, in their order."""
    its = [keys.of(each.categories, each.authors, each.language) for each in articles]
    found = of_labels(house, {label for labels in its for label in labels})
    return [tuple(found[label] for label in labels) for labels in its]


def _place(connection: Connection, words: Mapping[str, str]) -> dict[str, str]:
    return {key: feeds.place(connection, key, wanted(key, word)) for key, word in words.items()}


def of_lists(house: House) -> dict[str, dict[str, list[str]]]:
    """The pages on disk that list articles, by the list's key and month."""
    standing = house.store.read(lists.standing)
    found = house.store.read(lambda c: feeds.folders(c, [key for key in standing if key]))
    return {
        key: {
            month: list_pages(found[key] if key else layout.ARCHIVE, month, count)
            for month, count in months.items()
        }
        for key, months in standing.items()
    }


def list_pages(folder: str, month: str, count: int) -> list[str]:
    """The files of a month with so many pages: the newest, and the parts of its older articles."""
    return [layout.list_path(folder, month, part) for part in range(count)]
