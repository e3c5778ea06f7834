"""WebSub hubs (W3C Recommendation, 2018): which ones a site has."""

from urllib.parse import urlsplit

from publisher.feeds.settings import FeedSettings
from publisher.text.urls import is_private, url


def read(settings: FeedSettings) -> tuple[str, ...]:
    """The URLs of the site's hubs, as ASCII. Raises ValueError with what is wrong, and the mend."""
    return tuple(dict.fromkeys(_read(raw, private=settings.hub_private) for raw in settings.hub))


def _read(raw: str, *, private: bool) -> str:
    if "@" in raw.partition("//")[2].partition("/")[0]:
        raise ValueError("a login would stand in every feed; leave it out of the URL")
    found = url(raw, "") or ""
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or parts.fragment:
        raise ValueError(f'{raw!r} is no hub\'s URL; write "https://hub.example.org/"')
    if not private and is_private(parts.hostname or ""):
        raise ValueError(
            f"{raw!r} is this machine or a private network; write hub_private = true if you mean it"
        )
    return found
