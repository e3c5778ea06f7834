"""An article was wrong: its feed entries and its page say so, and a letter goes to those who were mailed it (D9)."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from publisher import layout
from publisher.actions.house import House
from publisher.actions.slots import LIFE_MOST
from publisher.digests import compose
from publisher.errors import BadInput
from publisher.model.article import Article
from publisher.model.digest import Edition, Kind, Newsletter
from publisher.store import approvals, articles, corrections, editions, people, planning
from publisher.store.corrections import Carrier, Reader
from publisher.store.editions import Progress
from publisher.store.planning import Share, Turn
from publisher.text.clean import tidy
from publisher.text.words import LANGUAGES, words

CHUNK = 500  # readers planned in one transaction
LONGEST = 10_000  # characters of a correction
SLICE = 5_000  # articles among which a short address is looked for at once


@dataclass(frozen=True, slots=True)
class Corrected:
    """The article as it is now, and the editions of its letters, one for each newsletter that carried it."""

    article: Article
    editions: tuple[int, ...]


def correct(house: House, wanted: str, text: str, now: datetime) -> Corrected:
    """Note with the article *wanted* (its id, path, slug or URL) what was wrong, in paragraphs of plain text, and start
    an edition for each newsletter that carried it. Raises BadInput where there is no such article, or no text."""
    note = _bare(tidy(text)[0].strip())
    if not note or len(note) > LONGEST:
        raise BadInput(
            "a correction needs words, at most 10,000 letters", "", "say what was wrong and what is right"
        )
    article = _find(house, wanted)
    carried = house.store.read(lambda c: _carried(c, house, article))

    def write(connection: Connection) -> tuple[int, ...]:
        number = corrections.add(connection, article, note, now)
        return tuple(
            editions.start(
                connection,
                newsletter,
                f"correct:{number}",
                planned=now,
                expires=now + LIFE_MOST,
                upto_seq=article.seq,
                kind=Kind.CORRECTION,
            )
            for newsletter in carried
        )

    return Corrected(article, house.store.write(write))


def _bare(note: str) -> str:
    """*note* without "Correction:" in one of our languages before it: pages, feeds and letters say that themselves."""
    for language in LANGUAGES:
        word = words(language).text("Correction")
        if found := re.match(rf"{re.escape(word)}\s*:\s*", note, re.IGNORECASE):
            return note[found.end() :]
    return note


def _find(house: House, wanted: str) -> Article:
    path = wanted.removeprefix("./").removeprefix(f"{house.articles.folder}/")
    try:
        slug = layout.place(wanted, house.site.url)
    except ValueError:
        slug = wanted
    word = _behind(house, wanted) or wanted
    article = house.store.read(lambda c: corrections.find(c, word, path, slug))
    if article is None:
        raise BadInput(
            f"no article is published that {wanted!r} means",
            "",
            "give its path in the article folder, its slug, URL or id; `nashir check` lists them",
        )
    return article


def _behind(house: House, wanted: str) -> str:
    """The id of the article whose short address (A16) *wanted* is; "" where it is none."""
    name = wanted.removesuffix(".html").rpartition(f"/{layout.PERMALINKS}/")[2]
    if f"/{layout.PERMALINKS}/" not in wanted or not name.isalnum():
        return ""
    path, after = f"{layout.PERMALINKS}/{name}.html", 0
    while some := house.store.read(partial(articles.standing, after=after, limit=SLICE)):
        for one in some:
            if layout.permalink_path(one.id) == path:
                return str(one.id)
        after = some[-1].seq
    return ""


def _carried(connection: Connection, house: House, article: Article) -> list[int]:
    known = people.known_newsletters(connection)
    numbers = [known[name].id for name in house.newsletters if name in known]
    return [number for number in numbers if corrections.carriers(connection, number, article)]


def plan(house: House, newsletter: Newsletter, progress: Progress, now: datetime) -> bool:
    """Plan the letters of a correction; whether that is done. Those who had the article are planned at once; while an
    edition that carried it is still leaving, its other readers are looked for again when it has left."""
    store, edition = house.store, progress.edition
    series = store.read(people.known_newsletters)[edition.newsletter].id
    article, note = store.read(lambda c: corrections.get(c, int(edition.slot.partition(":")[2])))
    carried = store.read(lambda c: corrections.carriers(c, series, article))
    told = store.read(lambda c: corrections.siblings(c, edition))
    leaving = store.read(lambda c: _leaving(c, carried, now))
    if leaving and progress.cadence:
        return False
    letters = _Letters(house, newsletter, edition, article, note)
    turn = Turn(progress.cadence, now, now + LIFE_MOST, 0)
    after = progress.cursor
    while chunk := store.read(
        partial(
            corrections.readers,
            newsletter=series,
            article=article,
            carried=carried,
            told=told,
            after=after,
            limit=CHUNK,
        )
    ):
        after = chunk[-1].subscriber
        planned = letters.planned(chunk)
        store.write(
            partial(planning.add_deliveries, edition=edition, turn=turn, planned=planned, cursor=after)
        )
    if leaving:
        store.write(lambda c: corrections.pass_again(c, edition.id))
    return not leaving


def _leaving(connection: Connection, carried: Sequence[Carrier], now: datetime) -> bool:
    # A letter lives at most three days from its planning, which is over when its edition's life is.
    alive = {each.edition for each in carried if each.expires + LIFE_MOST > now}
    return any(approvals.has_unsent(connection, edition) for edition in sorted(alive))


class _Letters:
    """The variants of a correction, each made when its first reader comes."""

    def __init__(
        self, house: House, newsletter: Newsletter, edition: Edition, article: Article, note: str
    ) -> None:
        self._house, self._newsletter, self._edition = house.learnt(), newsletter, edition
        self._article, self._note = article, note
        self._made: dict[tuple[str, bool], int] = {}

    def planned(self, readers: Sequence[Reader]) -> list[Share]:
        """The letters of those who had the article and get no other letter of it."""
        found = defaultdict[tuple[int, int], list[int]](list)
        for each in readers:
            if each.wants:
                variant = self._variant(each.language, text_only=each.text_only)
                found[variant, each.seen_seq].append(each.subscriber)
        return [Share(*alike, json.dumps(theirs)) for alike, theirs in found.items()]

    def _variant(self, language: str | None, *, text_only: bool) -> int:
        house, edition = self._house, self._edition
        spoken = compose.spoken(language, house.site.language)
        if (spoken, text_only) in self._made:
            return self._made[spoken, text_only]
        content = compose.correction(
            house.site,
            self._newsletter,
            self._article,
            self._note,
            house.layout,
            house.templates,
            edition.planned,
            spoken,
            text_only=text_only,
        )
        key, ids = f"{spoken} {'text' if text_only else 'html'}", [self._article.id]
        variant = house.store.write(lambda c: planning.add_variant(c, edition.id, key, ids, content))
        return self._made.setdefault((spoken, text_only), variant)
