"""A list of readers is taken in (L7), a chunk of rows in a transaction. Cut off anywhere, the same list again has the
same result: every row is judged by what is known of its reader, and changes nothing when it was taken before."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from publisher.actions import choices, erasing, unseen
from publisher.actions.house import House
from publisher.errors import BadInput
from publisher.model.people import Consent, Reach, Said, Subscriber, Wish
from publisher.store import articles, consents, people
from publisher.subscribers import lifecycle
from publisher.subscribers.imports import Row

CHUNK = 1000  # rows in one transaction, which is to be short: letters and unsubscribes wait for it
LISTED = 50_000  # rejected rows that are kept in memory; a report has all
_EVENTS = {Reach.BOUNCED: "bounce", Reach.COMPLAINED: "complain", Reach.SUPPRESSED: "suppress"}

Report = Callable[[Row, str, str], None]  # a row, what became of it, and why
Erased = Callable[[str], bool]  # whether the person with this key of an address was erased (L8)


@dataclass(slots=True)
class Imported:
    """What an import did; `rejected` are the first rows that were not taken, each with its line and reason."""

    rows: int = 0
    added: int = 0
    already: int = 0
    kept: int = 0  # unsubscribed or unreachable before, or erased: an import never lifts that
    gone: int = (
        0  # the list says that they left, or cannot be reached, and here too they are not mailed any more
    )
    refused: int = 0
    rejected: list[Row] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


class _Standing(NamedTuple):
    """What somebody is to the site: whether they can be reached, and their wish for each newsletter in question."""

    reach: Reach
    wishes: tuple[Wish | None, ...]


_STRANGER = Reach.REACHABLE


def import_rows(
    house: House,
    rows: Iterable[Row],
    newsletter: str | None,
    now: datetime,
    *,
    confirmed: bool,
    dry_run: bool,
    source: str = "list",
    report: Report = lambda *_: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Take in *rows*. *confirmed*: the operator vouches for the consent of those whom the list does not call gone.
    *dry_run* counts what would be done, and writes nothing. *source*: what the record of consent names."""
    run = _Run(
        house,
        [n.name for n in house.newsletter(newsletter)],
        confirmed,
        now,
        f"import {source}",
        erasing.known(house),
    )
    done, told = Imported(), _Told(report)
    standings: dict[int, int] | None = {} if dry_run else None
    kinds: list[_Standing] = []
    numbers = (
        {}
        if dry_run
        else house.store.write(lambda c: people.sync_newsletters(c, list(house.newsletters), now))
    )
    ids = {name: series.id for name, series in numbers.items()}
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        if standings is None:
            judged = house.store.write(partial(run.write, rows=chunk, ids=ids))
        else:
            judged = house.store.read(partial(run.look, rows=chunk, seen=standings, kinds=kinds))
        for row, became, why in judged:
            told.note(done, row, became, why)
        progress(done.rows)
    return done


class _Told:
    def __init__(self, report: Report) -> None:
        self._report = report

    def note(self, done: Imported, row: Row, became: str, why: str) -> None:
        done.rows += 1
        if became == "refused":
            done.refused += 1
            done.reasons[why.rpartition(": ")[2]] += 1
            if len(done.rejected) < LISTED:
                done.rejected.append(row if row.reason else row._replace(reason=why))
        else:
            setattr(done, became, getattr(done, became) + 1)
        self._report(row, became, why)


Judged = list[tuple[Row, str, str]]


@dataclass(frozen=True, slots=True)
class _Run:
    house: House
    names: Sequence[str]
    confirmed: bool
    now: datetime
    form: str
    erased: Erased

    def look(
        self, connection: Connection, *, rows: Sequence[Row], seen: dict[int, int], kinds: list[_Standing]
    ) -> Judged:
        """What would become of *rows*, after those that were *seen* (hashes of their keys, to save memory)."""
        good = [row.address.key for row in rows if row.address]
        known = people.known(connection, {key for key in good if hash(key) not in seen})
        series = people.known_newsletters(connection)
        before = self._standings(connection, known, {n: s.id for n, s in series.items()})
        standings = before | {key: kinds[seen[hash(key)]] for key in good if hash(key) in seen}
        judged = self._judge(rows, standings)
        for key in {row.address.key for row, became, _ in judged if row.address and became != "refused"}:
            standing = standings.get(key)
            if standing is not None:
                if standing not in kinds:
                    kinds.append(standing)
                seen[hash(key)] = kinds.index(standing)
        return judged

    def write(self, connection: Connection, *, rows: Sequence[Row], ids: Mapping[str, int]) -> Judged:
        """Take in *rows*."""
        texts = {
            row.address.key: row.address.text
            for row in reversed(rows)
            if row.address and not self.erased(row.address.key) and not self._refusal(row)
        }
        found = people.ensure(connection, texts, self.now)
        before = self._standings(connection, found, ids)
        after = dict(before)
        judged = self._judge(rows, after)
        self._set_reach(connection, found, before, after)
        self._set_wishes(connection, found, before, after, ids)
        self._set_rest(connection, judged, found)
        return judged

    def _standings(
        self, connection: Connection, found: Mapping[str, Subscriber], ids: Mapping[str, int]
    ) -> dict[str, _Standing]:
        readers = [person.id for person in found.values()]
        by_name = [
            people.wishes(connection, readers, ids[name]) if name in ids else {} for name in self.names
        ]
        return {
            key: _Standing(person.state, tuple(wishes.get(person.id) for wishes in by_name))
            for key, person in found.items()
        }

    def _refusal(self, row: Row) -> str:
        if row.address is None:
            return row.reason
        if row.wishes is not None and row.reach is Reach.REACHABLE and not set(row.wishes) & set(self.names):
            return (
                "no newsletter of this site in this row"
                if not row.wishes
                else "none of these newsletters is this site's"
            )
        return ""

    def _judge(self, rows: Sequence[Row], standings: dict[str, _Standing]) -> Judged:
        """What becomes of each row, in order; *standings* are moved on."""
        judged: Judged = []
        for row in rows:
            if why := self._refusal(row):
                judged.append((row, "refused", why))
                continue
            assert row.address
            key = row.address.key
            if self.erased(key):
                judged.append((row, "kept", "asked to be erased"))
                continue
            before = standings.get(key) or _Standing(_STRANGER, (None,) * len(self.names))
            standings[key], became, why = self._next(before, row)
            judged.append((row, became, why))
        return judged

    def _next(self, before: _Standing, row: Row) -> tuple[_Standing, str, str]:
        if row.reach is not Reach.REACHABLE:
            reach = lifecycle.reach(before.reach, _EVENTS[row.reach])
            if reach is before.reach:
                return before, "kept", f"{before.reach} already"
            return before._replace(reach=reach), "gone", f"{row.reach}, says the list"
        wishes = tuple(
            self._wish(before.reach, wish, row.wish if row.wishes is None else row.wishes.get(name))
            for name, wish in zip(self.names, before.wishes, strict=True)
        )
        return (before._replace(wishes=wishes), *_became(before, wishes))

    def _wish(self, reach: Reach, before: Wish | None, said: Wish | None) -> Wish | None:
        if said is None:
            return before
        if said is Wish.ENDED:
            return lifecycle.wish(before, "gone")
        event = "confirm" if self.confirmed and said is not Wish.PENDING else "ask"
        if not (reach is Reach.REACHABLE or (event == "ask" and lifecycle.may_ask(reach))):
            return before
        after = lifecycle.wish(before, event)
        if said is Wish.PAUSED and after is Wish.ACTIVE and before is not Wish.ACTIVE:
            return lifecycle.wish(after, "pause")
        return after

    def _set_reach(
        self,
        connection: Connection,
        found: Mapping[str, Subscriber],
        before: Mapping[str, _Standing],
        after: Mapping[str, _Standing],
    ) -> None:
        for key, standing in after.items():
            if standing.reach is not before[key].reach:
                people.set_reach(connection, found[key].id, standing.reach)

    def _set_wishes(
        self,
        connection: Connection,
        found: Mapping[str, Subscriber],
        before: Mapping[str, _Standing],
        after: Mapping[str, _Standing],
        ids: Mapping[str, int],
    ) -> None:
        vouched: list[Consent] = []
        for place, name in enumerate(self.names):
            new: dict[Wish, list[int]] = {}
            for key, standing in after.items():
                wish = standing.wishes[place]
                if wish and wish is not before[key].wishes[place]:
                    new.setdefault(wish, []).append(found[key].id)
            if not new:
                continue
            newest = articles.max_seq(connection)
            start = unseen.welcome(connection, self.house.newsletters[name], newest)
            put = partial(
                people.set_wishes,
                connection,
                newsletter=ids[name],
                source="imported",
                now=self.now,
                start=start,
            )
            for wish, readers in new.items():
                if wish is Wish.PAUSED:  # a pause is of something that began
                    put(readers, state=Wish.ACTIVE)
                put(readers, state=wish)
                if wish in (Wish.ACTIVE, Wish.PAUSED):
                    vouched += [Consent(one, ids[name], Said.VOUCHED, self.now, self.form) for one in readers]
        consents.note(connection, vouched)

    def _set_rest(self, connection: Connection, judged: Judged, found: Mapping[str, Subscriber]) -> None:
        """Languages, where nobody said one here, and what the list's own record of consent says of new readers."""
        fresh = [row for row, became, _ in judged if became == "added" and row.address]
        languages = {
            found[row.address.key].id: tag for row in fresh if row.address and (tag := _tag(row.language))
        }
        people.set_languages(connection, languages)
        said = (
            Consent(found[row.address.key].id, None, event, at, self.form, ip=ip)
            for row in fresh
            if row.address
            for event, at, ip in row.said
        )
        consents.note(connection, list(said))


def _became(before: _Standing, wishes: tuple[Wish | None, ...]) -> tuple[str, str]:
    """What became of a row whose reader is reachable, as far as the list knows, and why."""
    fresh = [new for new, old in zip(wishes, before.wishes, strict=True) if new is not old]
    if fresh:
        left = all(wish is Wish.ENDED for wish in fresh)
        return ("gone", "left, says the list") if left else ("added", "")
    if before.reach is not Reach.REACHABLE:
        return "kept", f"{before.reach} here"
    return ("kept", "unsubscribed here") if Wish.ENDED in wishes else ("already", "")


def _tag(text: str) -> str:
    try:
        return choices.language_tag(text) if text else ""
    except BadInput:
        return ""
