"""Verbs that read a long list in pages: each says where the next begins, so that no row is missed or comes twice while
others are added."""

from typing import Any, Literal

from publisher.actions.house import House
from publisher.errors import BadInput, Unknown
from publisher.model.delivery import State
from publisher.model.people import whose
from publisher.store import editions as numbered
from publisher.store import ledger, people
from publisher.verbs.reading import edition_row, letter_rows, subscriber_row

LIMIT, MOST = 100, 500  # rows of a page
PersonState = Literal[
    "pending", "active", "paused", "ended", "reachable", "bounced", "complained", "suppressed", "erased"
]
LetterState = Literal["queued", "claimed", "sending", "sent", "failed", "unknown", "cancelled"]


def subscribers(
    house: House,
    *,
    search: str = "",
    state: PersonState | None = None,
    newsletter: str | None = None,
    address: str | None = None,
    after: int = 0,
    limit: int = LIMIT,
) -> dict[str, Any]:
    """A page of readers, oldest first. *search* is a part of the address, *address* all of it; *state* is what they can
    be reached by, or for whom that is so, what a subscription of theirs is."""
    from publisher.subscribers import addresses

    wish, reach = whose(state)
    if newsletter is not None:
        house.newsletter(newsletter)
    key = addresses.parse(address).key if address is not None else ""
    found = house.store.read(
        lambda c: people.page(
            c,
            contains=search,
            reach=reach,
            newsletter=newsletter or "",
            wish=wish,
            after=after,
            limit=_rows(limit) + 1,
            key=key,
        )
    )
    rows = [subscriber_row(each) for each in found]
    return {"subscribers": rows[:limit], "next": rows[limit - 1]["id"] if len(rows) > limit else None}


def editions(house: House, *, after: int | None = None, limit: int = LIMIT) -> dict[str, Any]:
    """A page of editions, newest first."""
    numbers = house.store.read(lambda c: numbered.numbers(c, before=after, limit=_rows(limit) + 1))
    shown = numbers[:limit]
    rows = house.store.read(lambda c: numbered.listing(c, shown)) if shown else []
    return {
        "editions": [edition_row(*each) for each in rows],
        "next": shown[-1] if len(numbers) > limit else None,
    }


def edition(house: House, *, edition: int) -> dict[str, Any]:
    """One edition with its letters by state."""
    rows = house.store.read(lambda c: numbered.listing(c, [edition]))
    if not rows:
        raise Unknown(f"there is no edition {edition}", "", "`nashir editions` lists them")
    return edition_row(*rows[0])


def deliveries(
    house: House,
    *,
    edition: int | None = None,
    state: LetterState | None = None,
    after: str | None = None,
    limit: int = LIMIT,
) -> dict[str, Any]:
    """A page of the ledger, by edition and reader."""
    if edition is not None and house.store.read(lambda c: numbered.progress(c, edition)) is None:
        raise Unknown(f"there is no edition {edition}", "", "`nashir editions` lists them")
    place, wanted = _place(after), [State[state.upper()]] if state else []
    found = house.store.read(lambda c: ledger.listing(c, edition, wanted, place, _rows(limit) + 1))
    rows = list(letter_rows(house, found[:limit]))
    last = found[limit - 1] if len(found) > limit else None
    return {"deliveries": rows, "next": f"{last.edition}-{last.subscriber}" if last else None}


def _rows(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise BadInput(f"{limit} rows are no page", "limit", f"ask for 1 to {MOST}")
    return limit


def _place(after: str | None) -> tuple[int, int]:
    """The letter that a page ended with."""
    if after is None:
        return 0, 0
    left, dash, right = after.partition("-")
    if not dash or not all(n.isascii() and n.isdigit() and len(n) < 19 for n in (left, right)):
        raise BadInput(f"{after!r} is no place in the list", "after", 'give what "next" said')
    return int(left), int(right)
