"""What an event does to a subscription (L1). An unknown event changes nothing."""

from publisher.model.people import Wish

# confirm: the reader said yes (or the operator vouches: --confirmed); ask: signed up; unsubscribe: one click; pause
# and resume: no letters for a while (D4).
_WISH: dict[tuple[Wish | None, str], Wish] = {
    (None, "ask"): Wish.PENDING,
    (None, "confirm"): Wish.ACTIVE,
    (Wish.PENDING, "confirm"): Wish.ACTIVE,
    (Wish.PENDING, "unsubscribe"): Wish.ENDED,
    (Wish.ACTIVE, "unsubscribe"): Wish.ENDED,
    (Wish.PAUSED, "unsubscribe"): Wish.ENDED,
    (Wish.ACTIVE, "pause"): Wish.PAUSED,
    (Wish.PAUSED, "resume"): Wish.ACTIVE,
}


def wish(state: Wish | None, event: str) -> Wish | None:
    """The subscription's next state; None: there is none and the event makes none."""
    return _WISH.get((state, event), state)
