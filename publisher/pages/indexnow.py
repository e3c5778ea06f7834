"""IndexNow (indexnow.org/documentation): search engines are told of pages that are new, changed or gone. Whom a site
tells, whether that is of any use, and the words."""

import json
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from publisher.model.ping import PASSING
from publisher.pages.settings import PageSettings
from publisher.text.urls import is_inside, is_private, url

MOST = 10_000  # URLs of a ping: the protocol's limit
LARGEST = 1_000_000  # bytes of them: one that takes longer than a ping may would never end
# 403: they do not find the key's file. Where another machine serves the folder, it may not have it yet.
TRIED_AGAIN = PASSING | {403}


def read(settings: PageSettings) -> str:
    """The URL that pages are told to, as ASCII; "" for none. Raises ValueError with what is wrong, and the mend."""
    raw = settings.indexnow.strip()
    if not raw:
        return ""
    if "@" in raw.partition("//")[2].partition("/")[0]:
        raise ValueError("no login is wanted there; leave it out of the URL")
    found = url(raw, "") or ""
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or parts.fragment:
        raise ValueError(f'{raw!r} is no URL; write "https://api.indexnow.org/indexnow"')
    if not settings.indexnow_private and is_private(parts.hostname or ""):
        what = f"{raw!r} is this machine or a private network"
        raise ValueError(f"{what}; write indexnow_private = true if you mean it")
    return found


def useless(settings: PageSettings, root: str) -> str:
    """Why search engines are told nothing of the site at *root*, and the mend, though it is asked for; "" where they
    are, or where it is not."""
    if not settings.indexnow.strip():
        return ""
    if not settings.enabled:
        return "the pages are another program's (pages.enabled = false). Mend: let that one tell them"
    if is_inside(urlsplit(root).hostname or ""):
        return f"none of them reaches {root}. Mend: set site.url to the address that readers use"
    return ""


def fitting(urls: Iterable[str]) -> int:
    """How many of *urls* go into one ping: the first in any case."""
    count = size = 0
    for each in urls:
        size += len(each) + 4  # with quotes, comma and blank
        if count == MOST or (count and size > LARGEST):
            break
        count += 1
    return count


def message(root: str, key: str, key_url: str, urls: Sequence[str]) -> bytes:
    """The JSON that says that the pages at *urls*, of the site at *root*, are new, changed or gone; who says so shows
    by the *key*, which stands in the file at *key_url*."""
    told = {"host": urlsplit(root).netloc, "key": key, "keyLocation": key_url, "urlList": list(urls)}
    return json.dumps(told).encode()
