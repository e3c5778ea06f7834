"""Plan an edition: who gets which variant. Cut off anywhere, it goes on where it was (D7)."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from publisher.actions import correction, endings, hours, issues, openings, slots
from publisher.actions.cadence import rhythm
from publisher.actions.house import House
from publisher.actions.letters import archived_at
from publisher.actions.unseen import Unseen
from publisher.digests import compose
from publisher.digests.select import Selection
from publisher.mail import canary, settings
from publisher.model.digest import Content, Edition, Kind, Newsletter
from publisher.store import approvals, cadences, editions, people, planning, statistics, waves
from publisher.store.cadences import Cadence
from publisher.store.editions import Progress
from publisher.store.people import Series
from publisher.store.planning import Alike, Share, Turn

# Readers planned in one transaction, which is to be short: everybody else's commits wait for it. On a database for many
# letters leave meanwhile, and each of its steps is a way there and back.
CHUNK, SHARED_CHUNK = 1000, 2000

# What readers have in common who get the same: their watermark, language, categories, and whether they want text only.
_Group = tuple[int, str | None, tuple[str, ...], bool]


def plan(house: House, number: int, now: datetime) -> None:
    """Plan the rest of this edition, a chunk of readers at a time. One whose life is over, or whose newsletter left
    the configuration, is laid down where it is."""
    progress = house.store.read(lambda c: editions.progress(c, number))
    if progress is None or progress.complete:
        return
    series = house.store.read(people.known_newsletters)[progress.edition.newsletter]
    newsletter = house.newsletters.get(progress.edition.newsletter)
    if newsletter and progress.edition.expires > now and progress.edition.kind is Kind.CORRECTION:
        if not correction.plan(house, newsletter, progress, now):
            return
    elif newsletter and progress.edition.expires > now:
        house.store.write(statistics.of_readers)
        if progress.edition.kind is Kind.DIGEST:
            progress = _begun(house, newsletter, series, progress, now)
        _Plan(house.learnt(), newsletter, series, progress, now).run()
    opening = openings.fingerprint(progress.edition.opening) if progress.edition.opening else ""

    def finish(connection: Connection) -> None:
        if planning.finish(connection, number) and opening:
            people.said(connection, series.id, opening, now)

    house.store.write(finish)
    house.store.write(statistics.of_letters)


def _begun(
    house: House, newsletter: Newsletter, series: Series, progress: Progress, now: datetime
) -> Progress:
    """The edition before its first reader is planned: what nobody decided about before it is in it, and it begins
    with what the editor says now, since the editors looked at it for a while (D8)."""
    edition = progress.edition
    if progress.cadence:
        return progress
    endings.supersede(house, edition, _only(house, newsletter, edition))
    if newsletter.approve != "none" and slots.instant(edition):
        edition = with_opening(house, newsletter, series, edition, now)
        house.store.write(lambda c: approvals.open_with(c, edition.id, edition.opening))
    return replace(progress, edition=edition)


def _only(house: House, newsletter: Newsletter, edition: Edition) -> datetime | None:
    """The slot whose readers alone the edition is for; None where all are."""
    slot = slots.instant(edition) if newsletter.approve == "none" else None
    every = house.store.read(lambda c: cadences.of(c, newsletter.name))
    return slot if any(each.slot != slot for each in every) else None


def with_opening(
    house: House, newsletter: Newsletter, series: Series, edition: Edition, now: datetime
) -> Edition:
    """*edition* with what the editor says first as it stands *now*. Raises BadConfig where it cannot be read."""
    if edition.kind is not Kind.DIGEST:
        return edition
    return replace(edition, opening=openings.note(house, newsletter, series, now))


class _Plan:
    """One edition in the making."""

    def __init__(
        self, house: House, newsletter: Newsletter, series: Series, progress: Progress, now: datetime
    ) -> None:
        self._house, self._newsletter, self._series, self._now = house, newsletter, series, now
        self._progress, self._edition = progress, progress.edition
        self._unseen = Unseen(house, newsletter, series, progress.edition.upto_seq)
        self._variants: dict[_Group, int | None] = {}  # None: nothing new

    def run(self) -> None:
        """Everybody who is not planned yet."""
        slot = slots.instant(self._edition)
        # Where editors are asked all readers are due together, and perhaps later than the cadences know (D8).
        these = _only(self._house, self._newsletter, self._edition)
        waiting = self._house.store.read(lambda c: cadences.of(c, self._newsletter.name, these))
        if self._edition.kind is Kind.DIGEST and any(each.own for each in waiting):
            self._show()
        issues.open_page(self._house, self._edition)  # before anybody can have its address
        share = self._share()
        if share and not self._progress.cadence:
            self._house.store.write(lambda c: waves.hold_back(c, self._edition.id))
        for cadence in waiting:
            if cadence.id >= self._progress.cadence:
                after = self._progress.cursor if cadence.id == self._progress.cadence else 0
                self._readers_of(self._turn(cadence, slot, share), after)

    def _share(self) -> float:
        """The share of the letters that leave first (S9)."""
        wanted = settings.canary(self._house.mail)
        if not wanted:
            return 0.0
        most = canary.enough(wanted)
        return canary.share(wanted, self._house.store.read(lambda c: waves.readers(c, self._series.id, most)))

    def _turn(self, cadence: Cadence, slot: datetime | None, share: float) -> Turn:
        schedule, zone = rhythm(self._house, self._newsletter, cadence)
        day = slot.astimezone(zone).date().toordinal() if slot and schedule.kind != "cron" else 0
        leaves = hours.opening(self._newsletter, zone, self._edition.planned)
        return Turn(
            cadence.id,
            leaves,
            slots.life(self._house, self._newsletter, cadence, self._now),
            day,
            slot,
            share,
            settings.spread(self._house.mail) if slot else 0,
        )

    def _readers_of(self, turn: Turn, after: int) -> None:
        store = self._house.store
        limit = SHARED_CHUNK if store.database.shared else CHUNK
        readers = partial(planning.readers, cadence=turn.cadence, limit=limit, day=turn.day)
        with ThreadPoolExecutor(1, "readers") as beside:  # who comes next is read while a chunk is written
            coming = beside.submit(store.read, partial(readers, after=after))
            while (chunk := coming.result()).readers:
                after, more = chunk.last, chunk.readers == limit
                if more:
                    coming = beside.submit(store.read, partial(readers, after=after))
                planned = self._planned(chunk.groups)
                add = partial(planning.add_deliveries, turn=turn, planned=planned, cursor=after)
                store.write(partial(add, edition=self._edition))
                if not more:
                    return

    def _planned(self, groups: Sequence[Alike]) -> list[Share]:
        """What everybody in the chunk gets who has something new (D2), and had no letter of that day; variants are
        rendered where they are not stored yet (D6)."""
        planned = []
        for each in groups:
            if each.served:
                continue
            floor = self._edition.from_seq
            if floor is None:
                floor = self._unseen.floor(
                    each.seen_seq, each.letters, include_existing=self._progress.include_existing
                )
            group = (floor, each.language, each.categories, each.text_only)
            if group not in self._variants:
                self._variants[group] = self._of(group)
            if variant := self._variants[group]:
                planned.append(Share(variant, each.seen_seq, each.subscribers))
        return planned

    def _of(self, group: _Group) -> int | None:
        floor, language, categories, text_only = group
        selection = self._unseen(floor, language, categories)
        return self._variant(selection, language, text_only=text_only) if selection.items else None

    def _show(self) -> None:
        """The edition's page holds what is new since the last one that has a page, whoever reads it."""
        if self._progress.shown is not None:
            return
        last = self._house.store.read(lambda c: editions.last_shown(c, self._series.id))
        seen = self._series.baseline or 0 if last is None else last
        floor = 0 if last is None and self._progress.include_existing else seen
        selection = self._unseen(floor, None, ())
        if not selection.items:
            return
        day = slots.moment(self._edition).astimezone(self._house.site.timezone).date()
        name = self._house.store.write(lambda c: editions.call(c, self._edition.id, day.isoformat()))
        self._edition = replace(self._edition, name=name)
        variant = self._variant(selection, None, text_only=False)
        self._house.store.write(lambda c: editions.show(c, self._edition.id, variant))

    def _variant(self, selection: Selection, language: str | None, *, text_only: bool) -> int:
        edition, store = self._edition, self._house.store
        ids = [article.id for article in selection.items]
        spoken = compose.spoken(language, self._house.site.language)
        key = _key(spoken, selection.more, ids, text_only=text_only)
        found = store.read(lambda c: planning.find_variant(c, edition.id, key))
        if found:
            return found
        made = content(self._house, self._newsletter, edition, selection, spoken, text_only=text_only)
        return store.write(lambda c: planning.add_variant(c, edition.id, key, ids, made))


def _key(spoken: str, more: int, ids: Sequence[str], *, text_only: bool) -> str:
    """What a variant is found by: items, language and options ."""
    words = [spoken, str(more), "text" if text_only else "html", *ids]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def content(
    house: House,
    newsletter: Newsletter,
    edition: Edition,
    selection: Selection,
    spoken: str,
    *,
    text_only: bool,
) -> Content:
    """The letter of *selection* in this edition, for readers of the language *spoken*."""
    return compose.compose(
        house.site,
        newsletter,
        selection,
        house.layout,
        house.templates,
        slots.moment(edition),
        spoken,
        opening=edition.opening,
        text_only=text_only,
        archived=archived_at(house, edition.newsletter, edition.name),
    )
