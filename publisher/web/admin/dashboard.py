"""What an editor asks every morning; the log; the language; the way out."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from publisher.actions.house import House
from publisher.articles.folder import shown
from publisher.model.digest import Newsletter
from publisher.model.stop import SAID, Stop
from publisher.pages.admin import chart
from publisher.store import articles, desk
from publisher.text.dates import site_date
from publisher.text.words import LANGUAGES, Words, words
from publisher.verbs import held, reading
from publisher.web.admin.counting import Numbers
from publisher.web.admin.door import Ask, Place
from publisher.web.admin.saying import READERS, in_words

REFUSED, NEWEST = 20, 10
LIVE = 5  # seconds between two looks while letters leave, or numbers are counted


async def show(ask: Ask) -> Response:
    """The dashboard. While letters leave, or numbers are counted, it is fetched again by itself."""
    speak = words(ask.door.language(ask.entry))
    numbers, counting = await ask.door.counting.look(None)
    found = await asyncio.to_thread(_gather, ask, speak, numbers)
    under_way = ask.session.under_way
    how = under_way.told() if under_way else None
    alone = held.left_alone(ask.session.left_alone())
    problems = [*ask.door.health(), *await asyncio.to_thread(ask.door.warnings)]
    answer = ask.page(
        "dashboard.html.j2",
        speak.text("This morning"),
        how=how,
        alone=alone,
        problems=problems,
        counting=counting,
        **found,
    )
    if how or counting:
        answer.headers["refresh"] = str(LIVE)
    return answer


def _gather(ask: Ask, speak: Words, numbers: Numbers | None) -> dict[str, Any]:
    house, now = ask.session.house, ask.session.clock()
    read = house.store.read
    since = now - timedelta(days=1)
    recent = [each for each in read(lambda c: articles.newest(c, NEWEST)) if each.published > since]
    refused = read(lambda c: desk.refused(c, REFUSED))
    counted = read(articles.counts)
    free = shutil.disk_usage(house.root).free
    return {
        "recent": [{"article": each, "url": house.layout.article(each.slug)} for each in recent],
        "refused": [{"path": shown(p), "line": n, "reason": r, "mend": m} for p, n, r, m in refused],
        "refused_more": counted[1] - len(refused),
        "next": [_due(house, each, numbers, now) for each in house.newsletters.values()],
        "stopped": [_stop(house, each, speak) for each in held.stopped(house)],
        "kinds": kinds(speak),
        "state_words": in_words(READERS, speak),
        "free": ask.door.size(free, speak),
        "counted": _charts(house, numbers, speak) if numbers else None,
    }


def _charts(house: House, numbers: Numbers, speak: Words) -> dict[str, Any]:
    site = house.learnt(anew=False).site  # whose digits are those of its articles
    sums = [(str(number), str(number), letters(counts, back)) for number, counts, back in numbers.editions]
    starts = [numbers.start + timedelta(days=n) for n in range(len(numbers.growth))]
    days = [
        (site_date(day, replace(site, timezone=ZoneInfo("UTC")), speak.language), str(day.day), pair)
        for day, pair in zip(starts, numbers.growth, strict=True)
    ]
    return {
        "at": numbers.at,
        "bars": chart(sums, KINDS, speak, site),
        "growth": chart(days, ("came", "left"), speak, site, signs=("+", "−")),
        "tally": list(numbers.tally.items()),
    }


KINDS = ("accepted", "deferred", "bounced", "unsubscribed")


def kinds(speak: Words) -> list[tuple[str, str]]:
    return [
        (kind, speak.text(each))
        for kind, each in zip(KINDS, ("Accepted", "Waiting", "Bounced", "They unsubscribed"), strict=True)
    ]


def letters(counts: Mapping[str, int], returned: Mapping[str, int]) -> list[int]:
    """Letters of an edition: accepted, waiting, bounced, and whose readers left before they did."""
    waiting = sum(counts.get(each, 0) for each in ("queued", "claimed", "sending", "unknown"))
    hard = returned.get("hard", 0)
    return [
        max(counts.get("sent", 0) - hard, 0),
        waiting,
        counts.get("failed", 0) + hard,
        counts.get("cancelled", 0),
    ]


def _due(house: House, each: Newsletter, numbers: Numbers | None, now: datetime) -> dict[str, Any]:
    return {
        "title": each.title,
        "due": None if each.instant else reading.next_due(house, each, now),
        "active": numbers.readers.get(each.name, 0) if numbers else None,
    }


def _stop(house: House, each: dict[str, Any], speak: Words) -> dict[str, Any]:
    why = speak.text(SAID[Stop(each["reason"])]) if each["reason"] else ""
    return each | {"why": why, "newsletter": title_of(house)(each["newsletter"])}


def title_of(house: House) -> Callable[[str], str]:
    """What a newsletter is called; one that left the configuration, by its name."""
    titles = {name: each.title for name, each in house.newsletters.items()}
    return lambda name: titles.get(name, name)


async def lines(ask: Ask) -> Response:
    """The end of the log."""
    speak = words(ask.door.language(ask.entry))
    return ask.page("log.html.j2", speak.text("Log"), lines=ask.door.lines())


async def language(ask: Ask) -> Response:
    """The editor's language, while they are logged in."""
    wanted = ask.said("language")
    ask.entry.language = wanted if wanted in LANGUAGES else ""
    return ask.told("/admin/")


async def leave(ask: Ask) -> Response:
    """Log out."""
    return ask.door.leave(ask)


PAGES = [
    Place("/admin", show),
    Place("/admin/", show),
    Place("/admin/log", lines),
    Place("/admin/language", language, "POST"),
    Place("/admin/logout", leave, "POST"),
]
