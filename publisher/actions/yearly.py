"""Once a year readers are asked whether they still want it (L9): nothing tells us that they read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from publisher.actions.house import House
from publisher.actions.leaving import leave
from publisher.digests import notices
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content, Newsletter
from publisher.model.people import Consent, Said, Subscriber, Wish
from publisher.store import consents, joins, people
from publisher.store import notices as outbox
from publisher.subscribers.tokens import Claim

YEAR = timedelta(days=365)
ANSWER = timedelta(days=30)  # in which an answer is waited for, where it ends without one
LETTER = timedelta(days=3)
CHUNK = 100  # readers in one transaction


def ask(house: House, now: datetime, stop: Callable[[], bool] = lambda: False) -> int:
    """Write to whoever said and changed nothing of a newsletter for a year, where it asks (`ask_yearly`); end what
    nobody answered for, where it is to end so. In chunks: cut off, it goes on where it was. Returns how many were
    asked."""
    series, asked = house.store.read(people.known_newsletters), 0
    for name, newsletter in house.newsletters.items():
        if newsletter.ask_yearly == "no" or name not in series:
            continue
        number, after = series[name].id, 0
        letters = _Letters(house, newsletter, number, now)
        while not stop():
            find = partial(joins.unanswered, newsletter=number, before=now - YEAR, after=after, limit=CHUNK)
            found = house.store.read(find)
            if not found:
                break
            letters.write(found)
            asked, after = asked + len(found), found[-1]
        if newsletter.ask_yearly == "end":
            _end(house, number, now, stop)
    return asked


class _Letters:
    """The letters about one newsletter, each made from one that is rendered once a language."""

    def __init__(self, house: House, newsletter: Newsletter, number: int, now: datetime) -> None:
        self._house, self._newsletter, self._number, self._now = house, newsletter, number, now
        self._made: dict[str, Content] = {}

    def write(self, readers: list[int]) -> None:
        """Ask these readers."""
        persons = [each for each in map(self._person, readers) if each]
        letters = [(each, self._letter(each)) for each in persons]

        def write(connection: Connection) -> None:
            for person, letter in letters:
                key = joins.key(person.id, f"{self._number}:{self._now.date()}")
                until = self._now + LETTER
                outbox.add(connection, "yearly", key, [person.address], letter, self._now, until)
            joins.note_asked(connection, self._number, readers, self._now)

        self._house.store.write(write)

    def _person(self, number: int) -> Subscriber | None:
        return self._house.store.read(lambda c: people.get(c, number))

    def _letter(self, person: Subscriber) -> Content:
        house, wish = self._house, Claim(person.id, self._number)
        mine = house.keys.sign("preferences", wish)
        return self._blank(person.language or house.site.language).filled(
            {
                _STILL: house.layout.still(mine),
                PREFERENCES_SLOT: house.layout.preferences(mine),
                UNSUBSCRIBE_SLOT: house.layout.unsubscribe(house.keys.sign("unsubscribe", wish)),
            }
        )

    def _blank(self, language: str) -> Content:
        if language not in self._made:
            self._made[language] = notices.yearly(
                self._house.learnt(anew=False).site,
                self._newsletter,
                self._house.layout,
                self._house.templates,
                language,
                still_url=_STILL,
                ends=self._now + ANSWER if self._newsletter.ask_yearly == "end" else None,
            )
        return self._made[language]


_STILL = "\ufdd0still\ufdd1"


def _end(house: House, number: int, now: datetime, stop: Callable[[], bool]) -> None:
    def end(connection: Connection) -> int:
        find = partial(joins.unanswered, newsletter=number, before=now - YEAR, after=0, limit=CHUNK)
        found = find(connection, asked=now - ANSWER)
        for reader in found:
            leave(connection, Claim(reader, number), now, "no answer to the yearly question")
        return len(found)

    while not stop() and house.store.write(end) == CHUNK:
        pass


def keep(house: House, person: int, newsletter: int, now: datetime, *, wording: str, ip: str) -> bool:
    """This reader still wants it: said once a day is said. Returns whether there is a subscription to keep."""

    def write(connection: Connection) -> bool:
        if people.wishes(connection, [person], newsletter).get(person) not in (Wish.ACTIVE, Wish.PAUSED):
            return False
        today = [
            each
            for each in consents.of(connection, person)
            if each.event is Said.WISHED_ON and each.newsletter == newsletter and now - each.at < timedelta(1)
        ]
        if not today:
            said = Consent(person, newsletter, Said.WISHED_ON, now, "letter", wording, ip)
            consents.note(connection, [said])
        return True

    return house.store.write(write, urgent=True)
