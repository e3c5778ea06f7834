"""What the answers of relays ask for is done, and told to whoever keeps the log (S3, S9)."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from publisher.actions import canary, stopping
from publisher.actions.canary import Looked
from publisher.mail.gate import Action, Halt, Paused
from publisher.mail.health import Broken, Limited, Mended
from publisher.verbs.held import Alone

if TYPE_CHECKING:
    from publisher.verbs.session import Session


def heed(session: "Session", action: Action) -> None:
    """Do what *action* says. Raises BadConfig where the notice about an edition cannot be made; it is held then."""
    event, values = _told(action)
    (session.on_good_news if isinstance(action, Mended) else session.on_news)(event, **values)
    if isinstance(action, Paused):
        until = session.clock() + timedelta(seconds=action.seconds)
        session.alone[action.domain] = Alone(action.domain, action.reply, until)
    if isinstance(action, Halt):
        stopping.stop(session.house, action.edition, action.reason, session.clock(), reply=action.reply)


def _told(action: Action) -> tuple[str, dict[str, Any]]:
    match action:
        case Halt(edition, reason, reply):
            return "halted", {"edition": edition, "reason": str(reason), "reply": reply}
        case Paused(domain, reply, seconds):
            return "domain", {"domain": domain, "reply": reply, "next_try": f"in {seconds:g} s"}
        case Broken(relay, reply, seconds):
            return "relay", {"relay": relay, "problem": reply, "next_try": f"in {seconds:g} s"}
        case Mended(relay):
            return "relay", {"relay": relay, "works": "again"}
        case Limited(relay, letters, connections):
            return "limit", {"relay": relay, "letters": letters, "connections": connections}


def canaries(session: "Session") -> Looked:
    """Decide about the editions whose first letters have left."""
    found = canary.look(session.house, session.clock())
    for edition in found.opened:
        session.on_good_news("canary", edition=edition, others="follow")
    for edition in found.stopped:
        session.on_news("canary", edition=edition, others="are stopped")
    for problem in found.problems:
        session.on_news("canary", problem=problem)
    return found
