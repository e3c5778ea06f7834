"""What a request asks for, read from its headers (RFC 9110, RFC 3229)."""

import re
from functools import lru_cache

_PREFERRED = ("br", "gzip", "identity")  # of equals the smallest
_ALIASES = {"x-gzip": "gzip"}  # RFC 9110, 8.4.1.3
_TAG = re.compile(rb'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# What servers on the way append to the tags of what they compressed, and we to those of our companions.
_CODED = re.compile(r"(?:[-;]{1,2}(?:gzip|br|zstd|deflate))+\Z")
_LONGEST = 500  # characters of a header that is worth remembering


def codings(header: bytes | None) -> tuple[str, ...]:
    """The content codings of `Accept-Encoding`, the best first, "identity" the last that is tried (RFC 9110, 12.5.3).

    A client that accepts none of them gets the file as it is: also one that forbids even that (12.4.1).
    """
    if header is None:
        return ("identity",)  # anything would do; what is not asked for surprises nobody
    return _codings(header) if len(header) <= _LONGEST else _codings.__wrapped__(header)


@lru_cache(maxsize=256)
def _codings(header: bytes) -> tuple[str, ...]:
    wishes = {_ALIASES.get(name, name): quality for name, quality in qualities(header).items()}
    others = wishes.get("*", 0.0)
    found = {name: wishes.get(name, others) for name in _PREFERRED}
    found["identity"] = wishes.get("identity", wishes.get("*", 0.001) or 0.0)
    chosen = sorted((name for name in _PREFERRED if found[name]), key=lambda name: -found[name])
    return tuple(chosen) if "identity" in chosen else (*chosen, "identity")


def qualities(header: bytes) -> dict[str, float]:
    """The names a header lists, in lower case, with their `q` (RFC 9110, 12.4.2); one that is no number counts 0."""
    found: dict[str, float] = {}
    for part in header.decode("latin-1").split(","):
        name, *parameters = part.split(";")
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                quality = _quality(value.strip())
        if name.strip():
            found[name.strip().lower()] = quality
    return found


def _quality(value: str) -> float:
    return float(value) if re.fullmatch(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?", value) else 0.0


def tags(header: bytes) -> list[str]:
    """The entity tags of `If-None-Match`, without quotes and `W/`: they are compared weakly (RFC 9110, 13.1.2);
    "*" alone stands for any, and in quotes, where it would be a tag, for nobody's."""
    if header.strip() == b"*":
        return ["*"]
    return [tag for found in _TAG.finditer(header) if (tag := found[1].decode("latin-1")) != "*"]


def instance(tag: str) -> str:
    """The tag of the file itself, of the *tag* of one of its codings."""
    return _CODED.sub("", tag)


def is_delta(header: bytes | None) -> bool:
    """Whether `A-IM` asks for new entries alone (RFC 3229, 10.5.3; the manipulation "feed")."""
    return header is not None and qualities(header).get("feed", 0.0) > 0


def is_browser(destination: bytes | None, upgrade: bytes | None, accept: bytes | None) -> bool:
    """Whether a person opened the address (F21): `Sec-Fetch-Dest: document`.

    Browsers leave that header out where a site has no TLS, and old ones always. Then it takes both that the client
    prefers to be led to TLS, which no feed reader says, and that a page is the first it accepts.
    """
    if destination is not None:
        return destination.strip().lower() == b"document"
    return upgrade is not None and upgrade.strip() == b"1" and (accept or b"").startswith(b"text/html")
