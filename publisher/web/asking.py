"""What forms that anybody may fill in can cause (L2, L3): within the caps, and behind an answer that is the same for
every address."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from publisher.subscribers.limits import Limits
from publisher.verbs.session import Session
from publisher.web.client import client, network
from publisher.web.errands import Errands

LOOK = "Look into your mailbox"
SAME = (
    "If this address can be mailed, a letter is on its way. Open it, and follow its link.",
    "We send one such letter a day to an address, and no more.",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the doors of such forms have in common."""

    session: Session
    limits: Limits
    errands: Errands

    def take(self, request: Request, key: str, work: Callable[[], object]) -> None:
        """Do *work*, which may have us write to the address with this *key*, behind the answer, unless too many ask."""
        ip = client(request.scope, self.session.trusted)
        if self.limits.admit(key, network(ip), time.monotonic()):
            self.errands.add(work)


def desk(session: Session) -> Desk:
    """The desk of one site; what was promised at it is done when the daemon stops."""
    made = Desk(session, Limits(time.monotonic()), Errands())
    session.on_stop.append(made.errands.finish)
    return made
