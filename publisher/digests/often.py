"""How often a newsletter comes, in words for its readers (D4)."""

from publisher.digests.due import Schedule, parse
from publisher.model.digest import Newsletter
from publisher.model.site import Site
from publisher.text.dates import digits_for, write_digits
from publisher.text.hours import clock, weekday_name
from publisher.text.words import Words
from publisher.text.zones import zoned


def often(newsletter: Newsletter, site: Site, ui: Words) -> str:
    """When *newsletter* comes, by the clock of the *site*, in the words of *ui*; behind it that readers choose, where
    they do: «كل يوم، الساعة 7:00 صباحًا بتوقيت بغداد»."""
    said = _schedule(newsletter.schedule, site, ui)
    if newsletter.frequencies:
        return ui.text("%(schedule)s. You choose how often it comes, and at what hour.") % {"schedule": said}
    return said


def _schedule(text: str, site: Site, ui: Words) -> str:
    schedule = parse(text)
    if schedule.kind == "cron":
        return ui.text("At times of its own")
    if schedule.kind == "instant":
        return ui.text("As soon as an article is published")
    return zoned(_at(schedule, site, ui), site.timezone.key, ui)


def _at(schedule: Schedule, site: Site, ui: Words) -> str:
    digits = digits_for(site.digits, ui.language, site.region)
    at = {"time": clock(schedule.at, ui.language, digits, region=site.region)}
    match schedule.kind:
        case "daily":
            return ui.text("Every day at %(time)s") % at
        case "weekly":
            day = {"weekday": weekday_name(schedule.day, ui.language)}
            return ui.text("Every week on %(weekday)s at %(time)s") % (at | day)
        case "monthly" if schedule.day == 31:
            return ui.text("On the last day of every month at %(time)s") % at
        case _:
            day = {"day": write_digits(str(schedule.day), digits)}
            return ui.text("Every month on day %(day)s at %(time)s") % (at | day)
