"""An edition that goes wrong is held by us, and its editors are told (S3, S9, B2)."""

from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from publisher.actions import endings
from publisher.actions.approval import NEWS, addressees, approval_url
from publisher.actions.house import House
from publisher.digests import decisions
from publisher.errors import BadConfig
from publisher.model.delivery import LEFT, UNSENT
from publisher.model.digest import Content, Edition, Release
from publisher.model.stop import LASTING, Stop, Stopped
from publisher.store import approvals, editions, ledger
from publisher.store import notices as outbox


def stop(house: House, edition: int, reason: Stop, now: datetime, *, reply: str = "") -> bool:
    """Hold a released edition for this *reason*; *reply* is the answer of a mail server that shows it, one line,
    escaped. Its editors get one notice, also where all of it has left. Returns whether it was held: not where somebody
    released it in spite of a reason that lasts. Raises BadConfig, when it is held, where the template of the notice
    cannot be used."""
    progress = house.store.read(lambda c: editions.progress(c, edition))
    if progress is None or progress.edition.release is not Release.RELEASED:
        return False
    key = f"{edition}:{reason}" if reason in LASTING else f"{edition}:{now.isoformat()}"
    if house.store.read(lambda c: outbox.has(c, "stopped", key)):
        return False
    why, over = Stopped(reason, reply), endings.is_over(house, progress)
    hold = partial(approvals.stop, edition=edition, stopped=str(why))
    try:
        content = _notice(house.learnt(), progress.edition, why, over=over)
    except BadConfig:
        if not over:
            house.store.write(hold)
        raise
    add = partial(outbox.add, kind="stopped", key=key, recipients=addressees(house), content=content)

    def write(connection: Connection) -> bool:
        if not over and not hold(connection):
            return False
        add(connection, now=now, expires=now + NEWS)
        return not over

    return house.store.write(write)


def _notice(house: House, edition: Edition, why: Stopped, *, over: bool) -> Content:
    variant = house.store.read(lambda c: editions.foremost(c, edition.id))
    subject = house.store.read(lambda c: editions.variant(c, variant.id)).content.subject if variant else ""
    tally = house.store.read(lambda c: ledger.tally(c, [edition.id]))
    title = house.newsletters[edition.newsletter].title if edition.newsletter in house.newsletters else ""
    return decisions.stopped(
        house.site,
        house.layout,
        house.templates,
        subject=subject or edition.name or edition.newsletter,
        why=why,
        over=over,
        title=title,
        left=sum(tally.get(state, 0) for state in LEFT),
        waiting=sum(tally.get(state, 0) for state in UNSENT),
        approval_url=approval_url(house, edition.id),
    )
