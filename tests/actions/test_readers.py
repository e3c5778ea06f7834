"""Readers come and go, and nobody is brought back against their will."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from publisher.actions import importing, leaving, plan, readers, slots
from publisher.actions.house import House
from publisher.actions.publish import Published
from publisher.errors import BadInput
from publisher.model.delivery import State
from publisher.model.people import Reach, Said, Wish
from publisher.store import consents, ledger, people
from publisher.store.tables import notices, subscribers
from publisher.subscribers import imports
from publisher.subscribers.tokens import Claim

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

    Publishes = Callable[..., Published]

LAYLA = "layla@example.org"


def wishes(house: House) -> dict[str, Wish | None]:
    return {
        each.subscriber.address: each.newsletters.get("daily") for each in house.store.read(people.listing)
    }


def claim(house: House, address: str, newsletter: str = "daily") -> Claim:
    (person,) = [e.subscriber for e in house.store.read(people.listing) if e.subscriber.address == address]
    return Claim(person.id, house.store.read(people.known_newsletters)[newsletter].id)


def leave(house: House, address: str, clock: Clock) -> None:
    whose = claim(house, address)
    house.store.write(lambda c: leaving.leave(c, whose, clock()), urgent=True)


def take_in(house: House, lines: Iterable[str], clock: Clock, *, dry_run: bool = False) -> importing.Imported:
    return importing.import_rows(house, imports.rows(lines), None, clock(), confirmed=True, dry_run=dry_run)


def test_a_reader_is_pending_until_confirmed(house: House, clock: Clock) -> None:
    pending, active = {"daily": Wish.PENDING}, {"daily": Wish.ACTIVE}

    assert (pending, "confirm") == readers.add(house, LAYLA, None, clock(), confirmed=False)
    assert (pending, "capped") == readers.add(house, LAYLA, None, clock(), confirmed=False)
    assert (active, "") == readers.add(house, LAYLA, ["daily"], clock(), confirmed=True)
    assert (active, "") == readers.add(house, LAYLA.upper(), None, clock(), confirmed=False)
    assert {LAYLA: Wish.ACTIVE} == wishes(house)


def said(house: House, address: str) -> list[tuple[Said, int | None, str]]:
    """The record of consent: what was said, of which newsletter, and where."""
    person = claim(house, address).subscriber
    found = house.store.read(lambda c: consents.of(c, person))
    return [(each.event, each.newsletter, each.form) for each in found]


def test_who_vouches_for_a_reader_stands_in_the_record(house: House, clock: Clock) -> None:  # L4
    readers.add(house, LAYLA, None, clock(), confirmed=False, by="api shop")
    for by in ("admin", "operator"):  # the second changes nothing
        readers.add(house, LAYLA, None, clock(), confirmed=True, by=by)
    number = claim(house, LAYLA).newsletter

    assert [(Said.ASKED, number, "api shop"), (Said.VOUCHED, number, "admin")] == said(house, LAYLA)


def test_who_vouches_that_mail_reaches_a_reader_stands_there_too(house: House, clock: Clock) -> None:  # L4 B2
    readers.add(house, LAYLA, None, clock(), confirmed=True)
    house.store.write(lambda c: people.set_reach(c, claim(house, LAYLA).subscriber, Reach.BOUNCED))

    readers.add(house, LAYLA, None, clock(), confirmed=True)

    assert [(Said.VOUCHED, None, "operator")] == said(house, LAYLA)[1:]


@pytest.mark.parametrize("state", [Reach.COMPLAINED, Reach.SUPPRESSED])
def test_who_wants_no_mail_of_us_is_not_asked(state: Reach, house: House, clock: Clock) -> None:  # L3
    readers.add(house, LAYLA, None, clock(), confirmed=True)
    leave(house, LAYLA, clock)
    house.store.write(lambda c: people.set_reach(c, claim(house, LAYLA).subscriber, state))

    assert ({"daily": None}, "") == readers.add(house, LAYLA, None, clock(), confirmed=False)
    assert [] == house.store.read(lambda c: c.execute(select(notices)).all())


@pytest.mark.parametrize("address, newsletter", [("layla", None), ("a@b@c.org", None), (LAYLA, "weekly")])
def test_what_is_no_address_and_no_newsletter_is_refused(
    address: str, newsletter: str | None, house: House, clock: Clock
) -> None:
    with pytest.raises(BadInput):
        readers.add(house, address, [newsletter] if newsletter else None, clock(), confirmed=True)

    assert {} == wishes(house)


def test_an_import_takes_good_rows_and_names_the_others(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # L7
    monkeypatch.setattr(importing, "CHUNK", 3)
    lines = ["name,email\n", "ليلى,layla@example.org\n", "x,not an address\n", "y,LAYLA@example.org\n"]
    lines += [f"z,reader{n}@example.org\n" for n in range(8)] + ["w,reader0@example.org\n", "v,\n"]
    done = take_in(house, lines, clock)

    assert (9, 2, 0) == (done.added, done.already, done.kept)
    assert [3, 14] == [line for line, *_ in done.rejected]
    assert all(row.reason for row in done.rejected)
    assert {LAYLA: Wish.ACTIVE} | {f"reader{n}@example.org": Wish.ACTIVE for n in range(8)} == wishes(house)


def test_the_first_spelling_of_an_address_is_the_one_that_is_kept(house: House, clock: Clock) -> None:  # L6
    take_in(house, ["Layla@Example.ORG\n", "layla@example.org\n"], clock)

    assert ["Layla@example.org"] == list(wishes(house))


def test_an_import_again_changes_nothing(house: House, clock: Clock) -> None:  # L7
    lines = ["a@example.org\n", "b@example.org\n"]
    take_in(house, lines, clock)
    before = house.store.read(people.listing)
    clock.forward(days=1)
    done = take_in(house, lines, clock)

    assert (0, 2) == (done.added, done.already)
    assert before == house.store.read(people.listing)


def test_a_dry_run_writes_nothing(house: House, clock: Clock) -> None:  # L7
    done = take_in(house, ["a@example.org\n", "nonsense\n"], clock, dry_run=True)

    assert (1, [2]) == (done.added, [line for line, *_ in done.rejected])
    assert {} == wishes(house)


def test_an_import_never_lifts_an_unsubscribe(house: House, clock: Clock) -> None:  # L7
    readers.add(house, LAYLA, None, clock(), confirmed=True)
    leave(house, LAYLA, clock)
    done = take_in(house, [f"{LAYLA}\n", "new@example.org\n"], clock)

    assert (1, 0, 1) == (done.added, done.already, done.kept)
    assert {LAYLA: Wish.ENDED, "new@example.org": Wish.ACTIVE} == wishes(house)


@pytest.mark.parametrize("state", [Reach.BOUNCED, Reach.COMPLAINED, Reach.SUPPRESSED])
def test_an_import_never_lifts_a_suppression(state: Reach, house: House, clock: Clock) -> None:  # L7
    readers.add(house, LAYLA, None, clock(), confirmed=False)
    house.store.write(lambda c: c.execute(subscribers.update().values(state=state)))
    done = take_in(house, [f"{LAYLA}\n"], clock)

    assert (0, 1) == (done.added, done.kept)
    assert {LAYLA: Wish.PENDING} == wishes(house)


def test_unsubscribing_cancels_what_has_not_left(
    house: House, write: Write, publishes: Publishes, clock: Clock
) -> None:  # H2
    publishes(house)
    for name in ("layla", "omar", "sara"):
        readers.add(house, f"{name}@example.org", None, clock(), confirmed=True)
    write(house, "a.txt", "خبر\nنص الخبر.\n")
    publishes(house)
    number = slots.edition_now(house, house.newsletters["daily"], clock(), include_existing=False)
    assert number
    plan.plan(house, number, clock())
    house.store.write(lambda c: ledger.claim(c, clock(), 1))
    for _ in range(2):  # twice is once
        leave(house, LAYLA, clock)
        leave(house, "omar@example.org", clock)
    rows = house.store.read(lambda c: ledger.listing(c, None, []))

    assert {
        LAYLA: State.CANCELLED,
        "omar@example.org": State.CANCELLED,
        "sara@example.org": State.QUEUED,
    } == {row.address: row.state for row in rows}
    assert "unsubscribed" == rows[0].note
    assert [Wish.ENDED, Wish.ENDED, Wish.ACTIVE] == list(wishes(house).values())


def test_unsubscribing_ends_one_newsletter_and_no_other(house: House, clock: Clock) -> None:  # H2
    (daily,) = house.newsletters.values()
    both = replace(house, newsletters={"daily": daily, "weekly": replace(daily, name="weekly")})
    readers.add(both, LAYLA, None, clock(), confirmed=True)
    leave(both, LAYLA, clock)
    (listed,) = both.store.read(people.listing)

    assert {"daily": Wish.ENDED, "weekly": Wish.ACTIVE} == listed.newsletters


def test_a_link_says_who_leaves_what(house: House, clock: Clock) -> None:  # H4
    readers.add(house, LAYLA, None, clock(), confirmed=True)
    token = house.keys.sign("unsubscribe", claim(house, LAYLA))
    before = leaving.who_leaves(house, token, clock())
    leave(house, LAYLA, clock)
    after = leaving.who_leaves(house, token, clock())

    assert before
    assert after
    assert (LAYLA, "daily", False) == (before.person.address, before.name, before.ended)
    assert after.ended


@pytest.mark.parametrize(
    "purpose, subscriber, newsletter", [("message-id", 1, 1), ("unsubscribe", 9, 1), ("unsubscribe", 1, 9)]
)
def test_a_link_that_is_not_ours_says_nothing(
    purpose: str, subscriber: int, newsletter: int, house: House, clock: Clock
) -> None:  # H4
    readers.add(house, LAYLA, None, clock(), confirmed=True)

    assert leaving.who_leaves(house, house.keys.sign(purpose, Claim(subscriber, newsletter)), clock()) is None
    assert leaving.who_leaves(house, "nonsense", clock()) is None
