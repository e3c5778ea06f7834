"""Old letters become counts and bits, so that the ledger stays small (S8)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from publisher.actions.house import House
from publisher.store import retention

CHUNK = 1000  # letters in one transaction, which is to be short
NOTICES = timedelta(
    days=90
)  # letters that are no edition's are known so long at the least: caps and answers look back
REPORTS = timedelta(days=400)  # what came back is kept so long: a yearly letter may bounce twice


def compact(house: House, now: datetime, stop: Callable[[], bool] = lambda: False) -> int:
    """Turn the letters older than `mail.ledger_days` into counts and bits, a chunk at a time, until *stop*. Cut off, it
    goes on where it was. Returns how many."""
    before, letters = now - timedelta(days=house.mail.ledger_days), 0
    for edition in house.store.read(lambda c: retention.due(c, before)):
        after: int | None = 0
        while after is not None and not stop():
            step = partial(retention.compact, edition=edition, before=before, after=after, limit=CHUNK)
            done, after = house.store.write(step)
            letters += done
    for oldest in (
        partial(retention.forget_reports, before=now - REPORTS, limit=CHUNK),
        partial(retention.forget_notices, before=min(before, now - NOTICES), limit=CHUNK),
    ):
        while not stop() and house.store.write(oldest) == CHUNK:
            pass
    return letters
