"""Editors see an edition before it leaves, and decide (D8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from sqlalchemy import Connection

from publisher.actions import endings, plan, slots
from publisher.actions.house import House
from publisher.actions.unseen import Unseen
from publisher.digests import compose, decisions, notices
from publisher.digests.select import Selection
from publisher.errors import BadConfig
from publisher.mail import refusals
from publisher.mail.address import mailbox
from publisher.model.delivery import State
from publisher.model.digest import Content, Edition, Kind, Newsletter, Release
from publisher.model.stop import LASTING
from publisher.store import approvals, articles, audience, editions, ledger, people, waves
from publisher.store import notices as outbox
from publisher.store.editions import Progress
from publisher.store.people import Series
from publisher.subscribers.tokens import Claim

Decision = Literal["hold", "release", "cancel"]
DECISIONS: Mapping[str, Release] = {
    "hold": Release.HELD,
    "release": Release.RELEASED,
    "cancel": Release.CANCELLED,
}
NEWS = timedelta(hours=72)  # in which a notice is still one


@dataclass(frozen=True, slots=True)
class Outlook:
    """An edition as editors look at it."""

    content: (
        Content | None
    )  # the letter as most readers get it; None where no article is left, or with a problem
    headlines: tuple[str, ...]
    more: int  # articles that do not fit
    readers: int
    left: int  # letters that are sent, or may be
    open: bool  # whether anything can still be decided
    problem: BadConfig | None = None  # why the letter cannot be made
    replaced: bool = False  # it is cancelled, and what it held left in a later edition


def look(house: House, number: int, now: datetime) -> tuple[Progress, Outlook] | None:
    """This edition as it would leave *now*, or as it left; None where there is none. Before it leaves its letter is
    that of the articles as they are."""
    progress = house.store.read(lambda c: editions.progress(c, number))
    if progress is None:
        return None
    outlook = _outlook(house, progress, now)
    if progress.edition.release is Release.CANCELLED:
        gone = house.store.read(lambda c: approvals.replaced(c, progress.edition))
        outlook = replace(outlook, replaced=gone)
    return progress, outlook


def _outlook(house: House, progress: Progress, now: datetime) -> Outlook:
    number = progress.edition.id
    tally = house.store.read(lambda c: ledger.tally(c, [number]))
    left = sum(tally.get(state, 0) for state in (State.SENT, State.SENDING, State.UNKNOWN))
    is_open = progress.edition.release is not Release.CANCELLED and not endings.is_over(house, progress)
    if variant := house.store.read(lambda c: editions.foremost(c, number)):
        titles = house.store.read(lambda c: articles.some(c, variant.articles))
        by_id = {article.id: article.title for article in titles}
        headlines = tuple(by_id[each] for each in variant.articles if each in by_id)
        stored = house.store.read(lambda c: editions.variant(c, variant.id)).content
        return Outlook(stored, headlines, 0, sum(tally.values()), left, is_open)
    newsletter = house.newsletters.get(progress.edition.newsletter)
    if newsletter is None:
        return Outlook(None, (), 0, 0, left, is_open)
    made, selection, readers = _ahead(house.learnt(), newsletter, progress.edition, now)
    headlines = tuple(article.title for article in selection.items)
    content, problem = (None, made) if isinstance(made, BadConfig) else (made, None)
    return Outlook(content, headlines, selection.more, readers, left, is_open, problem)


def _ahead(
    house: House, newsletter: Newsletter, edition: Edition, now: datetime
) -> tuple[Content | BadConfig | None, Selection, int]:
    """The letter that most readers will get, or why it cannot be made, its selection, and how many readers will get
    one."""
    series = house.store.read(people.known_newsletters)[edition.newsletter]
    unseen = Unseen(house, newsletter, series, edition.upto_seq)
    found: dict[tuple[str, ...], tuple[int, Selection, str | None]] = {}
    for each in house.store.read(lambda c: audience.groups(c, series.id)):
        floor = edition.from_seq
        if floor is None:
            floor = unseen.floor(each.seen_seq, each.letters)
        selection = unseen(floor, each.language, each.categories)
        if selection.items:
            key = (each.language or "", *(article.id for article in selection.items))
            before = found.get(key, (0, selection, each.language))
            found[key] = (before[0] + each.readers, *before[1:])
    if not found:
        return None, Selection((), 0), 0
    _, selection, language = max(found.values(), key=lambda each: each[0])
    spoken = compose.spoken(language, house.site.language)
    as_it_is = _with_opening(house, newsletter, series, edition, now)
    content: Content | BadConfig
    try:
        content = plan.content(house, newsletter, as_it_is, selection, spoken, text_only=False)
    except BadConfig as error:
        content = error
    return content, selection, sum(number for number, *_ in found.values())


def _with_opening(
    house: House, newsletter: Newsletter, series: Series, edition: Edition, now: datetime
) -> Edition:
    try:
        return plan.with_opening(house, newsletter, series, edition, now)
    except BadConfig:  # it is named where the edition is planned
        return edition


def decide(house: House, number: int, decision: Decision, now: datetime) -> tuple[Edition, bool] | None:
    """Hold, release or cancel this edition; returns what it is then, and whether that is new. Nothing changes where
    all of it has left, or what was cancelled. Nothing is sent that was not there a commit ago: what is claimed waits,
    or is cancelled, when its turn comes. None where there is no such edition."""
    progress = house.store.read(lambda c: editions.progress(c, number))
    if progress is None:
        return None
    edition, wanted = progress.edition, DECISIONS[decision]
    if edition.release in {wanted, Release.CANCELLED} or endings.is_over(house, progress):
        return edition, False
    if edition.release in approvals.UNDECIDED and edition.expires <= now:
        wanted = Release.CANCELLED  # as the next look at what is due would find
    change = partial(approvals.set_release, edition=number, release=wanted, before=edition.release)
    newsletter = house.newsletters.get(edition.newsletter)
    begun = house.store.read(lambda c: editions.foremost(c, number))  # then its letters have their date (M5)
    if wanted is Release.RELEASED and newsletter and not begun:
        leaves = max(slots.instant(edition) or now, now)
        change = partial(change, planned=leaves, expires=slots.life(house, newsletter, None, leaves))
    done = house.store.write(partial(_change, change=change, before=edition, wanted=wanted, now=now))
    if wanted is Release.CANCELLED:
        endings.recall(house, number)
    after = house.store.read(lambda c: editions.progress(c, number))
    return (after.edition if after else edition), done


def _change(
    connection: Connection,
    change: Callable[[Connection], bool],
    before: Edition,
    wanted: Release,
    now: datetime,
) -> bool:
    if not change(connection):
        return False
    if wanted is Release.RELEASED and before.stopped:
        approvals.resume(connection, before.id, now, refusals.is_ours)
        if before.stopped.reason in LASTING:  # its first letters would say the same again
            waves.let_go(connection, before.id)
    return True


def come_due(house: House, now: datetime) -> list[str]:
    """What nobody decided about: it leaves at its time where silence is consent; when its life ends it is cancelled.
    What was cancelled is wound up. Returns what is wrong."""
    problems: list[str] = []
    for progress in house.store.read(approvals.undecided):
        try:
            _undecided(house, progress, now)
        except BadConfig as error:
            problems.append(str(error))
    endings.wind_up(house)
    return problems


def _undecided(house: House, progress: Progress, now: datetime) -> None:
    edition = progress.edition
    newsletter = house.newsletters.get(edition.newsletter)
    change = partial(approvals.set_release, edition=edition.id, before=edition.release)
    if edition.expires <= now or (newsletter is None and edition.planned <= now):
        house.store.write(partial(change, release=Release.CANCELLED))
        _write(house, "lapsed", edition, now)
    elif edition.release is Release.PROPOSED and edition.planned <= now:
        if newsletter and newsletter.approve == "required":
            _write(house, "waiting", edition, now)
        else:
            house.store.write(partial(change, release=Release.RELEASED))


def ask(house: House, now: datetime) -> list[str]:
    """Write to the editors about each proposed edition, once. Returns what is wrong."""
    problems: list[str] = []
    for progress in house.store.read(approvals.undecided):
        if progress.edition.release is Release.PROPOSED:
            try:
                _write(house, "preview", progress.edition, now)
            except BadConfig as error:
                problems.append(str(error))
    return problems


def approval_url(house: House, edition: int) -> str:
    """The page where editors decide about this edition."""
    return house.layout.approval(house.keys.sign("approval", Claim(0, edition)))


def _write(
    house: House, kind: Literal["preview", "waiting", "lapsed"], edition: Edition, now: datetime
) -> None:
    """Put a letter of this *kind* about *edition* into the outbox, for each editor, once. Raises BadConfig where a
    template cannot be used."""
    key = str(edition.id)
    if not house.mail.editors and not edition.stopped:
        return
    if house.store.read(lambda c: outbox.has(c, kind, key)):
        return
    if _away(house, edition):
        return
    found = look(house, edition.id, now)
    if found and found[1].problem:
        raise found[1].problem
    if found is None or found[1].content is None:
        _nothing(house, edition)
        return
    content = _letter(house.learnt(), kind, edition, found[1], found[1].content)
    add = partial(outbox.add, kind=kind, key=key, recipients=addressees(house), content=content)
    house.store.write(partial(add, now=now, expires=now + NEWS))


def addressees(house: House) -> list[str]:
    """The addresses of the editors; where there are none, the one that letters come from."""
    return [mailbox(each)[1] for each in house.mail.editors or (house.mail.sender,)]


def _away(house: House, edition: Edition) -> bool:
    """Whether the article of such a letter is away: it may come back, and is worth no look until then."""
    since = edition.from_seq
    return since is not None and not house.store.read(
        lambda c: articles.between(c, since, edition.upto_seq, limit=1)
    )


def _nothing(house: House, edition: Edition) -> None:
    """Nobody can decide about an edition that nothing is left of; what comes back is in the next one."""
    if edition.newsletter in house.newsletters and edition.release in approvals.UNDECIDED:
        end = partial(approvals.set_release, edition=edition.id, release=Release.CANCELLED)
        house.store.write(partial(end, before=edition.release))


def _letter(house: House, kind: str, edition: Edition, outlook: Outlook, content: Content) -> Content:
    newsletter = house.newsletters.get(edition.newsletter)
    subject, url = content.subject, approval_url(house, edition.id)
    if kind == "preview" and newsletter:
        return notices.preview_for_editors(
            house.site,
            newsletter,
            house.layout,
            house.templates,
            subject=subject,
            headlines=outlook.headlines,
            more=outlook.more,
            readers=outlook.readers,
            due=edition.planned,
            approval_url=url,
        )
    if kind == "waiting":
        due = None if newsletter and newsletter.instant else edition.planned
        waiting = partial(decisions.waiting, due=due)
        return waiting(house.site, house.layout, house.templates, subject=subject, approval_url=url)
    return decisions.lapsed(
        house.site,
        house.layout,
        house.templates,
        subject=subject,
        digest=edition.kind is Kind.DIGEST,
        begun=outlook.left > 0,
        approval_url=url,
    )
