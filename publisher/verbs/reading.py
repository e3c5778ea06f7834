"""Verbs that only read: beside a running daemon, or without one."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from publisher.actions import assets, icon, pings, scan
from publisher.actions.house import House
from publisher.actions.letters import sender
from publisher.actions.unseen import Unseen
from publisher.articles.folder import shown
from publisher.digests import compose, due, samples
from publisher.digests.select import Selection
from publisher.errors import BadConfig, BadInput
from publisher.feeds import plain
from publisher.mail import message
from publisher.mail.message import message_id
from publisher.model.article import Body, Status, Story
from publisher.model.delivery import State
from publisher.model.digest import UNSUBSCRIBE_SLOT, Edition, Newsletter
from publisher.pages.article import article_page
from publisher.pages.home import home_page
from publisher.pages.notice import not_found_page
from publisher.store import articles, editions, ledger, people, release, translations
from publisher.store.articles import Listed
from publisher.subscribers.tokens import Claim
from publisher.text.dates import rfc3339

NAMED_BY = "translation_of is the other's path (posts/story.ar.md), slug or id"


def check(house: House, now: datetime) -> dict[str, Any]:
    """What `publish` would make of the folder as it is now. Writes to the house's store: hand it a copy."""
    notes = scan.note(house, scan.look(house, now, wait=False), now).notes
    house.store.write(lambda c: release.due(c, now))
    while house.store.write(release.place):
        pass
    assets.refresh(house, write=False)
    listed = house.store.read(articles.listing)
    problems = [
        {"where": shown(each.path), "what": warning, "mend": ""}
        for each in listed
        for warning in each.warnings
    ]
    problems += [{"where": str(house.folder), "what": note, "mend": ""} for note in notes]
    if problem := icon.refresh(house, write=False).problem:
        problems.append({"where": str(house.root), "what": problem, "mend": ""})
    problems += [
        {"where": shown(path), "what": f"is a translation of {name!r}, which is not there", "mend": NAMED_BY}
        for path, name in house.store.read(translations.unknown)
    ]
    problems += _template_problems(house, now)
    return {"articles": [_row(house, each) for each in listed], "problems": problems}


def _template_problems(house: House, now: datetime) -> list[dict[str, Any]]:
    """What is wrong with the templates and subjects, tried on the newest article, each fault once."""
    newest = house.store.read(lambda c: articles.newest(c, 1))
    site, layout, templates = house.site, house.layout, house.templates
    trials: list[Callable[[], object]] = [
        partial(home_page, site, layout, newest, templates),
        partial(not_found_page, site, layout, templates),
    ]
    for article in newest:
        story = Story(article, Body((), article.language, article.direction))
        trials.append(partial(article_page, site, layout, story, templates))
    for each in house.newsletters.values():
        one = newest[0] if newest else None
        trials += samples.trials(site, each, layout, templates, now, article=one).values()
    problems: list[dict[str, Any]] = []
    for trial in trials:
        try:
            trial()
        except BadConfig as error:
            problem = {"where": error.where, "what": error.what, "mend": error.mend}
            problems += [problem] if problem not in problems else []
    return problems


def _row(house: House, each: Listed) -> dict[str, Any]:
    article = each.article
    named = each.status in {Status.PUBLISHED, Status.HELD} and article is not None
    return {
        "path": shown(each.path),
        "status": each.status,
        "title": article.title if named and article else None,
        "language": article.language if named and article else None,
        "direction": article.direction if named and article else None,
        "published": rfc3339(article.published) if named and article else None,
        "updated": rfc3339(article.updated) if named and article else None,
        "id": plain.identity(article, "atom") if article else None,
        "url": house.layout.article(article.slug) if named and article else None,
        "reason": " Mend: ".join(filter(None, (each.reason, each.mend))) or None,
        "line": each.line,
    }


def status(house: House, now: datetime) -> dict[str, Any]:
    """What is published, refused, subscribed, sent and due."""
    rows = house.store.read(articles.listing)
    refused = [each for each in rows if each.status == Status.QUARANTINED]
    return {
        "articles": house.store.read(articles.tally),
        "subscribers": house.store.read(people.tally),
        "deliveries": {state.name.lower(): n for state, n in house.store.read(ledger.tally).items()},
        "newsletters": newsletters(house, now)["newsletters"],
        "pings": [
            {
                "hub": each.hub,
                "topic": house.layout.url(each.path),
                "state": "waits" if each.due else "given up",
                "attempts": each.attempts,
                "next_try": rfc3339(each.due) if each.due else None,
                "answer": each.answer,
            }
            for each in pings.untold(house)
        ],
        "quarantined": [
            {"path": shown(e.path), "line": e.line, "reason": e.reason, "mend": e.mend} for e in refused
        ],
    }


def newsletters(house: House, now: datetime) -> dict[str, Any]:
    """The digests of the configuration: next due, last edition, readers."""
    last = {}
    for edition, counts in reversed(house.store.read(editions.listing)):
        last[edition.newsletter] = _edition(edition, counts)
    readers: dict[str, int] = {}
    for listed in house.store.read(people.listing):
        for name, wish in listed.newsletters.items():
            readers[name] = readers.get(name, 0) + (wish == "active")
    rows = [
        {
            "name": each.name,
            "title": each.title,
            "schedule": each.schedule,
            "next_due": None
            if each.instant
            else rfc3339(due.following(due.parse(each.schedule), house.site.timezone, now)),
            "last_edition": last.get(each.name),
            "active": readers.get(each.name, 0),
        }
        for each in house.newsletters.values()
    ]
    return {"newsletters": rows}


def subscribers(house: House) -> dict[str, Any]:
    """All readers with their subscriptions."""
    rows = [
        {
            "id": listed.subscriber.id,
            "address": listed.subscriber.address,
            "state": listed.subscriber.state,
            "language": listed.subscriber.language,
            "newsletters": listed.newsletters,
            "since": rfc3339(listed.created),
        }
        for listed in house.store.read(people.listing)
    ]
    return {"subscribers": rows}


def editions_list(house: House) -> dict[str, Any]:
    """All editions, newest first."""
    return {"editions": [_edition(*each) for each in house.store.read(editions.listing)]}


def _edition(edition: Edition, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "id": edition.id,
        "newsletter": edition.newsletter,
        "slot": edition.slot,
        "planned": rfc3339(edition.planned),
        "expires": rfc3339(edition.expires),
        "deliveries": counts,
    }


def deliveries(house: House, *, edition: int | None, states: list[str]) -> dict[str, Any]:
    """The ledger: what became of every letter."""
    wanted = [State[state.upper()] for state in states]
    if edition is not None and edition not in {e.id for e, _ in house.store.read(editions.listing)}:
        raise BadInput(f"there is no edition {edition}", "", "`nashir editions` lists them")
    rows = []
    for each in house.store.read(lambda c: ledger.listing(c, edition, wanted)):
        key = house.keys.sign("message-id", Claim(each.subscriber, each.edition))
        rows.append(
            {
                "edition": each.edition,
                "newsletter": each.newsletter,
                "subscriber": each.subscriber,
                "address": each.address,
                "state": each.state.name.lower(),
                "attempts": each.attempts,
                "code": each.code,
                "note": each.note,
                "message_id": message_id(each.edition, key, sender(house, each.newsletter).domain),
            }
        )
    return {"deliveries": rows}


def preview(house: House, *, newsletter: str | None, now: datetime) -> dict[str, Any]:
    """Compose what the next edition would hold (the newest articles where nothing is new) into files below
    state/preview; nothing is planned or sent."""
    house = house.learnt()
    return {"previews": [_preview(house, each, now) for each in house.newsletter(newsletter)]}


def _preview(house: House, newsletter: Newsletter, now: datetime) -> dict[str, Any]:
    last = [e.upto_seq for e, _ in house.store.read(editions.listing) if e.newsletter == newsletter.name]
    series = house.store.read(people.known_newsletters).get(newsletter.name)
    upto = house.store.read(articles.max_seq)
    floor = max([*last, (series.baseline if series else 0) or 0])
    unseen = Unseen(house, newsletter, series, upto) if series else None
    selection = unseen(floor, None, ()) if unseen else Selection((), 0)
    if unseen and not selection.items:
        selection = unseen(0, None, ())
    if not selection.items:
        raise BadInput(
            f"{newsletter.name} has no article to show", "", "publish one that fits its categories"
        )
    content = compose.compose(house.site, newsletter, selection, house.layout, house.templates, now)
    edition = Edition(0, newsletter.name, "preview", now, now, upto)
    link = house.layout.unsubscribe("preview")
    letter = message.assemble(
        content,
        edition,
        sender(house, newsletter.name),
        recipient="reader@example.org",
        message_id_key="preview",
        unsubscribe_url=link,
        preferences_url=house.layout.preferences("preview"),
    )
    folder = house.root / "state" / "preview"
    folder.mkdir(mode=0o700, exist_ok=True)
    shown_html, shown_text = (part.replace(UNSUBSCRIBE_SLOT, link) for part in (content.html, content.text))
    files = {"html": shown_html.encode(), "text": shown_text.encode(), "letter": letter.data}
    for kind, data in files.items():
        folder.joinpath(f"{newsletter.name}.{SUFFIX[kind]}").write_bytes(data)
    return {
        "newsletter": newsletter.name,
        "subject": content.subject,
        "items": len(selection.items),
        "bytes": len(letter.data),
        **{kind: str((folder / f"{newsletter.name}.{SUFFIX[kind]}").absolute()) for kind in files},
    }


SUFFIX = {"html": "html", "text": "txt", "letter": "eml"}
