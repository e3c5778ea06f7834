"""Door: one ping to search engines (IndexNow), which then fetch the pages themselves."""

from publisher import net
from publisher.model.ping import Reply

SECONDS = 5.0  # for all of it
JSON = "application/json; charset=utf-8"


def ping(endpoint: str, message: bytes, *, private: bool) -> Reply:
    """Send *message* (`indexnow.message`) to *endpoint*. Never raises."""
    allow = "" if private else "pages.indexnow_private = true"
    return net.say(endpoint, message, JSON, allow=allow, seconds=SECONDS)
