"""Door: one ping to a WebSub hub, which then fetches the feed itself."""

from urllib.parse import urlencode

from publisher import net
from publisher.model.ping import Reply

SECONDS = 5.0  # for all of it
FORM = "application/x-www-form-urlencoded"


def ping(hub: str, topic: str, *, private: bool) -> Reply:
    """Tell *hub* that the feed at *topic* has changed. Never raises.

    WebSub (section 6) leaves the form to hubs. `hub.url` is PubSubHubbub 0.3's (7.1) and what Google's and Superfeedr's
    want, Switchboard documents `hub.topic`: each takes no offence at the other. One topic a ping: Google's takes
    several, websubhub.com keeps the last of them only.
    """
    form = urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}).encode()
    return net.say(hub, form, FORM, allow="" if private else "feeds.hub_private = true", seconds=SECONDS)
