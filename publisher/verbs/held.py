"""What does not leave though nothing is wrong with the relay, and why: editions that are held, domains that are left
alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from publisher.actions.house import House
from publisher.model.delivery import State
from publisher.model.digest import Release
from publisher.model.stop import SAID, Stopped
from publisher.store import alive, editions
from publisher.text.dates import rfc3339
from publisher.text.urls import is_inside

SHOWN = 5  # domains named to a person
UNMAILED = 'name your mail server: relay = "smtp+starttls://mail.example.org:587"'


@dataclass(frozen=True, slots=True)
class Alone:
    """A recipient domain refused us, and is left alone until then."""

    domain: str
    reply: str
    until: datetime


def stopped(house: House) -> list[dict[str, Any]]:
    """The editions that we or editors hold and of which letters wait, as JSON has them; `reason` is "" where a person
    held it."""
    held = house.store.read(lambda c: alive.queueing(c, Release.HELD))
    rows = house.store.read(lambda c: editions.listing(c, held)) if held else []
    return [
        {
            "edition": each.id,
            "newsletter": each.newsletter,
            "reason": str(each.stopped.reason) if each.stopped else "",
            "reply": each.stopped.reply if each.stopped else "",
            "letters": counts.get(State.QUEUED.name.lower(), 0),
        }
        for each, counts in sorted(rows, key=lambda row: row[0].id)
    ]


def unmailed(house: House) -> str:
    """That readers can sign up and get nothing, and the mend, in a line: the site is in the open and all letters go
    into a folder. "" where they are mailed, or where a newcomer tries things out."""
    relays = house.mail.relay
    if not house.newsletters or not all(each.startswith("maildir:") for each in relays):
        return ""
    if is_inside(urlsplit(house.site.url).hostname or ""):
        return ""
    what = f"readers can sign up, and get no letter: all letters go into the folder {relays[0].partition(':')[2]}"
    return f"{what} ([mail] relay). Mend: {UNMAILED}"


def left_alone(found: list[Alone]) -> list[dict[str, Any]]:
    """These domains, as JSON has them."""
    return [{"domain": each.domain, "reply": each.reply, "next_try": rfc3339(each.until)} for each in found]


def stopped_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What `stopped` gave, for a person: what is wrong, and the mend."""
    for each in rows:
        head, again = f"edition {each['edition']} is", f"`nashir editions release {each['edition']}`"
        waits = f"{each['letters']} letter{'s wait' if each['letters'] != 1 else ' waits'}"
        why = Stopped.parse(": ".join(filter(None, (each["reason"], each["reply"]))))
        if why:
            yield f"{head} stopped: {why}; {waits}. Mend: {SAID[why.reason]} Then {again}"
        else:
            yield f"{head} held: {waits}. {again} lets them leave"


def alone_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What `left_alone` gave, for a person: the first of them."""
    for each in rows[:SHOWN]:
        yield f"{each['domain']} refuses us: {each['reply']}; it is tried again at {each['next_try']}"
    if len(rows) > SHOWN:
        yield f"... and {len(rows) - SHOWN} more domains"
