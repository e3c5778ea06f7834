"""A newsroom for tests of what editors do: a real site and ledger, a made-up relay and a clock that is turned."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from publisher.actions import approval, readers
from publisher.actions.hours import opens
from publisher.actions.house import House
from publisher.actions.letters import Letters, notice
from publisher.actions.publish import Published
from publisher.engine.local import LocalEngine
from publisher.mail.gate import Gate, Limits
from publisher.model.delivery import Letter
from publisher.model.digest import Edition, Newsletter
from publisher.store import editions
from publisher.store import state as states
from publisher.store.tables import notices, subscribers, subscriptions
from publisher.verbs import delivering, writing
from publisher.verbs.session import Session
from tests.actions.test_plan import dated
from tests.engine.test_local import Relay

if TYPE_CHECKING:
    from tests.conftest import Clock, Write

Publishes = Callable[..., Published]

ANN, BOB, ED, EVE = "ann@example.org", "bob@example.org", "ed@example.org", "eve@example.org"
SLOT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # seven in Baghdad, on a Saturday


@dataclass
class Desk:
    """A newsroom: one newsletter, its readers, and what a relay got."""

    house: House
    clock: Clock
    relay: Relay
    write: Write
    publishes: Publishes

    @property
    def session(self) -> Session:
        engine = LocalEngine(
            self.house.store,
            Letters(self.house),
            {"relay": self.relay.carrier},
            Gate(Limits(("relay",), 2)),
            connections=2,
            on_unknown="resend",
            clock=self.clock,
            opens=partial(opens, self.house),
            notice=partial(notice, self.house),
        )
        return Session(self.house, states.State(self.house.root / "state"), self.clock, lambda: engine)

    def at(self, when: datetime) -> None:
        """What the daemon does at that time."""
        self.clock.now = when
        asyncio.run(tick(self.session))

    def article(self, number: int, **fields: str) -> None:
        self.write(self.house, f"{number}.md", dated(number, **fields))
        self.publishes(self.house)

    def decide(self, decision: approval.Decision, edition: int = 0) -> bool:
        found = approval.decide(self.house, edition or self.edition().id, decision, self.clock())
        assert found
        return found[1]

    def edition(self) -> Edition:
        """The newest one."""
        return self.editions()[0]

    def editions(self) -> list[Edition]:
        return [each for each, _ in self.house.store.read(editions.listing)]

    def got(self, *addresses: str) -> Counter[str]:
        """How many letters the relay took for each of these readers."""
        return Counter(each for each in self.relay.recipients() if each in addresses)

    def notes(self) -> list[tuple[str, str]]:
        """(kind, recipient) of what was written to editors."""
        query = select(notices.c.kind, notices.c.recipient).order_by(notices.c.id)
        return [(kind, to) for kind, to in self.house.store.read(lambda c: c.execute(query).all())]

    def seen(self) -> dict[str, int]:
        query = select(subscribers.c.address, subscriptions.c.seen_seq).join_from(subscriptions, subscribers)
        rows = self.house.store.read(lambda c: c.execute(query).all())
        return dict(rows)


async def tick(session: Session) -> list[str]:
    """What the daemon does again and again, in one step. Returns what is wrong."""
    problems = await writing.plan_due(session)
    await delivering.deliver(session)
    return problems


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def newsroom(house: House, write: Write, publishes: Publishes, clock: Clock, **changes: Any) -> Desk:
    """A newsroom with one article in its archive, at half past seven in Baghdad on Friday, 20 November 2026; the
    newsletter is due at seven, and its editors are asked an hour before. *changes* are the newsletter's."""
    (daily,) = house.newsletters.values()
    newsletter: Newsletter = replace(daily, **({"approve": "notify"} | changes))
    mail = replace(house.mail, editors=(ED, f"إيف <{EVE}>"))
    site = replace(house, newsletters={"daily": newsletter}, mail=mail)
    clock.now = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    desk = Desk(site, clock, Relay(), write, publishes)
    desk.article(1)
    for address in (ANN, BOB):
        readers.add(site, address, None, clock(), confirmed=True)
    return desk


def parsed(letter: Letter) -> Any:
    return message_from_bytes(letter.data, policy=policy.default)
