"""One letter, all rules."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from publisher.digests.lint import (
    on_bytes,
    on_direction,
    on_language,
    on_looks,
    on_markup,
    on_plain,
    on_reading,
    on_words,
)  # fmt: skip
from publisher.digests.lint.given import Given, authors
from publisher.digests.lint.view import View
from publisher.model.finding import Finding

_LEVELS = ("error", "warning", "note")


def check(given: Given) -> tuple[Finding, ...]:
    """What is wrong with a letter: errors first, each rule once, with its first place and the number of them. Never
    raises for what stands in it."""
    others = authors(given)
    found: list[Finding] = []
    view = View(given.content.html) if given.content.html else None
    if view:
        site = urlsplit(given.site.url)
        found += on_direction.check(view, given.content.direction)
        found += on_language.check(view, given, others)
        found += on_markup.check(view, site.netloc.lower(), https=site.scheme == "https")
        found += on_looks.check(view, given.content.html)
        found += on_reading.check(view)
    found += on_words.check(given, view, others)
    found += on_plain.check(given, "\n".join(block.text for block in view.seen) if view else "", others)
    if given.data:
        found += on_bytes.check(given)
    if any(map(on_direction.DOUBLED.search, given.authored)):  # their authors'
        found = [each for each in found if each.name != "doubled-marks"]
    return _folded(found)


def _folded(found: Iterable[Finding]) -> tuple[Finding, ...]:
    kept: dict[str, Finding] = {}
    for each in found:
        first = kept.get(each.name)
        kept[each.name] = replace(first, places=first.places + 1) if first else each
    return tuple(sorted(kept.values(), key=lambda each: _LEVELS.index(each.level)))


def count(found: Sequence[Finding], level: str) -> int:
    """How many rules are broken at *level*."""
    return sum(each.level == level for each in found)
