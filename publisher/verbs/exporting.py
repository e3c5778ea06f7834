"""Verbs that give away what is known of readers: the list of all, and everything on one (L7, L8)."""

import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from publisher.actions.house import House
from publisher.model.people import whose
from publisher.store import people
from publisher.subscribers import exports
from publisher.subscribers.exports import Format, Person
from publisher.text.dates import rfc3339
from publisher.verbs import privately

PAGE = 2000  # people read at a time


def person(house: House, *, address: str, now: datetime) -> dict[str, Any]:
    """Everything held on the reader with this address. Raises BadInput where there is none."""
    from publisher.actions import choices
    from publisher.actions.dossier import dossier

    return dossier(house, choices.reader(house, address).id, now)


def everybody(
    house: House, *, file: Path | None, out: BinaryIO, form: Format, newsletter: str | None, state: str | None
) -> dict[str, Any]:
    """Write the list of readers to *file* (0600, whole or not at all), or to *out* where None: those with a
    subscription to *newsletter*, in this *state*, of it or of themselves (L1). Raises BadInput, Unwritable."""
    start = time.monotonic()
    if newsletter and newsletter not in house.store.read(people.known_newsletters):
        house.newsletter(newsletter)
    counted = _Counted(_people(house, newsletter or "", state))
    pieces = exports.write(counted, _columns(house, newsletter), form)
    if file is None:
        for piece in pieces:
            out.write(piece)
        out.flush()
    else:
        with privately.written(file, house) as written:
            written.writelines(pieces)
    seconds = round(time.monotonic() - start, 3)
    return {"file": str(file) if file else None, "readers": counted.number, "seconds": seconds}


def as_csv(house: House) -> Iterator[bytes]:
    """The list of all readers as CSV, in pieces. Reads the store at once, and for each piece: not on the event loop."""
    return exports.write(_people(house, "", None), _columns(house, None), "csv")


def _columns(house: House, newsletter: str | None) -> list[str]:
    return [newsletter] if newsletter else sorted(house.store.read(people.known_newsletters))


class _Counted:
    def __init__(self, rows: Iterator[Person]) -> None:
        self.number, self._rows = 0, rows

    def __iter__(self) -> Iterator[Person]:
        for each in self._rows:
            self.number += 1
            yield each


def _people(house: House, newsletter: str, state: str | None) -> Iterator[Person]:
    wish, reach = whose(state)
    after = 0
    page = partial(people.page, newsletter=newsletter, wish=wish, reach=reach, limit=PAGE)
    while found := house.store.read(partial(page, after=after)):
        for each in found:
            one = each.subscriber
            wishes = {name: str(state) for name, state in each.newsletters.items()}
            if newsletter:
                wishes = {newsletter: wishes[newsletter]}
            yield Person(one.address, one.language or "", str(one.state), rfc3339(each.created), wishes)
        after = found[-1].subscriber.id
