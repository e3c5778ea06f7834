"""After a restore: what the lost database may have done that this one does not know of, and what becomes of it."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from publisher.actions import slots
from publisher.actions.house import House
from publisher.errors import BadState
from publisher.store import doubt, ledger, notices, workers


@dataclass(frozen=True, slots=True)
class Doubt:
    """What may have left already."""

    letters: int  # that are not sent, as this database has it, and may leave now
    newsletters: tuple[str, ...]  # of which an edition came due meanwhile, or was not planned to its end


def look(house: House, now: datetime) -> Doubt:
    """What is in doubt at this time."""
    begun = house.store.read(lambda c: doubt.editions_begun(c, now))
    names = tuple(
        name for name, each in house.newsletters.items() if name in begun or slots.came_due(house, each, now)
    )
    return Doubt(house.store.read(lambda c: doubt.letters(c, now)), names)


def resume(house: House, now: datetime) -> Doubt:
    """Go on with this database. With `on_unknown = "resend"` what is in doubt leaves; with "hold" nobody gets a letter
    twice: those letters are noted as in doubt, and editions that came due meanwhile are passed over (S4). Raises
    BadState while other hosts send."""
    if names := house.store.read(workers.living):
        what = f"somebody sends from this database: {', '.join(names)}"
        raise BadState(what, house.store.database.where, "stop them first")
    found, on_unknown = look(house, now), house.mail.on_unknown
    if on_unknown == "hold":
        while house.store.write(partial(doubt.hold, now=now)):
            pass
        house.store.write(lambda c: doubt.end_begun(c, now))
        for name in found.newsletters:
            slots.pass_over(house, house.newsletters[name], now)
    house.store.write(lambda c: ledger.recover(c, on_unknown))
    house.store.write(notices.recover)
    return found
