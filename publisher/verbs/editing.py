"""What editors do: decide about an edition, correct an article (D8, D9)."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from publisher.errors import BadInput, Unknown
from publisher.model.digest import Release
from publisher.store import editions
from publisher.verbs.reading import edition_row
from publisher.verbs.session import Session, on_disk

if TYPE_CHECKING:
    from publisher.actions.approval import Decision


async def decide(session: Session, *, edition: int, decision: str) -> dict[str, Any]:
    """Hold, release or cancel an edition. Raises BadInput where there is none of that number."""
    from publisher.actions import approval, endings

    house = session.house
    if decision not in approval.DECISIONS:
        raise BadInput(f"{decision!r} is no decision", "", "hold, release or cancel")
    act = partial(approval.decide, house, edition, cast("Decision", decision), session.clock())
    done = await asyncio.to_thread(act)
    if done is None:
        raise Unknown(f"there is no edition {edition}", "", "`nashir editions` lists them")
    after, changed = done
    if after.release is Release.CANCELLED:
        await asyncio.to_thread(endings.wind_up, house)
    if changed and session.in_daemon:
        session.on_planned()  # its page and its entry in the feed come or go
    elif changed and not session.elsewhere():  # else the scheduler publishes it
        await session.publish(whole=False)
    ((each, counts),) = await asyncio.to_thread(house.store.read, lambda c: editions.listing(c, [edition]))
    wanted = approval.DECISIONS[decision]
    reason = "" if changed and after.release is wanted else _why_not(after.release, wanted)
    return {"edition": edition_row(each, counts), "changed": changed, "reason": reason}


def _why_not(release: Release, wanted: Release) -> str:
    if release is wanted:
        return f"it is {release} already"
    if release is Release.CANCELLED:
        return "it is cancelled, or its life is over; `nashir send --now` sends what readers have not had"
    return "all of it has left"


async def correct(session: Session, *, article: str, text: str) -> dict[str, Any]:
    """Correct an article: note it in feeds and on its page, and plan the letters to those who were mailed it."""
    from publisher.actions import correction, plan

    session.at_home()
    house, now = session.house, session.clock()
    done = await asyncio.to_thread(correction.correct, house, article, text, now)
    await session.publish(whole=False)

    def planned() -> list[dict[str, Any]]:
        with session.planning, on_disk():
            for number in done.editions:
                plan.plan(house, number, now)
        rows = house.store.read(lambda c: editions.listing(c, done.editions))
        return [
            {"id": each.id, "newsletter": each.newsletter, "letters": sum(counts.values())}
            for each, counts in rows
        ]

    made = await asyncio.to_thread(planned)
    shown = done.article
    return {
        "article": {"id": shown.id, "title": shown.title, "url": house.layout.article(shown.slug)},
        "carried": bool(done.editions),
        "editions": made,
        "letters": sum(each["letters"] for each in made),
    }
