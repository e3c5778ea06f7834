"""Plan editions: what is due becomes variants and ledger rows. Cut off anywhere, it goes on where it was (D7)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from publisher.actions.house import House
from publisher.digests import compose, due, select
from publisher.digests.select import Family, Selection
from publisher.model.article import Article
from publisher.model.digest import Newsletter
from publisher.store import articles, editions, people, translations
from publisher.store.editions import Progress, Reader
from publisher.store.people import Series
from publisher.text.dates import rfc3339

CHUNK = 500  # readers planned in one transaction
LIFE_LEAST, LIFE_MOST = timedelta(hours=24), timedelta(hours=72)


def due_editions(house: House, newsletters: Sequence[Newsletter], now: datetime) -> list[int]:
    """Start the editions whose slot has come: each newsletter's newest slot, unless it is older than the
    newsletter, later than `max_lateness`, or was there already (D5, D7). Returns those that need planning."""
    known = house.store.read(people.known_newsletters)
    for newsletter in newsletters:
        series = known.get(newsletter.name)
        slot = due.latest(due.parse(newsletter.schedule), house.site.timezone, now)
        if series is None or series.baseline is None or slot is None or slot <= series.created:
            continue
        if now - slot > timedelta(seconds=newsletter.max_lateness):
            continue
        last = house.store.read(lambda c, number=series.id: editions.latest_slot(c, number))  # type: ignore[misc]
        if last is None or rfc3339(slot) > last:
            _start(house, newsletter, series, rfc3339(slot), now)
    return [each.edition.id for each in house.store.read(editions.unfinished)]


def edition_now(house: House, newsletter: Newsletter, now: datetime, *, include_existing: bool) -> int | None:
    """Start an edition out of turn for everybody who has unseen items; None when nobody has any."""
    series = house.store.read(people.known_newsletters)[newsletter.name]
    if series.baseline is None:  # the first scan has not ended: nobody knows what is archive
        return None
    upto = house.store.read(articles.max_seq)
    floors = house.store.read(lambda c: editions.floors(c, series.id))
    wanted = {_floor(seen, letters, series, include_existing=include_existing) for seen, letters in floors}
    if not any(select_unseen(house, newsletter, floor, upto).items for floor in wanted):
        return None
    return _start(house, newsletter, series, f"now:{now.isoformat()}", now, include_existing=include_existing)


def _start(
    house: House,
    newsletter: Newsletter,
    series: Series,
    slot: str,
    now: datetime,
    *,
    include_existing: bool = False,
) -> int:
    following = due.following(due.parse(newsletter.schedule), house.site.timezone, now)
    expires = min(max(following, now + LIFE_LEAST), now + LIFE_MOST)
    return house.store.write(
        lambda c: editions.start(
            c,
            series.id,
            slot,
            planned=now,
            expires=expires,
            upto_seq=articles.max_seq(c),
            include_existing=include_existing,
        )
    )


def plan(house: House, number: int) -> None:
    """Plan the rest of this edition, a chunk of readers at a time."""
    house = house.learnt()
    progress = house.store.read(lambda c: editions.progress(c, number))
    newsletter = house.newsletters.get(progress.edition.newsletter)
    series = house.store.read(people.known_newsletters)[progress.edition.newsletter]
    cursor = progress.cursor
    # By the newest article a reader has had, and their language; None: nothing new.
    variants: dict[tuple[int, str | None], int | None] = {}
    while newsletter and not progress.complete:
        readers = house.store.read(lambda c, after=cursor: editions.readers(c, series.id, after, CHUNK))  # type: ignore[misc]
        if not readers:
            break
        cursor = readers[-1].subscriber
        planned = _variants(house, newsletter, series, progress, readers, variants)
        house.store.write(
            lambda c, rows=planned, to=cursor: editions.add_deliveries(c, progress.edition, rows, to)  # type: ignore[misc]
        )
    house.store.write(lambda c: editions.finish(c, number))


def _variants(
    house: House,
    newsletter: Newsletter,
    series: Series,
    progress: Progress,
    readers: Sequence[Reader],
    variants: dict[tuple[int, str | None], int | None],
) -> list[tuple[int, int]]:
    """(subscriber, variant) of everybody in the chunk who has something new (D2); variants are rendered where
    they are not stored yet (D6), and noted in *variants*."""
    edition = progress.edition
    planned = []
    for reader in readers:
        floor = _floor(reader.seen_seq, reader.letters, series, include_existing=progress.include_existing)
        group = (floor, reader.language)
        if group not in variants:
            selection = select_unseen(house, newsletter, floor, edition.upto_seq, reader.language)
            variants[group] = (
                _variant(house, newsletter, progress, selection, reader.language) if selection.items else None
            )
        if variant := variants[group]:
            planned.append((reader.subscriber, variant))
    return planned


def _floor(seen: int, letters: int, series: Series, *, include_existing: bool) -> int:
    """The newest article this reader has had: what they have seen, and never the archive (D3) unless it is asked
    for and they never had a letter."""
    return 0 if include_existing and not letters else max(seen, series.baseline or 0)


def select_unseen(
    house: House, newsletter: Newsletter, floor: int, upto: int, language: str | None = None
) -> Selection:
    """What *newsletter* has for a reader of *language* who has had the articles up to *floor*."""

    def read(connection: Connection) -> tuple[list[Article], dict[str, Family]]:
        unseen = articles.between(connection, floor, upto)
        groups = translations.families(connection, [article.id for article in unseen])
        wanted = {each for ids in groups.values() for each in ids}
        every = {one.id: one for one in articles.some(connection, wanted)}
        return unseen, {one: tuple(every[each] for each in ids) for one, ids in groups.items()}

    unseen, families = house.store.read(read)
    return select.select(newsletter, unseen, families, floor=floor, languages=(language, house.site.language))


def _variant(
    house: House, newsletter: Newsletter, progress: Progress, selection: Selection, language: str | None
) -> int:
    edition = progress.edition
    ids = [article.id for article in selection.items]
    spoken = compose.spoken(language, house.site.language)
    key = hashlib.sha256("\n".join([spoken, str(selection.more), *ids]).encode()).hexdigest()
    found = house.store.read(lambda c: editions.find_variant(c, edition.id, key))
    if found:
        return found
    content = compose.compose(
        house.site, newsletter, selection, house.layout, house.templates, edition.planned, spoken
    )
    return house.store.write(lambda c: editions.add_variant(c, edition.id, key, ids, content))
