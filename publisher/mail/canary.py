"""Whether the rest of an edition follows the letters that left first (S9)."""

from collections import Counter
from typing import Literal

from publisher.mail import refusals
from publisher.mail.verdict import escaped
from publisher.model.delivery import Canary, Stage
from publisher.model.report import Kind
from publisher.model.stop import Stop, Stopped

FEW = 1000  # readers: with fewer there is no canary
LEAST, MOST = 50, 0.5  # letters of a canary, and share of all
TOO_HARD, TOO_MANY_OF_US = 0.05, 0.10  # of its letters
HARD, OF_US = 3, 6  # ... and at least so many: two mistyped addresses stop nothing
STRAGGLERS = 0.05  # of its letters that are not waited for


def share(wanted: float, readers: int) -> float:
    """The share of the letters of so many *readers* that leave first, where *wanted* of them should; 0.0: none do."""
    return min(MOST, max(wanted, LEAST / readers)) if wanted and readers >= FEW else 0.0


def enough(wanted: float) -> int:
    """With how many readers `share` is *wanted* and no more."""
    return max(FEW, round(LEAST / wanted))


def judge(canary: Canary) -> Literal["wait", "go"] | Stopped:
    """Whether the others wait, follow, or are stopped, and why."""
    if not canary.complete:
        return "wait"
    gone = {key for key, reply in canary.refused.items() if refusals.is_gone(reply)}
    # At which stage the answer came is not kept: RCPT says nothing by itself.
    of_us = {key: reply for key, reply in canary.refused.items() if refusals.of_us(Stage.RCPT, reply)}
    hard = len(gone | canary.reported.get(Kind.HARD, frozenset()))
    us = len(of_us.keys() | canary.reported.get(Kind.US, frozenset()))
    if hard >= HARD and hard > TOO_HARD * canary.letters:
        return Stopped(Stop.HARD)
    if us >= OF_US and us > TOO_MANY_OF_US * canary.letters:
        reasons = Counter(refusals.reason(Stage.RCPT, reply) for reply in of_us.values())
        why = reasons.most_common(1)[0][0] if reasons else Stop.US
        answers = (reply for reply in of_us.values() if refusals.reason(Stage.RCPT, reply) is why)
        return Stopped(why, next((escaped(f"{each.code} {each.text}") for each in answers), ""))
    nobody = canary.letters > 0 and canary.silent == canary.letters
    return "wait" if nobody or canary.awaited > STRAGGLERS * canary.letters else "go"
