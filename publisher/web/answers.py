"""What is answered with a file: status, headers and body, put together once and sent many times (F20–F23)."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from publisher.feeds import compression, document
from publisher.feeds.document import Facts
from publisher.model import media
from publisher.pages.redirect import target

Headers = list[tuple[bytes, bytes]]

AGE = b"public, max-age=60"
FEED_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}
TYPES = {
    "opml.xml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".gz": "application/gzip",
    **{f".{ending}": kind for ending, kind in media.TYPES.items() if ending != "json"},
}
COMMON: Headers = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
PAGE: Headers = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self' https: http:; media-src 'self' https: http:; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
]
# What a door answers shows nothing from elsewhere: nobody else is to hear that it was opened.
DOOR: Headers = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'",
    )
]
# A letter is dressed by its own attributes; nothing in it runs or posts, and it has no origin.
LETTER = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: http:; base-uri 'none'; "
    "form-action 'none'; sandbox; frame-ancestors "
)  # ... and who may frame it
# A script on another site may read a feed, and the tag and links it came with.
_SHARED: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link"),
]
_PAGES = (".html", ".htm")


@dataclass(slots=True)
class Answer:
    """One answer, ready to be sent."""

    status: int
    headers: Headers
    body: bytes | None  # None: the file is too large to be held
    tag: bytes = b""  # its entity tag, quoted
    instance: str = ""  # the tag of the file itself, in whatever coding it is sent
    modified: datetime | None = None  # of If-Modified-Since; None: it is not compared
    unchanged: Headers = field(default_factory=list)  # of a 304

    def unchanged_as(self, tag: str) -> Headers:
        """The headers of a 304 to who has the file by *tag*, perhaps in another coding; "*": by any."""
        if tag == "*":
            return self.unchanged
        own = (b"etag", f'"{tag}"'.encode("latin-1"))
        return [own if name == b"etag" else (name, value) for name, value in self.unchanged]


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for every answer with a file."""

    instance: str
    kind: bytes  # Content-Type
    modified: datetime
    length: int
    is_page: bool
    coded: bool  # it may have compressed companions
    target: str  # where a page of ours leads that is nothing but a redirect; "" of any other file
    facts: Facts | None  # of a feed
    links: bytes  # the Link header of a feed with a hub (F24)

    @property
    def for_readers(self) -> bool:
        """Whether it is a feed that is polled, and has a page for people: an archive is neither."""
        return self.facts is not None and not self.facts.archive


def plan(name: str, body: bytes | None, found: os.stat_result) -> Plan:
    """The plan of the file *name*; *body* None: one too large to be held, whose tag is its time and size."""
    ending = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a string, not a file
    facts = document.read(name, body) if body is not None else None
    base = name.rpartition("/")[2]
    kind = (
        FEED_TYPES[facts.kind] if facts else TYPES.get(base) or TYPES.get(ending, "application/octet-stream")
    )
    is_page = ending in _PAGES
    return Plan(
        instance=f"{found.st_mtime_ns:x}-{found.st_size:x}" if body is None else document.fingerprint(body),
        kind=kind.encode(),
        # A restored folder has new times; what a feed says of itself stays (F22).
        modified=(facts and facts.updated) or datetime.fromtimestamp(int(found.st_mtime), UTC),
        length=found.st_size,
        is_page=is_page,
        coded=body is not None and compression.worth(name, len(body)),
        target=(target(body) or "") if is_page and body is not None else "",
        facts=facts,
        links=_links(facts) if facts else b"",
    )


def whole(plan: Plan, body: bytes | None, coding: str, *, as_page: bool) -> Answer:
    """200 with *body*, the file in *coding*. *as_page*: it stands for a feed that a person opened (F21)."""
    own = "" if coding == "identity" else f"-{coding}"
    tag = f'"{plan.instance}{own}"'.encode()
    rest: Headers = [(b"etag", tag)]
    if as_page:  # not for a cache that others share: a feed reader must never be given it
        rest += [(b"cache-control", b"private, no-cache")]
    else:
        rest += [(b"last-modified", format_datetime(plan.modified, usegmt=True).encode())]
        rest += [(b"cache-control", AGE)]
    vary = [b"Accept-Encoding"] * plan.coded + [b"Sec-Fetch-Dest"] * (as_page or plan.for_readers)
    if vary:
        rest.append((b"vary", b", ".join(vary)))
    rest += PAGE if plan.is_page else _SHARED
    if plan.links:
        rest.append((b"link", plan.links))
    rest += COMMON
    length = plan.length if body is None else len(body)
    full: Headers = [(b"content-type", plan.kind), *rest]
    if coding != "identity":
        full.append((b"content-encoding", coding.encode()))
    full.append((b"content-length", str(length).encode()))
    modified = None if as_page else plan.modified
    return Answer(200, full, body, tag, plan.instance, modified, rest)


def delta(plan: Plan, body: bytes, known: bytes, base: str, coding: str) -> Answer | None:
    """226 with what is new in the feed *body* to who has the entries *known*, of the version *base* (RFC 3229, with
    the manipulation "feed"); None where everything is. *coding* is "gzip" or "identity"."""
    assert plan.facts
    part = document.delta(body, plan.facts.kind, known)
    if part is None:
        return None
    own = "" if coding == "identity" else f"-{coding}"
    tag = (
        f'"{plan.instance}{own}"'.encode()
    )  # of the whole instance, which the reader now has (RFC 3229, 10.4.1)
    headers: Headers = [
        (b"content-type", plan.kind),
        (b"etag", tag),
        (b"im", b"feed"),
        (b"delta-base", f'"{base}"'.encode("latin-1")),
        (b"last-modified", format_datetime(plan.modified, usegmt=True).encode()),
        (b"cache-control", b"no-store, im"),  # a cache that does not know `im` must not keep a part
        (b"vary", b"A-IM, If-None-Match, Accept-Encoding"),
        *_SHARED,
        *([(b"link", plan.links)] if plan.links else []),
        *COMMON,
    ]
    if coding != "identity":
        part = compression.pack(part, coding)
        headers.append((b"content-encoding", coding.encode()))
    headers.append((b"content-length", str(len(part)).encode()))
    return Answer(226, headers, part, tag, plan.instance)


def moved(location: str, *, page: bool) -> Answer:
    """301 to *location*, percent-encoded ASCII; for the *page* of a redirect as for any page."""
    headers: Headers = [(b"location", location.encode())]
    if page:
        headers += [(b"cache-control", AGE), *PAGE]
    return Answer(301, [*headers, *COMMON, (b"content-length", b"0")], b"")


def missing(page: bytes | None) -> Answer:
    """404 with the site's *page*, or a line."""
    kind = b"text/plain; charset=utf-8" if page is None else TYPES[".html"].encode()
    body = b"Not found.\n" if page is None else page
    length = str(len(body)).encode()
    return Answer(404, [(b"content-type", kind), *PAGE, *COMMON, (b"content-length", length)], body)


def _links(facts: Facts) -> bytes:
    """`rel="hub"` and `rel="self"` where the document names a hub (WebSub, 4); a URL that could break out of its
    brackets stays in the document."""
    if not any(rel == "hub" for rel, _ in facts.links):
        return b""
    safe = [(rel, url) for rel, url in facts.links if url.isascii() and not set(url) & set('<>"\r\n\t \\')]
    return ", ".join(f'<{url}>; rel="{rel}"' for rel, url in safe).encode()


_METHODS = b"GET, HEAD, OPTIONS"
REFUSED = Answer(
    405,
    [
        (b"allow", _METHODS),
        (b"content-type", b"text/plain; charset=utf-8"),
        *PAGE,
        *COMMON,
        (b"content-length", b"19"),
    ],
    b"Only GET and HEAD.\n",
)
# Browsers ask first when a script on another site sends If-None-Match or A-IM (Fetch, "CORS-preflight fetch").
OPTIONS = Answer(
    204,
    [
        (b"allow", _METHODS),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"GET, HEAD"),
        (b"access-control-allow-headers", b"A-IM, If-Modified-Since, If-None-Match"),
        (b"access-control-max-age", b"86400"),
        *COMMON,
    ],
    b"",
)
