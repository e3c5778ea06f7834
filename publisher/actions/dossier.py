"""Everything that is held on one person, as they may ask for it (L8)."""

from datetime import datetime
from functools import partial
from typing import Any

from publisher.actions.house import House
from publisher.model.delivery import State
from publisher.store import dossier as rows
from publisher.text.dates import rfc3339


def dossier(house: House, subscriber: int, now: datetime) -> dict[str, Any]:
    """What is held on the subscriber with this key *now*: a JSON document, times in UTC (RFC 3339). Nothing of anybody
    else. Empty where nobody has it. It does not hold the links in their letters, which are signed anew each time."""
    found = house.store.read(partial(rows.of, subscriber=subscriber))
    if found is None:
        return {}
    return {
        "made": rfc3339(now),
        "site": house.site.url,
        "person": _plain(found.person),
        "subscriptions": [_plain(each) for each in found.subscriptions],
        "consents": [_plain(each) for each in found.consents],
        "letters": [_letter(each) for each in found.letters],
        "returned": [_plain(each._asdict()) for each in found.returned],
        "notices": [_letter(each) for each in found.notices],
    }


def _letter(row: dict[str, Any]) -> dict[str, Any]:
    return _plain(row | {"state": State(row["state"]).name.lower()})


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: rfc3339(each) if isinstance(each, datetime) else each for name, each in row.items()}
