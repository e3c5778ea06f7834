"""What a relay's reply, or its silence, means for a delivery (S3, S4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.mail import refusals
from publisher.model.delivery import Delivery, OnUnknown, Reply, Stage, State, Verdict
from publisher.model.report import Kind

# Waits after the first, second ... try that the recipient's side put off; the last one repeats.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240))
SOON = timedelta(seconds=5)  # the connection was at fault: another one may do
# ... or the letter is: so long after the first, second ... connection that ended over it.
LOST = (SOON, timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1))
FOR_NOW = timedelta(minutes=15)  # we are refused, but not for good
ABOUT_US = timedelta(hours=1)  # somebody has to mend something first
# The letter itself is refused: only who changes it, or the judge of it, mends that.
ABOUT_IT = timedelta(hours=4)
LAST = timedelta(minutes=1)  # before the end of its life a letter is tried once more
NOTE = 200  # characters


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: for the answers that it *matches*."""

    matches: Callable[[Stage, Reply], bool]
    state: State
    wait: timedelta | None = None  # None: BACK_OFF by the tries so far
    counts: bool = True
    kind: Kind | None = None


RULES = (
    Rule(lambda stage, reply: stage is Stage.CONTENT and 200 <= reply.code < 300, State.SENT),
    Rule(lambda stage, reply: stage is Stage.CONNECT or reply.code == 421, State.QUEUED, SOON, counts=False),
    Rule(lambda stage, reply: stage is Stage.CONTENT and reply.code < 400, State.UNKNOWN),
    Rule(lambda _, reply: reply.code < 400, State.QUEUED, SOON, counts=False),
    Rule(
        lambda stage, reply: reply.code < 500 and refusals.of_us(stage, reply),
        State.QUEUED,
        FOR_NOW,
        counts=False,
        kind=Kind.US,
    ),
    Rule(lambda _, reply: reply.code < 500, State.QUEUED, kind=Kind.SOFT),
    Rule(refusals.of_us, State.QUEUED, ABOUT_US, counts=False, kind=Kind.US),
    Rule(lambda _, reply: refusals.is_gone(reply), State.FAILED, kind=Kind.HARD),
    Rule(lambda _, reply: refusals.is_full(reply), State.QUEUED, kind=Kind.SOFT),
    Rule(refusals.of_letter, State.QUEUED, ABOUT_IT, counts=False, kind=Kind.US),
    Rule(lambda _, __: True, State.FAILED),
)

# Nobody but its addressee, who is to mend what is wrong, waits for a notice: it is tried like any other.
_NOTICE = Rule(lambda _, __: True, State.QUEUED, kind=Kind.US)


def judge(
    stage: Stage, reply: Reply, delivery: Delivery, now: datetime, on_unknown: OnUnknown, losses: int = 0
) -> Verdict:
    """Decide from the *reply* at *stage* what becomes of *delivery* (RFC 5321, 4.2.1; RFC 3463).

    A letter in doubt is queued again where *on_unknown* is "resend", else UNKNOWN. Nothing is queued beyond
    `delivery.expires`: shortly before it there is one last try, and then it FAILED, or stays UNKNOWN if it was in
    doubt. *losses*: connections in a row that ended over this letter before.
    """
    rule = next(rule for rule in RULES if rule.matches(stage, reply))
    if not delivery.edition and rule.kind is Kind.US:
        rule = _NOTICE
    note = escaped(reply.text)
    doubt = rule.state is State.UNKNOWN
    if rule.state is not State.QUEUED and not (doubt and on_unknown == "resend"):
        return Verdict(rule.state, None, rule.counts, reply.code, note, rule.kind)
    due = now + _wait(rule, delivery, losses)
    if due > delivery.expires:
        due = delivery.expires - LAST
    if due <= now:
        end = State.UNKNOWN if doubt else State.FAILED
        # Of 4xx only a full mailbox says something of its reader: else the relay may be out of order.
        kind = rule.kind if reply.code >= 500 or refusals.stays_full(reply) else None
        return Verdict(end, None, rule.counts, reply.code, escaped(f"expired; last: {reply.text}"), kind)
    return Verdict(State.QUEUED, due, rule.counts, reply.code, note, rule.kind)


def _wait(rule: Rule, delivery: Delivery, losses: int) -> timedelta:
    if rule.wait is SOON:
        return LOST[min(losses, len(LOST) - 1)]
    return rule.wait or BACK_OFF[min(delivery.attempts, len(BACK_OFF) - 1)]


def escaped(text: str) -> str:
    """*text* of a stranger for the ledger, logs and people: one line, no control or bidi characters, cut."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: NOTE + 1])
    return plain if len(plain) <= NOTE else plain[: NOTE - 1] + "…"
