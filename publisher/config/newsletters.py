"""[[newsletters]] to Newsletters."""

from collections.abc import Sequence
from dataclasses import fields
from typing import get_args

from publisher.config.places import Keys
from publisher.config.reading import Reading
from publisher.config.words import below, name, one_of
from publisher.config.written import File, NewsletterTable
from publisher.digests import due, window
from publisher.model.digest import AskYearly, Frequency, Newsletter
from publisher.model.site import Site
from publisher.text.clean import clean_line


def newsletters(reading: Reading, file: File, site: Site) -> tuple[Newsletter, ...]:
    """All of them. Raises BadConfig for the first value that cannot be used, and a name that is there twice."""
    found = tuple(
        _newsletter(reading, table, n, site, file.mail.editors) for n, table in enumerate(file.newsletters)
    )
    for n, newsletter in enumerate(found):
        if newsletter.name in {other.name for other in found[:n]}:
            raise reading.bad(
                ("newsletters", n, "name"), f"two newsletters are named {newsletter.name}", "rename one"
            )
    return found


def _newsletter(
    reading: Reading, table: NewsletterTable, number: int, site: Site, editors: Sequence[str]
) -> Newsletter:
    at: Keys = ("newsletters", number)
    reading.check(at, "name", lambda: name(table.name))
    reading.check(at, "schedule", lambda: due.parse(table.schedule))
    reading.check(at, "frequencies", lambda: _chosen(table))
    reading.within(at, table, welcome_items=(0, 50))
    reading.check(at, "approve", lambda: _approval(table, editors))
    reading.within(at, table, approve_before=(5, 1440))
    reading.check(at, "ask_yearly", lambda: one_of(table.ask_yearly, get_args(AskYearly)))
    reading.check(at, "window", lambda: window.parse(table.window) if table.window else None)
    reading.check(at, "opening", lambda: below(table.opening))
    reading.check(at, "template", lambda: name(table.template))
    reading.within(at, table, max_items=(1, 200), max_lateness=(60, 7 * 86400))
    values = {f.name: getattr(table, f.name) for f in fields(table)}
    return Newsletter(**values | {"title": clean_line(table.title) or site.title})


def _chosen(table: NewsletterTable) -> None:
    for word in table.frequencies:
        if word not in get_args(Frequency):
            raise ValueError(f"{word!r} is no frequency; choose of {', '.join(get_args(Frequency))}")
    if table.frequencies and table.schedule == "instant":
        raise ValueError("nobody chooses when an instant newsletter comes; leave them out")


def _approval(table: NewsletterTable, editors: Sequence[str]) -> None:
    if table.approve == "none":
        return
    if not editors:
        raise ValueError('nobody can approve; add editors = ["editor@example.org"] to [mail]')
    if table.frequencies:
        raise ValueError(
            "editors cannot look at letters that come at any hour; leave out frequencies, or approve"
        )
