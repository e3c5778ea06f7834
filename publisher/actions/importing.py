"""A list of readers is taken in (L7), a chunk of rows in a transaction. Cut off anywhere, the same list again has the
same result: every row is judged by what is known of its reader, and changes nothing when it was taken before."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from itertools import islice

from sqlalchemy import Connection

from publisher.actions import choices, erasing, unseen
from publisher.actions.house import House
from publisher.errors import BadInput
from publisher.model.people import Consent, Reach, Said, Subscriber, Wish
from publisher.store import articles, consents, people, statistics
from publisher.store.people import Newcomer
from publisher.store.scratch import Scratch
from publisher.subscribers.fates import Fate, Rules, Standing
from publisher.subscribers.imports import Row

WINDOW = 20_000  # rows that are taken in the order of their addresses: each page of that index is written less often
CHUNK = 1000  # rows in one transaction, which is to be short: letters and unsubscribes wait for it
LISTED = 20_000  # rejected rows, and reasons, that are kept in memory; a report has all
_REASON = "not an e-mail address: "  # behind the address

Report = Callable[[Row, str, str], None]  # a row, what became of it, and why


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

    def count(self, rows: Sequence[Row], fates: Sequence[Fate]) -> None:
        """Add these *rows* and their *fates*."""
        self.rows += len(rows)
        for became, many in Counter(became for became, _ in fates).items():
            setattr(self, became, getattr(self, became) + many)
        for row, (became, why) in zip(rows, fates, strict=True):
            if became == "refused":
                self._refuse(row, why)

    def _refuse(self, row: Row, why: str) -> None:
        reason = why.partition(_REASON)[2] or why
        if reason in self.reasons or len(self.reasons) < LISTED:
            self.reasons[reason] += 1
        if len(self.rejected) < LISTED:
            self.rejected.append(row if row.reason else row._replace(reason=why))


def import_rows(
    house: House,
    rows: Iterable[Row],
    newsletter: str | None,
    now: datetime,
    *,
    confirmed: bool,
    dry_run: bool,
    source: str = "list",
    report: Report | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Imported:
    """Take in *rows*. *confirmed*: the operator vouches for the consent of those whom the list does not call gone.
    *dry_run* counts what would be done, and writes nothing. *source*: what the record of consent names.
    *report* hears of each row, in their order; *progress* how many are done, and how many were read."""
    names = [each.name for each in house.newsletter(newsletter)]
    if not dry_run:
        house.store.write(lambda c: people.sync_newsletters(c, list(house.newsletters), now))
    known = house.store.read(people.known_newsletters)
    ids = {name: series.id for name, series in known.items()}
    erased = erasing.Known(house)
    run = _Run(house, Rules(names, confirmed, erased), erased, ids, now, f"import {source}")
    done = Imported()
    rest, kinds = iter(rows), list[Standing]()
    with closing(Scratch()) as seen:

        def take(chunk: list[Row]) -> list[Fate]:
            if dry_run:
                return house.store.read(lambda c: run.look(c, chunk, seen, kinds))
            return house.store.write(lambda c: run.write(c, chunk))

        while window := list(islice(rest, WINDOW)):
            fates = _taken(window, take, partial(_on, progress, done.rows, len(window)))
            done.count(window, fates)
            if report:
                for row, fate in zip(window, fates, strict=True):
                    report(row, *fate)
    if not dry_run:
        house.store.write(statistics.of_readers)
    return done


def _taken(
    rows: list[Row], take: Callable[[list[Row]], list[Fate]], told: Callable[[int], None]
) -> list[Fate]:
    """What became of each of *rows*, which were taken in the order of their addresses."""
    fates: list[Fate] = [("", "")] * len(rows)
    keys = [_key(row) for row in rows]
    order = sorted(range(len(rows)), key=keys.__getitem__)
    for start in range(0, len(order), CHUNK):
        places = order[start : start + CHUNK]
        for place, fate in zip(places, take([rows[place] for place in places]), strict=True):
            fates[place] = fate
        told(start + len(places))
    return fates


def _on(progress: Callable[[int, int], None], before: int, rows: int, many: int) -> None:
    progress(before + many, before + rows)


def _key(row: Row) -> str:
    return row.address.key if row.address else ""


@dataclass(frozen=True, slots=True)
class _Run:
    house: House
    rules: Rules
    erased: erasing.Known
    ids: Mapping[str, int]  # of newsletters, by name; a dry run knows only those that were there
    now: datetime
    form: str
    starts: dict[tuple[str, int], int] = field(default_factory=dict)

    def look(
        self, connection: Connection, rows: Sequence[Row], seen: Scratch, kinds: list[Standing]
    ) -> list[Fate]:
        """What would become of *rows*, after those that were *seen*: a number of *kinds* by the hash of their keys."""
        fates = [self.rules.settled(row) for row in rows]
        keys = list(self._texts(rows, fates))
        before = seen.get([hash(key) for key in keys])
        known = people.known(connection, [key for key in keys if hash(key) not in before])
        standings = self._standings(connection, known)
        standings |= {key: kinds[before[hash(key)]] for key in keys if hash(key) in before}
        judged = self.rules.judge(rows, fates, standings)
        kinds += set(standings.values()) - set(kinds)
        numbers = {standing: number for number, standing in enumerate(kinds)}
        seen.put({hash(key): numbers[standing] for key, standing in standings.items()})
        return judged

    def write(self, connection: Connection, rows: Sequence[Row]) -> list[Fate]:
        """Take in *rows*."""
        self.erased.look_again()  # within the transaction: nobody is entered behind their erasure
        fates = [self.rules.settled(row) for row in rows]
        texts = self._texts(rows, fates)
        known = people.known(connection, texts)
        before = self._standings(connection, known)
        after = dict(before)
        judged = self.rules.judge(rows, fates, after)
        fresh = [(_key(row), row) for row, (became, _) in zip(rows, judged, strict=True) if became == "added"]
        tongues = {key: tag for key, row in fresh if (tag := _tag(row.language))}
        new = [Newcomer(k, texts[k], after[k].reach, tongues.get(k)) for k in texts if k not in known]
        ids = {key: person.id for key, person in known.items()} | people.enter(connection, new, self.now)
        self._set(connection, ids, before, after)
        people.set_languages(connection, {ids[key]: tag for key, tag in tongues.items() if key in known})
        said = [
            Consent(ids[key], None, event, at, self.form, ip=ip)
            for key, row in fresh
            for event, at, ip in row.said
        ]
        consents.note(connection, said)
        return judged

    def _texts(self, rows: Sequence[Row], fates: Sequence[Fate | None]) -> dict[str, str]:
        """The addresses in question by key, each as it is spelled first."""
        texts = dict[str, str]()
        for row, fate in zip(rows, fates, strict=True):
            if row.address and not fate:
                texts.setdefault(row.address.key, row.address.text)
        return texts

    def _standings(self, connection: Connection, known: Mapping[str, Subscriber]) -> dict[str, Standing]:
        if not known:
            return {}
        readers = [person.id for person in known.values()]
        by_name = [
            people.wishes(connection, readers, self.ids[name]) if name in self.ids else {}
            for name in self.rules.names
        ]
        return {
            key: Standing(person.state, tuple([wishes.get(person.id) for wishes in by_name]))
            for key, person in known.items()
        }

    def _set(
        self,
        connection: Connection,
        ids: Mapping[str, int],
        before: Mapping[str, Standing],
        after: Mapping[str, Standing],
    ) -> None:
        """Write what changed: of all whose change is the same by one statement."""
        moved = defaultdict[tuple[Standing | None, Standing], list[int]](list)
        for key, standing in after.items():
            moved[before.get(key), standing].append(ids[key])
        reached = defaultdict[Reach, list[int]](list)
        wished = defaultdict[tuple[str, Wish], list[int]](list)
        for (old, new), readers in moved.items():
            if old and new.reach is not old.reach:  # newcomers were entered with theirs
                reached[new.reach] += readers
            for place, (name, wish) in enumerate(zip(self.rules.names, new.wishes, strict=True)):
                if wish and not (old and wish is old.wishes[place]):
                    wished[name, wish] += readers
        for reach, readers in reached.items():
            people.set_reach_of_all(connection, readers, reach)
        for (name, wish), readers in wished.items():
            self._set_wish(connection, readers, name, wish)

    def _set_wish(self, connection: Connection, readers: Sequence[int], name: str, wish: Wish) -> None:
        put = partial(
            people.set_wishes,
            connection,
            readers,
            self.ids[name],
            source="imported",
            now=self.now,
            start=self._start(connection, name),
        )
        if wish is Wish.PAUSED:  # a pause is of something that began
            put(state=Wish.ACTIVE)
        put(state=wish)
        if wish in (Wish.ACTIVE, Wish.PAUSED):
            consents.note_all(connection, readers, self.ids[name], Said.VOUCHED, self.now, self.form)

    def _start(self, connection: Connection, name: str) -> int:
        newest = articles.max_seq(connection)
        if (name, newest) not in self.starts:
            self.starts[name, newest] = unseen.welcome(connection, self.house.newsletters[name], newest)
        return self.starts[name, newest]


@lru_cache(maxsize=256)
def _tag(text: str) -> str:
    try:
        return choices.language_tag(text) if text else ""
    except BadInput:
        return ""
