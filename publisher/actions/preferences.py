"""A reader's own page (L5): what it shows, and what its form asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from publisher.actions import choices
from publisher.actions.choices import Change, Subscribed
from publisher.actions.house import House
from publisher.digests import due
from publisher.digests.due import WEEKDAYS, Schedule
from publisher.errors import BadInput
from publisher.model.digest import Frequency
from publisher.model.people import Subscriber, Wish
from publisher.pages.preferences import Preferences
from publisher.store import labels, people
from publisher.subscribers.tokens import Claim
from publisher.text.language import feed_tag
from publisher.text.week import week
from publisher.text.words import LANGUAGES

CATEGORIES = 40  # of the site's that are offered, the commonest, where the newsletter names none
PAUSES = {"week": timedelta(days=7), "month": timedelta(days=30)}
_MORNING = time(7)

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Opened:
    """The page of a genuine link."""

    person: Subscriber
    newsletter: str  # its name
    ended: bool  # there is nothing to choose any more
    page: Preferences
    leave: str  # the URL where one unsubscribes
    leave_token: str
    others: bool  # whether they get other newsletters too


def opened(house: House, token: str, now: datetime) -> Opened | None:
    """The page behind *token*; None for a token that is not ours (H4), or of a newsletter that is no more."""
    claim = house.keys.read("preferences", token)
    person = house.store.read(lambda c: people.get(c, claim.subscriber)) if claim else None
    if claim is None or person is None:
        return None
    numbers = {each.id: name for name, each in house.store.read(people.known_newsletters).items()}
    mine = choices.subscribed(house, person.id, now)
    for each in mine:
        if each.newsletter.name == numbers.get(claim.newsletter):
            leave = house.keys.sign("unsubscribe", Claim(person.id, claim.newsletter))
            return Opened(
                person,
                each.newsletter.name,
                each.state is Wish.ENDED,
                page_of(house, person, each),
                house.layout.unsubscribe(leave),
                leave,
                any(one is not each and one.state is not Wish.ENDED for one in mine),
            )
    return None


def save(house: House, found: Opened, form: Form, now: datetime) -> None:
    """Write what the *form* of the page asks for. Raises BadInput for what the page does not offer; nothing is
    changed then."""
    choices.choose(house, found.person, found.newsletter, asked(found.page, form, now), now)


def page_of(house: House, person: Subscriber, each: Subscribed) -> Preferences:
    """What *person* has of a newsletter, and what they may have instead."""
    schedule = each.schedule
    clock = each.due.astimezone(each.zone) if each.due else None
    resumes = each.choices.resumes
    language = feed_tag(person.language or house.site.language)
    return Preferences(
        newsletter=each.newsletter.title,
        offered=each.newsletter.frequencies,
        often=_often(schedule),
        at=schedule.at if _often(schedule) else _MORNING,
        weekday=schedule.day if schedule.kind == "weekly" else week(house.site.region)[0],
        day=schedule.day if schedule.kind == "monthly" else 1,
        zone=each.zone.key,
        categories=_categories(house, each),
        chosen=each.choices.categories,
        language=language,
        languages=tuple(dict.fromkeys((language, feed_tag(house.site.language), *LANGUAGES))),
        text_only=each.choices.text_only,
        paused=each.state is Wish.PAUSED,
        resumes=resumes.astimezone(each.zone).date() if resumes else None,
        due=clock,
    )


def _often(schedule: Schedule) -> Frequency | None:
    kind = schedule.kind
    return kind if kind in {"daily", "weekly", "monthly"} else None


def _categories(house: House, each: Subscribed) -> tuple[str, ...]:
    offered = each.newsletter.categories or house.store.read(lambda c: labels.commonest(c, CATEGORIES))
    return tuple(dict.fromkeys((*offered, *each.choices.categories)))


def asked(page: Preferences, form: Form, now: datetime) -> Change:
    """What *form* wants otherwise than *page* has it: what is as it was stays the newsletter's to say. Raises BadInput
    for what *page* does not offer."""
    language = _one(form, "language", page.language)
    if language not in page.languages:
        raise BadInput(f"{language!r} is no language of letters")
    chosen = tuple(form.get("category", ()))
    text_only = bool(form.get("text_only"))
    schedule, zone = _schedule(page, form), _one(form, "zone", page.zone)
    return Change(
        schedule=None if schedule == _spelt(page) else schedule,
        zone=None if zone == page.zone else zone,
        categories=None if set(chosen) == set(page.chosen) else chosen,
        language=None if language == page.language else language,
        text_only=None if text_only is page.text_only else text_only,
        # A box that is not ticked is not sent: only a form with the field that the page always sends is the page's.
        **_pause(page, _one(form, "pause", ""), now),  # type: ignore[arg-type]
    )


def _schedule(page: Preferences, form: Form) -> str | None:
    often = _one(form, "often", page.often or "")
    if not page.offered or not often:
        return None
    weekday, day = _one(form, "weekday", str(page.weekday)), _one(form, "day", str(page.day))
    if weekday not in map(str, range(len(WEEKDAYS))):
        raise BadInput(f"{weekday!r} is no day of a week")
    words = {"daily": [], "weekly": [WEEKDAYS[int(weekday)]], "monthly": [day]}
    if often not in words:
        raise BadInput(f"{often!r} is not how often a letter comes")
    try:
        return due.spell(
            due.parse(" ".join([often, *words[often], _one(form, "at", page.at.strftime("%H:%M"))]))
        )
    except ValueError as error:
        raise BadInput(str(error)) from None


def _spelt(page: Preferences) -> str | None:
    if page.often is None:
        return None
    day = {"daily": 0, "weekly": page.weekday, "monthly": page.day}[page.often]
    return due.spell(Schedule(page.often, page.at, day))


def _pause(page: Preferences, asked: str, now: datetime) -> dict[str, bool | date | None]:
    if asked == "kept" or (asked == "open" and page.paused and page.resumes is None):
        return {}
    if asked == "none":
        return {"paused": False} if page.paused else {}
    if asked != "open" and asked not in PAUSES:
        raise BadInput(f"{asked!r} is no pause")
    return {"paused": True, "until": (now + PAUSES[asked]).date() if asked in PAUSES else None}


def _one(form: Form, name: str, otherwise: str) -> str:
    return next(iter(form.get(name, ())), otherwise)
