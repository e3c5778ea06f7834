"""Door: one ping to a WebSub hub, which then fetches the feed itself."""

from publisher import net
from publisher.errors import Unreachable
from publisher.feeds.websub import Reply

SECONDS = 5.0  # for all of it
LIMIT = 1_000_000  # bytes of an answer


def ping(hub: str, topic: str, *, private: bool) -> Reply:
    """Tell *hub* that the feed at *topic* has changed. Never raises.

    WebSub (section 6) leaves the form to hubs. `hub.url` is PubSubHubbub 0.3's (7.1) and what Google's and Superfeedr's
    want, Switchboard documents `hub.topic`: each takes no offence at the other. One topic a ping: Google's takes
    several, websubhub.com keeps the last of them only.
    """
    form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
    try:
        answer = net.post(
            hub, form, allow="" if private else "feeds.hub_private = true", limit=LIMIT, seconds=SECONDS
        )
    except Unreachable as error:
        return Reply(0, error.what)
    except Exception as error:  # whatever a stranger's bytes bring about in a library ends here
        return Reply(0, f"no HTTP: {error!r}"[:200])
    place = answer.headers.get("location", "") if 300 <= answer.status < 400 else ""
    said = place or answer.body[:500].decode("utf-8", "replace")
    line = "".join(each if each.isprintable() else " " for each in said)
    words = " ".join(f"{answer.status} {line}".split())[:200]
    return Reply(answer.status, words, answer.headers.get("retry-after", ""))
