"""The doctor: everything that a site hangs on is looked at, each thing by itself and all at once, and nothing is
changed."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from publisher.actions import checkup
from publisher.config import Settings
from publisher.doctor import machine
from publisher.doctor.asking import Asks
from publisher.doctor.dns import Dns
from publisher.doctor.table import symptom
from publisher.errors import PublisherError, Unreachable
from publisher.layout import STATE
from publisher.mail.relay import Relay
from publisher.mail.settings import relays
from publisher.model.symptom import Looked, Symptom
from publisher.store.state import State
from publisher.text.quote import visible
from publisher.text.urls import is_inside
from publisher.verbs import doctor_here as here
from publisher.verbs import doctor_site as about

# What is no news where the other was said.
_FOLLOWS = {"dns-silent": "dns-silent", "unsubscribe-closed": "site-unreachable"}
SHOWN = 300  # characters of what was seen: a server may say as much as it likes
LONGEST = 40.0  # seconds for all of it: each look has its own limits, and this one is for what has none
FEW = 5  # findings of a kind that a look tells
Looks = dict[str, Callable[[], Looked]]
Told = Callable[[dict[str, Any]], None]


def doctor(
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    running: bool,
    dns: str = "",
    told: Told = lambda _: None,
) -> dict[str, Any]:
    """The JSON document of `nashir --json doctor`. *clock*: ours, that others' are held against; *running*: a daemon
    takes verbs; *dns*: the address of the server to be asked instead of this machine's; *told* hears what is looked at.
    Raises BadInput for an address that is none."""
    if dns:
        Dns(dns)
    found = _together(_looks(settings, clock, running, dns), told)
    said: set[str] = set()
    rows: list[dict[str, Any]] = []
    checked = []
    for name, looked in found:
        mine = [*_few(name, [each for each in looked.symptoms if _FOLLOWS.get(each.kind) not in said])]
        said |= {each.kind for each in mine}
        checked.append({"check": name, "told": visible(looked.told, SHOWN), "findings": len(mine)})
        rows += [{"check": name, **_shown(each)} for each in mine]
    return {"findings": rows, "checked": checked}


def _few(check: str, found: Sequence[Symptom]) -> Iterator[Symptom]:
    """The first of each kind, and how many more there are: a stranger's record in the DNS may have any number."""
    for kind in dict.fromkeys(each.kind for each in found):
        alike = [each for each in found if each.kind == kind]
        yield from alike[:FEW]
        if (more := len(alike) - FEW) > 0:
            yield symptom(kind, check, f"and {more} more of this kind")


def _shown(each: Symptom) -> dict[str, str]:
    """As a terminal may have it: the DNS, relays and mailboxes say what strangers wrote."""
    cut = {"where": SHOWN, "what": SHOWN}
    return {name: visible(value, cut.get(name)) for name, value in asdict(each).items()}


def _looks(given: Settings, clock: Callable[[], datetime], running: bool, dns: str) -> Looks:
    """All of them, in the order in which they are told."""
    to, now = relays(given.mail), clock()
    looks: Looks = {
        "settings": partial(about.settings, given, now),
        "files": partial(here.files, given),
        "disk": partial(here.disks, given),
        "clock": partial(here.clock, now),
        "limits": partial(here.limits, given, running=running),
        "database": partial(here.database, given, clock),
    }
    if not given.store.url and machine.file(State(given.root / STATE).database).size:
        looks["database file"] = partial(here.whole, given)
    looks["backups"] = partial(here.backups, given, now)
    looks["daemon"] = partial(about.daemon, given, running=running)
    if not is_inside(urlsplit(given.site.url).hostname or ""):
        looks["the site's address"] = partial(about.reached, given, clock)
    looks["letters"] = partial(about.letters, given, now)
    mailing = [each for each in to if each.scheme != "maildir"]
    looks |= {f"relay {each}": partial(checkup.relay, each, given.mail, now) for each in mailing}
    if mailing:
        looks["mailbox"] = partial(about.comes_back, given)
    return looks | _names(given, mailing, dns)


def _names(given: Settings, to: Sequence[Relay], server: str) -> Looks:
    """What the DNS is asked: where letters are mailed, and from a domain of somebody's."""
    if not (given.mail.sender and to):
        return {}
    try:
        asks: Asks = Dns(server)
        signs = checkup.keys(given.mail, given.root)
    except Unreachable as error:
        silent = Looked("it was not asked", (symptom("dns-silent", error.where, error.what, error.mend),))
        return {"DNS": lambda: silent}
    except PublisherError:  # a key that cannot be used: the settings say so
        signs = []
    how = checkup.sending(given.mail, to, machine.own_addresses(), signs)
    if checkup.is_sample(how.sender):
        return {}
    return dict(checkup.names(how, signs, given.mail, to, asks))


def _together(looks: Looks, told: Told) -> list[tuple[str, Looked]]:
    """What each came to, in their order. All are under way at once; what never ends is left behind."""
    done: SimpleQueue[tuple[str, Looked]] = SimpleQueue()
    for name, look in looks.items():
        threading.Thread(
            target=lambda n=name, k=look: done.put((n, _safely(n, k))), name=name, daemon=True
        ).start()
    found: dict[str, Looked] = {}
    end = time.monotonic() + LONGEST
    while len(found) < len(looks):
        waiting = [name for name in looks if name not in found]
        told({"what": waiting[0], "done": len(found), "total": len(looks)})
        try:
            name, looked = done.get(timeout=max(0.0, end - time.monotonic()))
        except Empty:
            late = f"it took more than {LONGEST:.0f} s"
            found |= {
                name: Looked(late, (symptom("not-looked", name, late, "try it again"),)) for name in waiting
            }
            break
        found[name] = looked
    return [(name, found[name]) for name in looks]


def _safely(name: str, look: Callable[[], Looked]) -> Looked:
    """What keeps one look from being taken keeps no other."""
    try:
        return look()
    except Unreachable as error:
        return Looked("the DNS gave no answer", (symptom("dns-silent", error.where, error.what, error.mend),))
    except PublisherError as error:
        return Looked("not looked", (symptom("not-looked", error.where or name, error.what, error.mend),))
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return Looked(
            "not looked", (symptom("not-looked", name, what, "look at its rights, and at the disk"),)
        )
    except Exception as error:  # a bug of ours, or of a library: the other looks are worth having
        what = f"{type(error).__name__}: {error}"
        return Looked("not looked", (symptom("not-looked", name, what, "tell us: this is a bug"),))


def lines(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The answer for a person: each line with the worst grade in it ("" where all is well)."""
    for each in answer["checked"]:
        found = [row for row in answer["findings"] if row["check"] == each["check"]]
        worst = min((row["grade"] for row in found), key=_GRADES.index, default="")
        yield f"{_MARKS[worst]} {each['check']}: {each['told']}", worst
        for row in found:
            yield (
                f"    {row['grade']} {row['kind']}  {row['where']}: {row['what']}. Mend: {row['mend']}",
                row["grade"],
            )


_GRADES = ["fault", "warning", "remark"]
_MARKS = {"fault": "✗", "warning": "!", "remark": "·", "": "✓"}
