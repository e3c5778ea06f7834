"""What the doctor looks at of the site: its settings, its daemon, its address, the letters it would mail."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from publisher import net
from publisher.actions import checkup, one_click
from publisher.actions.checkup import is_sample
from publisher.actions.house import House
from publisher.config import Settings
from publisher.doctor import host, machine
from publisher.doctor.table import symptom
from publisher.errors import BadInput, PublisherError
from publisher.layout import BOUNCES, STATE
from publisher.mail.address import domain_of, mailbox
from publisher.model.symptom import Looked, Symptom
from publisher.store.state import State
from publisher.text.urls import is_inside
from publisher.verbs import held, returning, trying
from publisher.verbs import session as sessions

SECONDS = 5.0  # that a page has
ANYWHERE = {
    "0.0.0.0": "127.0.0.1",
    "::": "::1",
    "": "127.0.0.1",
}  # where one listens, and where one asks then


def settings(given: Settings, now: datetime) -> Looked:
    """What config.toml says, tried out."""
    found, faults = list(_written(given)), returning.faults(given)
    told = str(given.source.path)
    try:
        with _house(given) as house:
            faults += trying.faults(house, now)
            what, _, mend = held.unmailed(house).partition(". Mend: ")
        found += [symptom("unmailed", given.source.place(("mail", "relay")), what, mend)] if what else []
    except (PublisherError, OSError):  # the look at the database says why
        told += "; templates and keys were not tried, as the state cannot be opened"
    found += [symptom("settings", each["where"], each["what"], each["mend"]) for each in faults]
    return Looked(told, tuple(found))


def _house(given: Settings) -> AbstractContextManager[House]:
    """The site to look at: where nothing was ever published, an empty one."""
    state = State(given.root / STATE)
    return sessions.reading(given) if given.store.url or state.database.exists() else sessions.trying(given)


def _written(given: Settings) -> Iterator[Symptom]:
    site = urlsplit(given.site.url)
    at = given.source.place(("site", "url"))
    if is_inside(site.hostname or ""):
        yield symptom("site-inside", at, f"site.url is {given.site.url}")
        return
    if site.scheme != "https":
        yield symptom("site-plain", at, f"site.url is {given.site.url}")
    if given.mail.sender and is_sample(domain := domain_of(mailbox(given.mail.sender)[1])):
        yield symptom("sample-sender", given.source.place(("mail", "from")), f"letters come from {domain}")


def daemon(given: Settings, *, running: bool) -> Looked:
    """Whether one runs and answers, or could."""
    listens, port = given.web.address
    if not running:
        found = [symptom("daemon-down", str(given.root), "no daemon runs here")]
        if why := machine.free(listens, port):
            found.append(
                symptom("port-taken", given.source.place(("web", "listen")), f"{given.web.listen}: {why}")
            )
        return Looked("none runs", tuple(found))
    there = ANYWHERE.get(listens, listens)
    url = f"http://{f'[{there}]' if ':' in there else there}:{port}/healthz"
    if port == 0:
        return Looked("one runs, at a port of its choice")
    try:
        answer = net.look(url, private=True, seconds=SECONDS)
    except BadInput as error:
        if "503" in error.what:  # it is there, and says what ails it
            return Looked("one runs", (symptom("ailing", url, error.what, f"read what it says: curl {url}"),))
        return Looked("one runs", (symptom("daemon-silent", url, error.what),))
    warnings = _warnings(answer.body)
    if warnings is None:
        what = "what answers there is no daemon of this version"
        return Looked("one runs", (symptom("daemon-silent", url, what),))
    told = f"one runs, and {url} says that {'it works, and warns' if warnings else 'all is well'}"
    return Looked(told, tuple(_warned(line, url) for line in warnings))


def _warnings(body: bytes) -> list[str] | None:
    """What /healthz warns of in its answer; None where that is none."""
    try:
        found = json.loads(body)["warnings"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [str(each) for each in found] if isinstance(found, list) else None


def _warned(line: str, url: str) -> Symptom:
    what, _, mend = line.partition(". Mend: ")
    return symptom("warned", url, what.removesuffix("."), mend)


def comes_back(given: Settings) -> Looked:
    """Where what comes back is read."""
    bounces, piped = given.mail.bounces, given.root / STATE / BOUNCES
    if bounces.imap:
        return checkup.mailbox_of(bounces)
    if bounces.maildir or piped.is_dir():
        return Looked(bounces.maildir or "a mail server pipes to us")
    at = given.source.place(("mail", "bounces"))
    return Looked("none", (symptom("bounces-unread", at, "[mail.bounces] names no mailbox"),))


def reached(given: Settings, clock: Callable[[], datetime]) -> Looked:
    """The site as its readers reach it."""
    url, before = f"{given.site.url}/", clock()
    try:
        answer = net.look(url, private=True, seconds=SECONDS)
    except BadInput as error:
        return Looked("not reached", (symptom("site-unreachable", url, error.what),))
    return Looked(f"{url} answers", tuple(_dated(answer.headers.get("date", ""), url, before, clock())))


def _dated(said: str, url: str, before: datetime, after: datetime) -> Iterator[Symptom]:
    """What the answer is dated, which came between *before* and *after*."""
    try:
        there = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return
    if there.tzinfo:
        yield from host.apart(url, (there - min(max(there, before), after)).total_seconds())


def letters(given: Settings, now: datetime) -> Looked:
    """One-click unsubscribing in the letters that would leave now."""
    if is_inside(urlsplit(given.site.url).hostname or ""):
        return Looked("the site's address is of this machine: there are no letters to strangers yet")
    try:
        if not (given.store.url or State(given.root / STATE).database.exists()):
            return Looked("nothing was published yet")
        with sessions.reading(given) as house:
            return one_click.look(house, now, _opens)
    except (PublisherError, OSError) as error:  # settings, or the database, have it as a finding
        return Looked(f"none can be made: {error}")


def _opens(link: str) -> str:
    """Why the page behind *link* does not open; "" where it does."""
    try:
        net.look(link, private=True, seconds=SECONDS)
    except BadInput as error:
        return error.what
    return ""
