"""When the last answers to one edition ask for it to be stopped, and why (S3)."""

from collections import deque

from publisher.mail import refusals
from publisher.model.delivery import Reply, Stage
from publisher.model.stop import Stop

# An edition is stopped where of its last letters so many are refused, of one domain counting only a few.
LATELY, TOO_MANY, OF_ONE_DOMAIN = 50, 6, 3  # more than 10 %
IN_A_ROW = 20  # refusals of the letter itself


class Pattern:
    """The last answers of one edition."""

    def __init__(self) -> None:
        # The domain of a letter, and the reply where we were refused; "" for a domain is the relay.
        self._lately: deque[tuple[str, Reply | None, Stage]] = deque(maxlen=LATELY)
        self._row = 0

    def heard(self, domain: str, stage: Stage, reply: Reply) -> tuple[Stop, Reply] | None:
        """Note an answer; returns why the edition is to be stopped, None where it is not."""
        us = refusals.of_us(stage, reply)
        place = "" if us and stage is Stage.MAIL else domain
        self._lately.append((place, reply if us else None, stage))
        if stage is Stage.CONTENT and 200 <= reply.code < 300:
            self._row = 0
        elif refusals.of_letter(stage, reply):
            self._row += 1
        if us and self._refused() >= TOO_MANY:
            return self._foremost()
        if self._row >= IN_A_ROW:
            return Stop.CONTENT, reply
        return None

    def _refused(self) -> int:
        places = {place for place, *_ in self._lately if place}
        count: dict[str, int] = {}
        for place, refusal, _ in self._lately:
            if refusal:
                count[place] = count.get(place, 0) + 1
        alone = len(places) <= 1  # all of its readers are there
        return sum(n if alone or not place else min(n, OF_ONE_DOMAIN) for place, n in count.items())

    def _foremost(self) -> tuple[Stop, Reply]:
        """The reason that most of the refusals give, and the last of them that does."""
        found: dict[Stop, tuple[int, Reply]] = {}
        for _, refusal, stage in self._lately:
            if refusal:
                why = refusals.reason(stage, refusal)
                found[why] = (found.get(why, (0, refusal))[0] + 1, refusal)
        why, (_, reply) = max(found.items(), key=lambda each: each[1][0])
        return why, reply
