"""Somebody asks for letters, and says yes when they are asked back (L2-L5). Nobody is told whom we know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from sqlalchemy import Connection

from publisher.actions import choices, erasing, own, unseen
from publisher.actions.house import House
from publisher.digests import notices
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content
from publisher.model.people import GETS, Consent, Reach, Said, Subscriber, Wish
from publisher.store import articles, consents, joins, people
from publisher.store import choices as chosen
from publisher.store import notices as outbox
from publisher.subscribers import addresses, lifecycle
from publisher.subscribers.addresses import Address
from publisher.subscribers.tokens import Claim

CHUNK = 200  # rows in one transaction of a sweep
LETTER = timedelta(days=2)  # in which these letters are worth sending
_SLOT = "\ufdd0confirm\ufdd1"  # where the URL goes that is known once the ask is written down


@dataclass(frozen=True, slots=True)
class Ask:
    """What a form says, or who adds a reader. No newsletters: who it is wants the ways to their own pages (L5)."""

    address: Address
    newsletters: tuple[str, ...]  # names
    language: str  # of letters, BCP 47; "": the site's
    form: str  # "page", "embedded", "operator", "api shop"
    wording: str = ""  # what they read there
    ip: str = ""
    blind: bool = True  # who asks is not told whom we know: who is subscribed already gets a letter, too


Letter = Literal["", "capped", "confirm", "links"]  # none is needed, or wanted; none may be written now (L3)


@dataclass(frozen=True, slots=True)
class _Plan:
    letter: Letter = ""
    person: Subscriber | None = None
    wanted: tuple[str, ...] = ()  # the newsletters that the letter asks about


def ask(house: House, asked: Ask, now: datetime) -> Letter:
    """Do what a form asks for, within the caps (L3): write down what is wanted and a letter with a link that begins it;
    to who has it already one with the ways to their pages; to who never wants mail of us nothing. Returns the letter's
    kind, which is nobody's business who asked by a form."""
    decided = house.store.read(partial(_decide, house=house, asked=asked, now=now))
    if decided.letter in ("", "capped"):
        return decided.letter
    content = (
        _confirm(house, asked, decided) if decided.letter == "confirm" else _links(house, asked, decided, now)
    )

    def write(connection: Connection) -> Letter:
        if not asked.blind:
            erasing.refuse(house, asked.address)
        again = _decide(connection, house=house, asked=asked, now=now)
        if again != decided:  # somebody was quicker
            return "capped" if again.letter == "capped" else ""
        if decided.letter == "links":
            assert decided.person
            own.post(connection, decided.person, content, now)
            return "links"
        person, number = _note(connection, house, asked, decided, now)
        url = house.layout.confirmation(house.keys.sign("confirm", Claim(person.id, number)))
        letter, key = content.filled({_SLOT: url}), joins.key(person.id, number)
        outbox.add(connection, "confirm", key, [person.address], letter, now, now + LETTER)
        return "confirm"

    return house.store.write(write)


def _decide(connection: Connection, house: House, asked: Ask, now: datetime) -> _Plan:
    person = people.find(connection, asked.address.key)
    if person is None:
        return _Plan("confirm", None, asked.newsletters) if asked.newsletters else _Plan()
    if not lifecycle.may_ask(person.state):
        return _Plan()
    wishes = _named(connection, person)
    # Of a bounced reader nobody knows whether mail reaches them: they say yes again.
    has = {name for name, wish in wishes.items() if wish in GETS and person.state is Reach.REACHABLE}
    wanted = tuple(name for name in asked.newsletters if name not in has)
    known = any(wish is not Wish.PENDING for wish in wishes.values())
    if not wanted and not (asked.blind and known):
        return _Plan()
    since = joins.letters(connection, person.id, now - lifecycle.MONTH)
    if not lifecycle.may_write(since, now):
        return _Plan("capped")
    return _Plan("confirm", person, wanted) if wanted else _Plan("links", person)


def _named(connection: Connection, person: Subscriber) -> dict[str, Wish]:
    names = {series.id: name for name, series in people.known_newsletters(connection).items()}
    return {names[number]: wish for number, wish in people.some_wishes(connection, person.id).items()}


def _confirm(house: House, asked: Ask, decided: _Plan) -> Content:
    language = (decided.person and decided.person.language) or asked.language
    known = [house.newsletters[name] for name in decided.wanted]
    title = notices.together([each.title for each in known], language or house.site.language)
    return notices.confirm(
        house.learnt(anew=False).site,
        replace(known[0], title=title),
        house.layout,
        house.templates,
        language or None,
        confirm_url=_SLOT,
    )


def _links(house: House, asked: Ask, decided: _Plan, now: datetime) -> Content:
    assert decided.person
    about: notices.About = "joining" if asked.newsletters else "preferences"
    return own.letter(house, decided.person, now, about, asked.language)


def _note(
    connection: Connection, house: House, asked: Ask, decided: _Plan, now: datetime
) -> tuple[Subscriber, int]:
    """Write down who asks for what; the person, and the number of the ask."""
    series = people.sync_newsletters(connection, list(house.newsletters), now)
    address = asked.address
    person = decided.person or people.ensure(connection, {address.key: address.text}, now)[address.key]
    if decided.person is None and asked.language:
        people.set_language(connection, person.id, asked.language)
    wishes = people.some_wishes(connection, person.id)
    numbers = [series[name].id for name in decided.wanted]
    for number in numbers:
        # Asked again, its week begins again; who left stays so until they say yes.
        if lifecycle.wish(wishes.get(number), "ask") is Wish.PENDING:
            people.set_wishes(connection, [person.id], number, Wish.PENDING, f"asked: {asked.form}", now)
    said = [
        Consent(person.id, number, Said.ASKED, now, asked.form, asked.wording, asked.ip) for number in numbers
    ]
    return person, consents.begin(connection, said)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a confirmation link is about."""

    person: Subscriber | None  # None: forgotten since
    titles: tuple[str, ...] = ()
    state: Literal["open", "done", "over"] = "over"


def look(house: House, token: str, now: datetime) -> Asked | None:
    """What the link *token* is about; None for one that is not ours (H4)."""
    claim = house.keys.read("confirm", token)
    return house.store.read(partial(_look, house=house, claim=claim, now=now)) if claim else None


def _look(connection: Connection, house: House, claim: Claim, now: datetime) -> Asked:
    person = people.get(connection, claim.subscriber)
    rows = consents.asked(connection, claim.subscriber, claim.newsletter)
    names = {series.id: name for name, series in people.known_newsletters(connection).items()}
    numbers = [
        row.newsletter for row in rows if row.newsletter and names.get(row.newsletter) in house.newsletters
    ]
    if person is None or not numbers:
        return Asked(person)

    def titles(some: Sequence[int]) -> tuple[str, ...]:
        return tuple(house.newsletters[names[number]].title for number in some)

    confirmed = joins.used(connection, person.id, numbers, rows[0].at)
    if left := [number for number in numbers if number not in confirmed]:
        late = now - rows[0].at > lifecycle.PENDING
        over = late or not lifecycle.may_ask(person.state)
        return Asked(person, titles(left), "over" if over else "open")
    wishes = people.some_wishes(connection, person.id)
    gets = [number for number in numbers if wishes.get(number) in GETS]
    if gets and person.state is Reach.REACHABLE:
        return Asked(person, titles(gets), "done")
    return Asked(person, titles(numbers))


def confirm(house: House, token: str, now: datetime, *, wording: str, ip: str) -> Asked | None:
    """The person of the link *token* says yes, once: their subscriptions begin, and a letter welcomes them. Again is
    the same as once. None for a link that is not ours."""
    claim = house.keys.read("confirm", token)
    if claim is None:
        return None
    before = house.store.read(partial(_look, house=house, claim=claim, now=now))
    if before.state != "open":
        if before.state == "done":
            _settled(house, before, claim, now)
        return before

    def begin(connection: Connection) -> Asked:
        found = _look(connection, house, claim, now)
        if found.state == "open" and found.person:
            _begin(connection, house, claim, found.person, wording, ip, now)
        return _look(connection, house, claim, now)

    done = house.store.write(begin, urgent=True)
    _settled(house, done, claim, now)
    return done


def _settled(house: House, done: Asked, claim: Claim, now: datetime) -> None:
    """What follows a yes, again where a crash kept it back."""
    if done.person:  # erased once, they are a new person, whom the list of the erased is not to take away
        erasing.lift(house, addresses.parse(done.person.address).key, now)
    _welcome(house, claim, now)


def _begin(
    connection: Connection,
    house: House,
    claim: Claim,
    person: Subscriber,
    wording: str,
    ip: str,
    now: datetime,
) -> None:
    if (after := lifecycle.reach(person.state, "confirm")) is not person.state:
        people.set_reach(connection, person.id, after, cleared=now)
    had = {each.newsletter: each for each in chosen.standings(connection, person.id)}
    series = {each.id: name for name, each in people.known_newsletters(connection).items()}
    said = []
    rows, confirmed = _confirmed(connection, claim)
    for row in rows:
        number = row.newsletter
        if number is None or series.get(number) not in house.newsletters or number in confirmed:
            continue
        standing = had.get(number)
        wish = lifecycle.wish(standing.state if standing else None, "join")
        if wish and (standing is None or wish is not standing.state):
            start = articles.max_seq(connection)
            if not (
                standing and standing.letters
            ):  # who had letters is not welcomed with what they held (D3)
                start = unseen.welcome(connection, house.newsletters[series[number]], start)
            people.set_wishes(connection, [person.id], number, wish, row.form, now, start=start)
        said.append(Consent(person.id, number, Said.CONFIRMED, now, "letter", wording, ip))
    consents.note(connection, said)


def _confirmed(connection: Connection, claim: Claim) -> tuple[list[Consent], dict[int, datetime]]:
    """What a link asked for, and when what of it was confirmed since, by this link or by a later one."""
    rows = consents.asked(connection, claim.subscriber, claim.newsletter)
    numbers = [row.newsletter for row in rows if row.newsletter]
    return rows, joins.used(connection, claim.subscriber, numbers, rows[0].at) if rows else {}


def _welcome(house: House, claim: Claim, now: datetime) -> None:
    """A letter for each subscription that began with what was asked. Its key is the moment at which its reader said
    yes: none is written twice, whichever link it was."""
    person = house.store.read(lambda c: people.get(c, claim.subscriber))
    if person is None or person.state is not Reach.REACHABLE:
        return
    _, confirmed = house.store.read(partial(_confirmed, claim=claim))
    series = house.store.read(people.known_newsletters)
    for each in choices.subscribed(house, person.id, now):
        number = series[each.newsletter.name].id
        if each.state is not Wish.ACTIVE or number not in confirmed:
            continue
        wish = Claim(person.id, number)
        letter = notices.welcome(
            house.learnt(anew=False).site,
            each.newsletter,
            house.layout,
            house.templates,
            person.language,
            due=each.due,
        ).filled(
            {
                UNSUBSCRIBE_SLOT: house.layout.unsubscribe(house.keys.sign("unsubscribe", wish)),
                PREFERENCES_SLOT: house.layout.preferences(house.keys.sign("preferences", wish)),
            }
        )
        key = joins.key(person.id, f"{number}:{confirmed[number].timestamp():.0f}")
        house.store.write(partial(_write_welcome, wish=wish, key=key, person=person, letter=letter, now=now))


def _write_welcome(
    connection: Connection, wish: Claim, key: str, person: Subscriber, letter: Content, now: datetime
) -> None:
    if people.get(connection, person.id) != person:
        return  # erased, or given up, meanwhile
    if people.wishes(connection, [person.id], wish.newsletter).get(person.id) is Wish.ACTIVE:  # nobody left
        outbox.add(connection, "welcome", key, [person.address], letter, now, now + LETTER)


def _forget(connection: Connection, found: list[int], before: datetime) -> None:
    """Those of *found* who are strangers still: one may have asked again meanwhile."""
    strangers = joins.strangers(connection, before, found[0] - 1, CHUNK)
    joins.forget(connection, sorted(set(found) & set(strangers)))


def sweep(house: House, now: datetime, stop: Callable[[], bool] = lambda: False) -> int:
    """Subscriptions that were not confirmed within seven days end (L4), and who is known by nothing else is forgotten
    after thirty, when the caps need them no more. Returns how many ended."""
    ended = 0
    while not stop():
        end = partial(joins.end_pending, before=now - lifecycle.PENDING, limit=CHUNK)
        done = house.store.write(end)
        ended += done
        if done < CHUNK:
            break
    after, found = 0, list[int]()
    while not stop():
        before = now - lifecycle.MONTH
        found = house.store.read(partial(joins.strangers, before=before, after=after, limit=CHUNK))
        if not found:
            break
        house.store.write(partial(_forget, found=found, before=before))
        after = found[-1]
    return ended
