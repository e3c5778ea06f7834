"""The labels of an article, and the key that all spellings of one have in common (A8)."""

from collections.abc import Iterable
from functools import lru_cache

from publisher.model.feed import Label
from publisher.text.fold import fold
from publisher.text.language import feed_tag


def of(categories: Iterable[str], authors: Iterable[str], language: str) -> tuple[Label, ...]:
    """The labels of a published article."""
    words = [Label("category", word) for word in categories]
    return (*words, *(Label("author", name) for name in authors), Label("language", language))


@lru_cache(maxsize=10_000)
def key(label: Label) -> str:
    """Its kind and its word, folded; of a language what feeds write."""
    kind, word = label
    return f"{kind}:{feed_tag(word) if kind == 'language' else fold(word)}"
