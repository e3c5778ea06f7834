"""The pages of editions: what was mailed, for ever. A page is there before the first letter of its edition leaves,
and is made again only for another theme, or another edition beside it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Connection

from publisher import layout
from publisher.actions import compressed, icon, slots
from publisher.actions.house import House
from publisher.feeds import files
from publisher.model.digest import Edition, Issue
from publisher.pages.edition import edition_page
from publisher.store import issues
from publisher.store.issues import Place, Printed
from publisher.store.tables import OUTDATED
from publisher.text.direction import RLM, of_tag
from publisher.text.excerpt import excerpt
from publisher.text.language import detect, prose

AHEAD = 200  # pages in memory at once
SUMMARY = 300  # grapheme clusters


def issue(house: House, printed: Printed) -> Issue:
    """The edition that was *printed*, as its page and its entry in a feed show it."""
    place, told = printed.place, printed.told
    pieces = told.pieces
    summary = pieces[0].excerpt if len(pieces) == 1 else " · ".join(piece.title for piece in pieces)
    subject = printed.subject.removeprefix(RLM)
    language = detect(prose(subject), printed.language)
    return Issue(
        layout.edition_id(house.site.id, printed.newsletter, place.slot),
        place.id,
        printed.newsletter,
        place.name,
        subject,
        excerpt(summary, SUMMARY),
        language,
        printed.direction if language == printed.language else of_tag(language),
        printed.language,
        printed.direction,
        slots.dated(place.slot, place.planned),
        told,
    )


def open_page(house: House, edition: Edition) -> None:
    """Put the page of this edition there, if it may leave and has none: before its first letter is planned. Raises
    BadConfig, Unwritable."""
    if not house.store.read(partial(issues.waiting, edition=edition.id)):
        return
    house, fingerprint = icon.known(house), OUTDATED
    if house.pages.enabled:
        fingerprint = house.theme
        compressed.mark(house)
        made = list(_pages(house, [edition.id]))
        files.put_many(house.out, made)
        compressed.beside(house, [path for path, _ in made])
    house.store.write(partial(issues.made, ids=[edition.id], fingerprint=fingerprint))


def write(house: House, fingerprint: str, written: list[str], *, limit: int | None) -> bool:
    """Bring the pages of editions up to the store, at most *limit* of them; *fingerprint* is what every page depends
    on. Adds to *written* what was written and removed; returns whether others wait."""
    _withdraw(house, written)
    if not house.pages.enabled:
        _take_away(house, written)
        return False
    left = limit
    while left is None or left > 0:
        many = AHEAD if left is None else min(left, AHEAD)
        ids = house.store.read(partial(issues.stale, fingerprint=fingerprint, limit=many))
        if not ids:
            return False
        compressed.mark(house)
        seen = house.store.read(issues.summary)
        written += files.put_many(house.out, _pages(house, ids))
        house.store.write(partial(_made, ids=ids, fingerprint=fingerprint, seen=seen))
        left = None if left is None else left - len(ids)
    return bool(house.store.read(partial(issues.stale, fingerprint=fingerprint, limit=1)))


def look_for_lost(house: House) -> None:
    """Note editions whose pages somebody deleted from the output."""
    if not house.pages.enabled:
        return
    for newsletter in house.store.read(issues.summary):
        public = house.store.read(partial(issues.public, newsletter=newsletter))
        lost = [
            each.id
            for each in public
            if not (house.out / layout.edition_path(newsletter, each.name)).is_file()
        ]
        if lost:
            house.store.write(partial(issues.outdate, ids=lost))


def _take_away(house: House, written: list[str]) -> None:
    """The site has no pages: its editions keep their places in the feeds."""
    while ids := house.store.read(partial(issues.stale, fingerprint=OUTDATED, limit=AHEAD)):
        printed = house.store.read(partial(issues.printed, ids=ids))
        paths = [layout.edition_path(each.newsletter, each.place.name) for each in printed]
        written += [path for path in paths if files.remove(house.out, path)]
        house.store.write(partial(issues.made, ids=ids, fingerprint=OUTDATED))


def _made(
    connection: Connection, ids: Sequence[int], fingerprint: str, seen: dict[str, tuple[int, int]]
) -> None:
    """These pages are made, for the editions that were *seen*: one that was planned meanwhile stands beside one of
    them."""
    same = seen == issues.summary(connection)
    issues.made(connection, ids, fingerprint if same else OUTDATED)


def _pages(house: House, ids: Sequence[int]) -> Iterator[tuple[str, bytes]]:
    known: dict[str, list[Place]] = {}
    for printed in house.store.read(partial(issues.printed, ids=ids)):
        name = printed.newsletter
        if name not in known:
            known[name] = house.store.read(partial(issues.public, newsletter=name))
        before, after = _beside(known[name], printed.place)
        page = edition_page(
            house.site, house.layout, issue(house, printed), house.templates, before=before, after=after
        )
        yield layout.edition_path(name, printed.place.name), page


def _beside(public: Sequence[Place], place: Place) -> tuple[str, str]:
    """The names of the editions before and after the one at *place*."""
    at = bisect_left(public, place.id, key=lambda each: each.id)
    rest = [each for each in public[at : at + 2] if each.id != place.id]
    return public[at - 1].name if at else "", rest[0].name if rest else ""


def _withdraw(house: House, written: list[str]) -> None:
    """Remove the pages of editions that were cancelled before a letter left."""
    for newsletter, place in house.store.read(issues.cancelled):
        if place.id in house.memory.kept:
            continue
        if house.store.read(partial(issues.has_left, edition=place.id)):
            house.memory.kept.add(place.id)
            continue
        path = layout.edition_path(newsletter, place.name)
        if files.remove(house.out, path):
            written.append(path)
        house.store.write(partial(issues.withdrawn, edition=place.id))
