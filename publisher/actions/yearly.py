"""Once a year readers are asked whether they still want it (L9): nothing tells us that they read."""

from collections.abc import Callable
from dataclasses import dataclass
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
ENDS = 20  # subscriptions that end in one: the letters of each that have not left are looked for
QUEUE = 1000  # questions that wait to be sent: others are written when these have left


def ask(house: House, now: datetime, stop: Callable[[], bool] = lambda: False) -> int:
    """Write to whoever said and changed nothing of a newsletter for a year, where it asks (`ask_yearly`), to so many
    at a time as leave before their letters are too old; end what nobody answered for, where the letter said so. In
    chunks: cut off, it goes on where it was. Returns how many were asked."""
    series, asked = house.store.read(people.known_newsletters), 0
    for name, newsletter in house.newsletters.items():
        if newsletter.ask_yearly == "no" or name not in series:
            continue
        number, after = series[name].id, 0
        letters = _Letters(house, newsletter, number, now)
        while not stop() and house.store.read(partial(outbox.waiting, kind="yearly")) < QUEUE:
            find = partial(joins.unanswered, newsletter=number, before=now - YEAR, after=after, limit=CHUNK)
            found = house.store.read(find)
            if not found:
                break
            asked, after = asked + letters.write(found), found[-1]
        if newsletter.ask_yearly == "end":
            _end(house, number, now, stop)
    return asked


class _Letters:
    """The letters about one newsletter, each made from one that is rendered once a language."""

    def __init__(self, house: House, newsletter: Newsletter, number: int, now: datetime) -> None:
        self._house, self._newsletter, self._number, self._now = house, newsletter, number, now
        self._made: dict[str, Content] = {}

    def write(self, readers: list[int]) -> int:
        """Ask those of these readers who are still to be asked; how many they were."""
        number, now, ends = self._number, self._now, self._newsletter.ask_yearly == "end"
        persons = [each for each in map(self._person, readers) if each]
        letters = {each.id: (each.address, self._letter(each)) for each in persons}
        find = partial(joins.unanswered, newsletter=number, before=now - YEAR, after=0, limit=CHUNK)

        def write(connection: Connection) -> int:
            still = find(connection, among=readers)
            for reader in still:
                address, letter = letters[reader]
                key = joins.question(reader, number, now, ends=ends)
                outbox.add(connection, "yearly", key, [address], letter, now, now + LETTER)
            joins.note_asked(connection, number, still, now)
            return len(still)

        return self._house.store.write(write)

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
    find = partial(joins.unanswered, newsletter=number, before=now - YEAR, limit=ENDS, asked=now - ANSWER)

    def end(connection: Connection, found: list[int]) -> None:
        for reader in find(connection, after=0, among=found):  # who did not answer meanwhile
            leave(connection, Claim(reader, number), now, "no answer to the yearly question")

    # They are looked for beside the writer: among a million readers that takes its time.
    after = 0
    while not stop() and (found := house.store.read(partial(find, after=after))):
        house.store.write(partial(end, found=found))
        after = found[-1]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom the link of a yearly question is about."""

    person: Subscriber
    newsletter: Newsletter
    number: int  # of the newsletter


def look(house: House, token: str) -> Asked | None:
    """The reader and newsletter of the link *token*; None for one that is not ours (H4), or of a newsletter that there
    is no more."""
    claim = house.keys.read("preferences", token)
    return house.store.read(partial(_look, house=house, claim=claim)) if claim else None


def _look(connection: Connection, house: House, claim: Claim) -> Asked | None:
    person = people.get(connection, claim.subscriber)
    names = {each.id: name for name, each in people.known_newsletters(connection).items()}
    newsletter = house.newsletters.get(names.get(claim.newsletter, ""))
    return Asked(person, newsletter, claim.newsletter) if person and newsletter else None


def keep(house: House, asked: Asked, now: datetime, *, wording: str, ip: str) -> bool:
    """This reader still wants it: said once a day is said. Returns whether there is a subscription to keep."""
    person, newsletter = asked.person.id, asked.number

    def write(connection: Connection) -> bool:
        if people.wishes(connection, [person], newsletter).get(person) not in (Wish.ACTIVE, Wish.PAUSED):
            return False
        if not consents.times(connection, person, newsletter, Said.WISHED_ON, now - timedelta(days=1)):
            said = Consent(person, newsletter, Said.WISHED_ON, now, "letter", wording, ip)
            consents.note(connection, [said])
        return True

    return house.store.write(write, urgent=True)
