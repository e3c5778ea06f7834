"""Deliver one letter: send it, judge the reply, write what became of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from publisher.mail.carrier import Carrier
from publisher.mail.settings import OnUnknown
from publisher.mail.verdict import escaped, judge
from publisher.model.delivery import Delivery, Letter, State, Verdict

Begin = Callable[[Delivery], Awaitable[bool]]
Settle = Callable[[Delivery, Verdict], Awaitable[None]]


class Cancelled(Exception):
    """The letter was cancelled before its content left."""


async def deliver(
    delivery: Delivery,
    letters: Callable[[Delivery], Letter],
    carrier: Carrier,
    begin: Begin,
    settle: Settle,
    clock: Callable[[], datetime],
    on_unknown: OnUnknown,
) -> Verdict:
    """Send the letter of *delivery* over *carrier*. Its content leaves only after *begin* committed that it does
    (S1); the verdict is settled before this returns. Raises Cancelled when it was cancelled meanwhile."""

    async def before_content() -> None:
        if not await begin(delivery):
            raise Cancelled

    try:
        letter = letters(delivery)
    except ValueError as error:
        verdict = Verdict(State.FAILED, None, True, 0, escaped(str(error)))
    else:
        stage, reply = await carrier.send(letter, before_content)
        verdict = judge(stage, reply, delivery, clock(), on_unknown)
    await settle(delivery, verdict)
    return verdict
