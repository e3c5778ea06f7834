"""The page where a reader changes what comes and when (L5): one form, for one newsletter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from unicodedata import name

from publisher.layout import Layout
from publisher.model.digest import Frequency
from publisher.model.site import Site
from publisher.pages.frame import inline, page
from publisher.pages.notice import Way
from publisher.templating import Templates
from publisher.text.dates import digits_for, site_date, write_digits
from publisher.text.hours import clock, weekday_name
from publisher.text.week import week
from publisher.text.words import Words, own_name, words
from publisher.text.zones import Zone, zone_name, zoned, zones


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader has of a newsletter, and what they may have instead."""

    newsletter: str  # its title
    offered: tuple[Frequency, ...]  # () = when it comes is not the reader's choice
    often: Frequency | None  # None: as the newsletter has it, which is none of these
    at: time
    weekday: int  # 0 for Monday
    day: int  # of the month; 31 = its last
    zone: str  # IANA
    categories: tuple[str, ...]  # among which they may choose
    chosen: tuple[str, ...]  # () = all of them
    language: str
    languages: tuple[str, ...]  # that they may choose among
    text_only: bool
    paused: bool
    resumes: date | None  # the first day after a pause; None: when the reader says so
    due: datetime | None  # when the next letter may come, on their clock


def preferences_page(
    site: Site,
    layout: Layout,
    templates: Templates,
    found: Preferences,
    *,
    action: str,
    leave: str,
    ways: Sequence[Way] = (),
    said: str = "",
) -> bytes:
    """The form with what *found* says, in its reader's language; UTF-8. It is sent to *action* by POST only, *leave* is
    where one unsubscribes, *ways* what else may be done elsewhere, and *said*, words of ours, stands above the form.
    Needs no script."""
    ui = words(found.language)
    heading = ui.text("Your preferences")
    return page(
        "preferences.html.j2",
        templates,
        site,
        layout,
        ui,
        title=f"{heading} — {site.title}",
        language=ui.language,
        direction=ui.direction,
        heading=heading,
        newsletter=inline(found.newsletter, ui.direction),
        said=said,
        action=action,
        leave=leave,
        ways=ways,
        found=found,
        categories=[(each, inline(each, ui.direction)) for each in _near(found.categories, ui)],
        languages=[(each, own_name(each)) for each in found.languages],
        pauses=_pauses(found, site, ui),
        **controls(found, site, ui),
    )


def controls(found: Preferences, site: Site, ui: Words) -> dict[str, Any]:
    """When the next letter comes, and what is to choose among of that, in the words of *ui*."""
    return {
        "due": _due(found, site, ui),
        "often": _frequencies(found, ui),
        "weekdays": [(number, weekday_name(number, ui.language)) for number in week(site.region)],
        "days": _days(site, ui),
        "zones": _zones(found, site, ui),
    }


def _due(found: Preferences, site: Site, ui: Words) -> str:
    if found.due is None or found.paused:
        return ""
    digits = digits_for(site.digits, ui.language, site.region)
    hour = clock(found.due.time(), ui.language, digits, region=site.region)
    # The date is that of the reader's clock, whatever the site's shows.
    day = site_date(found.due.replace(tzinfo=site.timezone), site, ui.language)
    return ui.text("The next letter: %(date)s, %(time)s") % {
        "date": day,
        "time": zoned(hour, found.zone, ui),
    }


def _frequencies(found: Preferences, ui: Words) -> list[tuple[Frequency, str]]:
    said: dict[Frequency, str] = {
        "daily": ui.text("Every day"),
        "weekly": ui.text("Every week, on"),
        "monthly": ui.text("Every month, on day"),
    }
    return [(each, said[each]) for each in said if each in found.offered]


def _days(site: Site, ui: Words) -> list[tuple[int, str]]:
    digits = digits_for(site.digits, ui.language, site.region)
    return [*((day, write_digits(str(day), digits)) for day in range(1, 29)), (31, ui.text("the last"))]


def _zones(found: Preferences, site: Site, ui: Words) -> list[Zone]:
    """All there are, and the reader's own where it has an older name."""
    offered = zones(ui.language, site.region)
    own = Zone(found.zone, zone_name(found.zone, ui.language))
    return [*offered] if any(each.id == own.id for each in offered) else [own, *offered]


def _near(topics: Sequence[str], ui: Words) -> list[str]:
    """*topics*, those in the script of the page first."""
    own = _scripts(own_name(ui.language))
    return sorted(topics, key=lambda each: not own & _scripts(each))


def _scripts(text: str) -> set[str]:
    """The scripts of the letters of *text*, as Unicode names them."""
    return {name(char, "").partition(" ")[0] for char in text if char.isalpha()}


def _pauses(found: Preferences, site: Site, ui: Words) -> list[tuple[str, str]]:
    """What may be chosen; "kept" stands for a pause whose end is not among the others."""
    said = {
        "none": ui.text("None: letters come"),
        "week": ui.text("For a week"),
        "month": ui.text("For a month"),
        "open": ui.text("Until I come back"),
    }
    if not (found.paused and found.resumes):
        return list(said.items())
    noon = datetime.combine(found.resumes, time(12), site.timezone)
    until = ui.text("Letters come again on %(date)s") % {"date": site_date(noon, site, ui.language)}
    return [("kept", until), *said.items()]
