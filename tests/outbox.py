"""What a relay does with the outbox, without one."""

from datetime import datetime

from publisher.model.delivery import State, Verdict
from publisher.store import notices
from publisher.store.store import Store


def leaves(store: Store, now: datetime) -> list[str]:
    """All notices that wait are sent; to whom."""
    claimed = store.write(lambda c: notices.claim(c, now, 10_000))
    store.write(lambda c: notices.begin(c, [each.id for each in claimed], now))
    sent = Verdict(State.SENT, None, True, 250, "ok")
    store.write(lambda c: notices.settle(c, [(each, sent) for each in claimed], now))
    return [each.address for each in claimed]
