"""What a relay's reply, or its silence, means for a delivery (S3, S4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.mail.bounces.table import meaning
from publisher.mail.settings import OnUnknown
from publisher.model.delivery import Delivery, Reply, Stage, State, Verdict
from publisher.model.report import Kind

# Waits after the first, second ... try that the recipient's side put off; the last one repeats.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240))
SOON = timedelta(seconds=5)  # the connection was at fault: another one may do
ABOUT_US = timedelta(hours=1)  # somebody has to mend something first
NOTE = 200  # characters


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: for a *code* (0: no reply) at a *stage* with the reply's text."""

    matches: Callable[[Stage, int, str], bool]
    state: State
    wait: timedelta | None = None  # None: BACK_OFF by the tries so far
    counts: bool = True


def _refuses_us(stage: Stage, code: int, text: str) -> bool:
    """RFC 3463's X.7.X, or a relay that wants AUTH first (RFC 4954, 6): no recipient's fault."""
    return code >= 500 and (text.startswith("5.7.") or (stage is Stage.MAIL and code in (530, 535, 538)))


RULES = (
    Rule(lambda stage, code, _: stage is Stage.CONTENT and 200 <= code < 300, State.SENT),
    Rule(lambda stage, code, _: stage is Stage.CONNECT or code == 421, State.QUEUED, SOON, counts=False),
    Rule(lambda stage, code, _: stage is Stage.CONTENT and code < 400, State.UNKNOWN),
    Rule(lambda _, code, __: code < 400, State.QUEUED, SOON, counts=False),
    Rule(lambda _, code, __: code < 500, State.QUEUED),
    Rule(_refuses_us, State.QUEUED, ABOUT_US, counts=False),
    Rule(lambda _, code, __: code >= 500, State.FAILED),
)


def judge(stage: Stage, reply: Reply, delivery: Delivery, now: datetime, on_unknown: OnUnknown) -> Verdict:
    """Decide from the *reply* at *stage* what becomes of *delivery* (RFC 5321, 4.2.1; RFC 3463).

    A letter in doubt is queued again where *on_unknown* is "resend", else UNKNOWN. Nothing is queued beyond
    `delivery.expires`: then it FAILED, or stays UNKNOWN if it was in doubt.
    """
    rule = next(rule for rule in RULES if rule.matches(stage, reply.code, reply.text))
    note = escaped(reply.text)
    doubt = rule.state is State.UNKNOWN
    if rule.state is not State.QUEUED and not (doubt and on_unknown == "resend"):
        return Verdict(rule.state, None, rule.counts, reply.code, note, _says(stage, reply))
    due = now + (rule.wait or BACK_OFF[min(delivery.attempts, len(BACK_OFF) - 1)])
    if due > delivery.expires:
        end = State.UNKNOWN if doubt else State.FAILED
        return Verdict(end, None, rule.counts, reply.code, escaped(f"expired; last: {reply.text}"))
    return Verdict(State.QUEUED, due, rule.counts, reply.code, note)


def _says(stage: Stage, reply: Reply) -> Kind | None:
    """What a refusal says of the address, by the table of bounces (B1): at RCPT alone it is about that."""
    return meaning(reply.text).kind if stage is Stage.RCPT and reply.code >= 500 else None


def escaped(text: str) -> str:
    """*text* of a stranger for the ledger, logs and people: one line, no control or bidi characters, cut."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: NOTE + 1])
    return plain if len(plain) <= NOTE else plain[: NOTE - 1] + "…"
