"""What an event does to a subscription and to a subscriber (L1), and when what came back is such an event (B2). An
unknown event changes nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from publisher.model.people import Reach, Wish

# confirm: somebody vouches for the reader (--confirmed), who stays away where they left; join: the reader said yes,
# with the button of a letter to them; ask: signed up; unsubscribe: one click; pause and resume: no letters for a while
# (D4); gone: a list says that they had left where it comes from (L7).
_WISH: dict[tuple[Wish | None, str], Wish] = {
    (None, "ask"): Wish.PENDING,
    (None, "confirm"): Wish.ACTIVE,
    (Wish.PENDING, "confirm"): Wish.ACTIVE,
    (None, "join"): Wish.ACTIVE,
    (Wish.PENDING, "join"): Wish.ACTIVE,
    (Wish.ENDED, "join"): Wish.ACTIVE,
    (Wish.PENDING, "unsubscribe"): Wish.ENDED,
    (Wish.ACTIVE, "unsubscribe"): Wish.ENDED,
    (Wish.PAUSED, "unsubscribe"): Wish.ENDED,
    (Wish.ACTIVE, "pause"): Wish.PAUSED,
    (Wish.PAUSED, "resume"): Wish.ACTIVE,
    (None, "gone"): Wish.ENDED,
    (Wish.PENDING, "gone"): Wish.ENDED,
    (Wish.ACTIVE, "gone"): Wish.ENDED,
    (Wish.PAUSED, "gone"): Wish.ENDED,
}

# bounce: their address is no use (`is_unreachable`); complain: they said "this is spam"; confirm: as above, for one
# reader, since a list does not know better than their mail server; suppress: never to be mailed, a list says (L7);
# pardon: what counted against them does not.
# Who complained, asked never to be mailed, or was erased stays so.
_REACH: dict[tuple[Reach, str], Reach] = {
    (Reach.REACHABLE, "bounce"): Reach.BOUNCED,
    (Reach.REACHABLE, "complain"): Reach.COMPLAINED,
    (Reach.BOUNCED, "complain"): Reach.COMPLAINED,
    (Reach.REACHABLE, "suppress"): Reach.SUPPRESSED,
    (Reach.BOUNCED, "suppress"): Reach.SUPPRESSED,
    (Reach.COMPLAINED, "suppress"): Reach.SUPPRESSED,
    (Reach.BOUNCED, "confirm"): Reach.REACHABLE,
    (Reach.BOUNCED, "pardon"): Reach.REACHABLE,
}
_ASKS = frozenset(
    {Reach.REACHABLE, Reach.BOUNCED}
)  # whose subscriptions begin: a bounced reader may ask again

UNDO = timedelta(hours=24)  # in which a leaving can be taken back (L5)
RETURNS = 3  # so often: whoever was forwarded a letter does not fill up the record with leaving and returning
PENDING = timedelta(days=7)  # after which what was not confirmed ends (L4)
LETTER_EVERY, MONTH, LETTERS = timedelta(hours=24), timedelta(days=30), 3  # to who is asked by a form (L3)

HARD = 2  # editions whose letter was refused for good
SOFT, SOFT_FOR = (
    5,
    timedelta(days=14),
)  # letters in a row that came back, the last of them that much after the first
QUIET = timedelta(days=5)  # after which a letter of which nothing came back has arrived (RFC 5321, 4.5.4.1)

# An edition with more than one hard bounce in twenty letters says more of the list, or of us, than of each reader.
SHARE, LEAST_LETTERS, LEAST_HARD = 20, 20, 3


def wish(state: Wish | None, event: str) -> Wish | None:
    """The subscription's next state; None: there is none and the event makes none."""
    return _WISH.get((state, event), state)


def undone(was: Wish | None, ended: datetime, now: datetime) -> Wish | None:
    """What a subscription that *ended* then is again when its reader takes that back; None: it is too late, or there
    is nothing to take back."""
    return was if now - ended <= UNDO else None


def may_write(letters: Sequence[datetime], now: datetime) -> bool:
    """Whether a stranger's form may have us write to an address that got the *letters* of such forms then (L3): one in
    24 hours, three in 30 days."""
    since = [each for each in letters if each > now - MONTH]
    return len(since) < LETTERS and all(each <= now - LETTER_EVERY for each in since)


def reach(state: Reach, event: str) -> Reach:
    """The subscriber's next state."""
    return _REACH.get((state, event), state)


def may_ask(state: Reach) -> bool:
    """Whether somebody in this state may begin a subscription."""
    return state in _ASKS


def is_unreachable(hard: int, soft: Sequence[datetime]) -> bool:
    """Whether an address is no use (B2): *hard* editions were refused for good, or all letters that left at the times
    *soft*, in order, came back since the last that arrived."""
    return hard >= HARD or (len(soft) >= SOFT and soft[-1] - soft[0] >= SOFT_FOR)


def is_too_much(hard: int, letters: int) -> bool:
    """Whether an edition has too many *hard* bounces among its *letters* to be its readers' fault: more than 5 %."""
    return hard >= LEAST_HARD and LEAST_LETTERS <= letters < hard * SHARE
