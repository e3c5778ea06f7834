"""URLs as every wire wants them (F11): absolute, percent-encoded ASCII, hosts in punycode."""

import ipaddress
import posixpath
import re
from collections.abc import Callable
from unicodedata import normalize
from urllib.parse import SplitResult, quote, unquote, unquote_to_bytes, urljoin, urlsplit

import idna

from publisher.model.media import PICTURES, RECORDINGS

_EDGES = "".join(map(chr, range(0x21)))
_INSIDE = str.maketrans("", "", "\t\n\r")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_PLAYED = re.compile(rf"\.(?:{'|'.join(PICTURES | RECORDINGS)})\Z", re.IGNORECASE)
# Nothing in these changes.
_AS_IT_IS = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*/[\w.~/-]*", re.ASCII)
_PATH, _QUERY = "/%:@!$&'()*+,;=~", "/%:@!$&'()*+,;=~?"
# One candidate of srcset: a URL, which a comma at its end closes, else a descriptor up to the comma.
_CANDIDATE = re.compile(r"(?P<url>[^\s,]\S*+)(?:(?<=,)|(?P<size>[^,]*+))")


def url(raw: str, base: str) -> str | None:
    """*raw* resolved against *base* (RFC 3986, 5), as ASCII with an A-label host (UTS #46); None for what is empty,
    neither http, https nor mailto or cannot be parsed. Never raises."""
    if _AS_IT_IS.fullmatch(raw):
        return raw
    raw = raw.strip(_EDGES).translate(_INSIDE)
    if not raw:
        return None
    try:
        parts = urlsplit(urljoin(base, raw))
        if parts.scheme == "mailto":
            return f"mailto:{_quoted(parts.path, _PATH)}{_tail(parts)}" if parts.path else None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        path = _quoted(parts.path, _PATH) or "/"
        return f"{parts.scheme}://{_authority(parts)}{path}{_tail(parts)}"
    except ValueError:  # idna's errors and UnicodeError are ValueErrors
        return None


# Names that lead nowhere from outside: RFC 6761, 6762, 7686 and 8375; `internal` is ICANN's (2024).
_HOME = (".localhost", ".local", ".internal", ".home.arpa", ".test", ".invalid", ".onion")


def is_inside(host: str) -> bool:
    """Whether nobody outside of this machine and its network reaches *host* by that name."""
    return is_private(host) or host.endswith(_HOME) or ("." not in host and ":" not in host)


def is_private(host: str) -> bool:
    """Whether *host* says by itself that it is this machine or one of a private network: other names are asked when
    they are connected to."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def beside(raw: str) -> str | None:
    """The path in the article folder that *raw* names, decoded (what is no UTF-8 as lone surrogates, PEP 383), in
    NFC, "." and ".." resolved as far as they can be, with "/" for the "\\" of Windows; with a "/" before it where it
    is meant from the top. None for what is none: "https://...", "//host/x", "#part", "?q".

    A "#" or "?" begins a part or a query (RFC 3986, 3), but people give such names to pictures: it does not where
    only the whole ends as a picture's or recording's name does.
    """
    path = raw.strip(_EDGES).translate(_INSIDE)
    cut = path.partition("#")[0].partition("?")[0]
    if cut and cut != path and "." not in cut.rpartition("/")[2] and _PLAYED.search(path):
        cut = path
    if not cut or cut.startswith("//") or _SCHEME.match(cut):
        return None
    decoded = unquote_to_bytes(cut).decode("utf-8", "surrogateescape") if "%" in cut else cut
    decoded = decoded.replace("\\", "/")
    if "\0" in decoded or decoded.endswith("/") or decoded.startswith("//"):
        return None
    found = normalize("NFC", posixpath.normpath(decoded))
    return None if found in (".", "..", "/") else found


def fragment(raw: str) -> str:
    """What *raw* names in the page it leads to, with its "#", as ASCII; "" for nothing."""
    _, sign, part = raw.strip(_EDGES).translate(_INSIDE).partition("#")
    return f"#{_quoted(part, _QUERY)}" if sign and part else ""


def candidates(raw: str) -> list[str]:
    """The URLs of a srcset attribute, as written."""
    return [match["url"].rstrip(",") for match in _CANDIDATE.finditer(raw)]


def srcset(raw: str, resolve: Callable[[str], str | None]) -> str | None:
    """The value of a srcset attribute with every URL as *resolve* makes it; candidates that cannot be are left out."""
    candidates = []
    for match in _CANDIDATE.finditer(raw):
        if resolved := resolve(match["url"].rstrip(",")):
            candidates.append(f"{resolved} {(match['size'] or '').strip()}".strip())
    return ", ".join(candidates) or None


def _quoted(text: str, safe: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", text), safe=safe)


def _tail(parts: SplitResult) -> str:
    query = f"?{_quoted(parts.query, _QUERY)}" if parts.query else ""
    return f"{query}#{_quoted(parts.fragment, _QUERY)}" if parts.fragment else query


def _authority(parts: SplitResult) -> str:
    host = unquote(parts.hostname or "")
    bracketed = f"[{host}]" if ":" in host else host.lower()
    if not bracketed.isascii():
        bracketed = idna.encode(bracketed, uts46=True).decode()
    if not _HOST.fullmatch(bracketed):
        raise ValueError(f"{host!r} is no host")
    user, at, _ = parts.netloc.rpartition("@")
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{_quoted(user, '%:')}{at}{bracketed}{port}"
