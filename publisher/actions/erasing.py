"""A person is erased (L8): their address is nowhere, and neither an import nor a restored backup brings it back.

`state/erased` is written first, so that an erasure that was begun is finished: whoever takes the site's lock compares
that list with what the database says was done, and does the rest. Where several hosts have such a list, each takes over
what the others wrote. Each step is a short transaction, and safe to repeat.
"""

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection

from publisher.actions.house import House
from publisher.errors import BadInput, BadState, Unwritable
from publisher.layout import BOUNCES, STATE, UPLOADS
from publisher.mail import maildir
from publisher.mail.address import on_the_wire
from publisher.mail.settings import MailSettings, relays
from publisher.model.people import Reach
from publisher.store import erased as listed
from publisher.store import erasure, erasures, people
from publisher.subscribers import erased
from publisher.subscribers.addresses import Address
from publisher.subscribers.erased import Register
from publisher.text.mention import Mention

CHUNK = 50  # editions, variants or rows in one transaction
PEOPLE = 5000  # read at a time
PATIENCE = 5.0  # seconds for a letter that is just being sent, and for whoever reads older pages
_STEP = 0.02
_ONE = threading.Lock()  # the list and what was done of it change together


def erase(house: House, subscriber: int, now: datetime) -> None:
    """Take the subscriber with this key out of everything. On return they get no letter any more and the erasure is
    written down; what a letter on its way, a backup that is being written, or a message that cannot be deleted held up
    is done by `finish`; the last is in `house.memory.unerased`. On a host that has no mail of the site all else is
    left to the one that has. One who is not there, or is erased, stays so. Not from the event loop. Raises Unwritable,
    BadState."""
    with _ONE:
        house.memory.unerased = ""
        person = house.store.read(lambda c: people.get(c, subscriber))
        if person is None or not person.address:
            return
        created = house.store.read(lambda c: erasure.created(c, subscriber))
        line = str(erased.line(house.keys, _key(person.address), max(now, created)))  # other hosts' clocks
        listed.add(_folder(house), line)
        shutil.rmtree(_folder(house) / UPLOADS, ignore_errors=True)  # lists that no editor has taken in yet
        house.store.write(lambda c: _begin(c, subscriber, line), urgent=True)
        if house.mails and _out(house, subscriber, person.address) and _emptied(house):
            house.store.write(lambda c: erasures.done(c, [line]))


def _begin(connection: Connection, subscriber: int, line: str) -> None:
    erasures.enter(connection, [line])
    erasure.stop(connection, subscriber)


def finish(house: House) -> int | None:
    """Bring the database in line with the lists of the erased: erasures that were begun are finished, and people that a
    restored database brought back go again. Quick where nothing changed. Returns how many; None: something held it up,
    ask again later; a message that cannot be deleted is in `house.memory.unerased`, and stops nothing else. For whoever
    holds the site's lock. Raises Unwritable, BadState."""
    with _ONE:
        house.memory.unerased = ""
        listed.join(_folder(house))
        _share(house)
        undone = house.store.read(erasures.undone)
        if not undone or not house.mails:
            return 0
        register, count, whole = _register(house), 0, True
        for subscriber in _brought_back(house, register):
            person = house.store.read(partial(people.get, number=subscriber))
            if person:
                whole = _out(house, subscriber, person.address) and whole
                count += 1
        if not (whole and _emptied(house)):
            return None
        house.store.write(lambda c: erasures.done(c, undone))
        return count


def _share(house: House) -> None:
    """What this host's list has the database knows, and the other way: on PostgreSQL other hosts write too."""
    folder = _folder(house)
    mine = dict.fromkeys(listed.read(folder).splitlines())
    known = [line for _, line in house.store.read(erasures.lines)]
    if others := [line for line in known if line not in mine]:
        listed.add(folder, *others)
    if new := [line for line in mine if line not in set(known)]:
        house.store.write(lambda c: erasures.enter(c, new))


def is_done(house: House) -> bool:
    """Whether all is done that the list of the erased asks for."""
    known, undone = house.store.read(lambda c: (erasures.lines(c), erasures.undone(c)))
    return not undone and {*listed.read(_folder(house)).splitlines()} <= {line for _, line in known}


def is_gone(house: House, subscriber: int) -> bool:
    """Whether nothing is left of the subscriber with this key, in the database's log neither."""
    person = house.store.read(lambda c: people.get(c, subscriber))
    return (person is None or not person.address) and is_done(house)


class Known:
    """Says of an address's key whether that person was erased and stays out. Raises BadState, Unwritable."""

    def __init__(self, house: House) -> None:
        self._house, self._version = house, _version(house)
        self._register = _register(house)

    def look_again(self) -> None:
        """Hear of those who were erased since, as at the start of each transaction that may enter somebody."""
        version = _version(self._house)
        if version != self._version:
            self._version, self._register = version, _register(self._house)

    def __call__(self, key: str) -> bool:
        return bool(self._register) and self._register.stays_out(key)


def _version(house: House) -> tuple[int, ...]:
    """Tells whether somebody was erased since, here or on another host."""
    newest = house.store.read(erasures.newest) if house.store.database.shared else 0
    return (*listed.version(_folder(house)), newest)


def refuse(house: House, address: Address) -> None:
    """Raises BadInput for who was erased: within the transaction that would enter them, so that nobody is entered
    behind their erasure. Raises BadState, Unwritable."""
    if Known(house)(address.key):
        mend = "only they come back, by signing up on the site"
        raise BadInput("this person was erased", address.text, mend)


def lift(house: House, key: str, now: datetime) -> None:
    """The person with this address's key came back by their own wish, and confirmed it. What was known of them before
    stays erased, also in a backup from then."""
    if not _register(house).stays_out(key):  # nearly always: an erasure holds the lock for seconds
        return
    with _ONE:
        there = house.store.read(lambda c: people.find(c, key))
        if there and there.state is not Reach.ERASED and _register(house).stays_out(key):
            line = str(erased.line(house.keys, key, now, lifted=True))
            listed.add(_folder(house), line)
            house.store.write(lambda c: erasures.enter(c, [line], done=True))


def _folder(house: House) -> Path:
    return house.root / STATE


def _register(house: House) -> Register:
    folder = _folder(house)
    text = listed.read(folder)
    if house.store.database.shared:
        text += "".join(f"{line}\n" for _, line in house.store.read(erasures.lines))
    try:
        return Register(erased.parse(text), house.keys)
    except ValueError as error:
        where = str(folder / listed.ERASED)
        raise BadState(
            f"the list of the erased: {error}", where, "delete that line, and nothing else"
        ) from error


def _key(address: str) -> str:
    from publisher.subscribers.addresses import parse  # its grammar is loaded by whoever needs it

    return parse(address).key


def _brought_back(house: House, register: Register) -> list[int]:
    """Who stands in the database since before they were erased."""
    found, after, more = list[int](), 0, bool(register)
    while more:
        page = house.store.read(lambda c, n=after: list(erasure.since(c, n, PEOPLE)))  # type: ignore[misc]
        for subscriber, key, created in page:
            at = register.since(key)
            if at is not None and created <= at:
                found.append(subscriber)
            after = subscriber
        more = len(page) == PEOPLE
    return found


def _out(house: House, subscriber: int, address: str) -> bool:
    """Do every step; whether the last could be done."""
    mention = Mention({address, _key(address), on_the_wire(address)})
    house.store.write(lambda c: erasure.stop(c, subscriber), urgent=True)
    busy = partial(erasure.under_way, subscriber=subscriber, mention=mention)
    if not _soon(lambda: not house.store.read(busy)):
        return False
    for folder in _mailboxes(house):
        try:
            maildir.remove(folder, mention)
        except Unwritable as error:
            house.memory.unerased = f"somebody who is to be erased: {error}"
    shutil.rmtree(_folder(house) / UPLOADS, ignore_errors=True)
    _in_chunks(house, erasure.numbers, partial(erasure.forget_letters, subscriber=subscriber), "of")
    marked = partial(erasure.marked, subscriber=subscriber)
    _in_chunks(house, marked, partial(erasure.unmark, subscriber=subscriber), "variants")
    house.store.write(lambda c: erasure.forget_said(c, subscriber))
    for column in erasure.HELD:
        found, drop = _mentions(house, column, mention), partial(erasure.drop, column=column)
        _in_chunks(house, found, drop, "keys")
    for column in erasure.QUOTED:
        found, blank = (
            _mentions(house, column, mention),
            partial(erasure.blank, column=column, mention=mention),
        )
        _in_chunks(house, found, blank, "keys")
    if house.memory.unerased:  # without the address nobody would find the message again
        return False
    if house.store.read(busy):  # a sender took one of their letters meanwhile
        return False
    house.store.write(lambda c: erasure.empty(c, subscriber))
    return True


def _mentions(house: House, column: Column[Any], mention: Mention) -> Callable[..., list[Any]]:
    return partial(erasure.mentions, column=column, mention=mention)


def _in_chunks(house: House, find: Callable[..., list[Any]], work: Callable[..., None], what: str) -> None:
    found = house.store.read(find)
    for start in range(0, len(found), CHUNK):
        house.store.write(partial(work, **{what: found[start : start + CHUNK]}))


def _mailboxes(house: House) -> list[Path]:
    """Where letters lie that we wrote or were given: the Maildirs that play a relay, the one that a new site has even
    where it has another by now, and what was piped to us."""
    found = dict.fromkeys([house.root / relay.path for relay in relays(MailSettings())])
    with suppress(ValueError):  # there is no relay
        found |= dict.fromkeys(
            [house.root / relay.path for relay in relays(house.mail) if relay.scheme == "maildir"]
        )
    return [*found, _folder(house) / BOUNCES]


def _emptied(house: House) -> bool:
    return _soon(house.store.empty_log)


def _soon(done: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(_STEP)
    return True
