"""Try the relays with one letter: no ledger knows of it, and it is not tried again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from publisher.errors import Unreachable
from publisher.mail.carrier import Carrier, Down, OneLetter
from publisher.mail.verdict import escaped
from publisher.model.delivery import Letter, Reply, Stage

Way = tuple[str, Callable[[], Carrier]]  # a relay for people, and what makes a connection to it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the letter."""

    relay: str
    stage: Stage  # how far it came
    reply: Reply  # its text escaped and cut
    passed: tuple[str, ...]  # the relays before that could not be used, each with the reason

    @property
    def taken(self) -> bool:
        """Whether the relay has it."""
        return self.stage is Stage.CONTENT and 200 <= self.reply.code < 300

    @property
    def unknown(self) -> bool:
        """Whether nobody knows if the relay has it: its content left whole, and no answer came that says (S2)."""
        return self.stage is Stage.CONTENT and not self.taken and self.reply.code < 400


async def send(letter: Letter, ways: Sequence[Way]) -> Outcome:
    """Send *letter* over the first of *ways* that can be used. Raises Unreachable, with what each of them said, where
    none can."""
    passed: list[str] = []
    for relay, make in ways:
        carrier = make()
        try:
            await carrier.open()
        except Down as error:
            passed.append(f"{relay}: {escaped(str(error))}")
            continue
        bag = OneLetter(letter)
        try:
            await carrier.converse(bag)
        finally:
            await carrier.close()
        stage, reply = bag.outcome
        return Outcome(relay, stage, Reply(reply.code, escaped(reply.text)), tuple(passed))
    raise Unreachable(
        "no relay can be used", "; ".join(passed), "look at mail.relay, the password, and the relay's log"
    )
