"""What only the server says of a feed: type, character set, ETag, 304, headers for browsers (F20, F22)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from publisher.feeds.lint.document import Document
from publisher.feeds.lint.remarks import Remark
from publisher.text.quote import quoted

_TYPES = {
    "rss": ("application/rss+xml", "application/rdf+xml"),
    "atom": ("application/atom+xml",),
    "json": ("application/feed+json", "application/json"),
}
_LARGE = 20_000  # bytes: below, compression saves no packet worth naming


@dataclass(frozen=True, slots=True)
class Served:
    """An answer of a server. *again*: the status it gave when asked with its own ETag or date; None: not asked."""

    url: str
    headers: Mapping[str, str]  # names in lower case
    size: int  # bytes of the document, unpacked
    again: int | None = None


def check(document: Document, served: Served) -> Iterator[Remark]:
    """Remarks on how the feed was served."""
    headers = served.headers
    media, _, parameters = headers.get("content-type", "").partition(";")
    media = media.strip().lower()
    if media in ("text/html", "text/plain", ""):
        yield Remark("served-html", "Content-Type", found=quoted(media) if media else "is not there")
    elif media not in _TYPES[document.kind]:
        yield Remark(
            "served-type", "Content-Type", found=quoted(media), mend=f"serve it as {_TYPES[document.kind][0]}"
        )
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        yield Remark("served-charset", "Content-Type", found=f"charset={charset[1]}")
    own = [each for each in document.links if each.rel == "self"]
    if (
        own
        and own[0].href.startswith("http")
        and own[0].href.partition("#")[0] != served.url.partition("#")[0]
    ):
        yield Remark(
            "served-elsewhere", "link rel=self", own[0].line, f"{quoted(own[0].href)}, served at {served.url}"
        )
    if not {"etag", "last-modified"} & headers.keys():
        yield Remark("served-no-etag", "headers")
    elif served.again not in (304, None):
        yield Remark(
            "served-no-304", "headers", found=f"answers {served.again} to If-None-Match with its own ETag"
        )
    if served.size > _LARGE and "content-encoding" not in headers:
        yield Remark("served-not-compressed", "headers", found=f"{served.size:,} bytes as they are")
    if headers.get("x-content-type-options", "").lower() != "nosniff":
        yield Remark("served-no-nosniff", "headers")
    if headers.get("access-control-allow-origin", "") != "*":
        yield Remark("served-no-cors", "headers")
