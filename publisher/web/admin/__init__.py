"""The editors' pages (threat 11): off unless `[web.admin]` names a password's file."""

from collections.abc import Callable

from starlette.routing import Route

from publisher.config import Settings
from publisher.verbs.session import Session
from publisher.web.admin.login import Entry

Lines = Callable[[], list[str]]


def routes(
    session: Session,
    settings: Settings | None,
    health: Lines,
    warnings: Lines,
    lines: Lines,
    editors: dict[str, Entry] | None = None,
) -> list[Route]:
    """What is answered below /admin; nothing where they are off. *editors* are in already, by what their cookies hash
    to."""
    if settings is None or not settings.web.admin.password_file:
        return []
    from publisher.web.admin import articles, dashboard, editions, people
    from publisher.web.admin.door import Door

    door = Door(session, settings, health, warnings, lines, {} if editors is None else editors)
    pages = [*dashboard.PAGES, *people.PAGES, *editions.PAGES, *articles.PAGES]
    return [*door.own(), *(door.route(page) for page in pages)]
