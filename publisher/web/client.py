"""Who asks: the address of the reader behind the servers before us (L3)."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

_PASSED_ON = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"})
_LOCAL = (".localhost", ".local", ".internal", ".lan", ".home.arpa")  # RFC 6761, 6762, 8375
Network = IPv4Network | IPv6Network
_Address = IPv4Address | IPv6Address


def client(scope: Mapping[str, Any], trusted: Sequence[Network]) -> str:
    """The address that the request *scope* (ASGI) comes from; "" where the socket has none. Where that is one of the
    *trusted*, the last address of `X-Forwarded-For` that is none of them: what stands before it anybody may have
    written. What cannot be read there is nobody's word, and the address behind it counts."""
    peer = scope.get("client")
    found = _read(str(peer[0])) if peer else None
    if found is None:
        return str(peer[0]) if peer else ""
    for said in reversed(_forwarded(scope)):
        if not _is_in(found, trusted) or (before := _read(said)) is None:
            break
        found = before
    return str(found)


def passed_on(scope: Mapping[str, Any]) -> bool:
    """Whether a server between says that it passes somebody's request on."""
    return any(name.lower() in _PASSED_ON for name, _ in scope.get("headers", ()))


def is_named(host: str, own: str) -> bool:
    """Whether *host* (RFC 9110, 7.2, port and all) can only mean us: the site's *own*, an address, or a name that
    nobody can register. A page elsewhere whose name is made to point here comes with its own (DNS rebinding)."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if not name or host != host.strip():
        return False
    return name == own or _read(name) is not None or "." not in name or name.endswith(_LOCAL)


def network(address: str) -> str:
    """The network that *address* is in: /24 of IPv4, /64 of IPv6; what is no address is one by itself."""
    found = _read(address)
    if found is None:
        return address
    length = 24 if found.version == 4 else 64
    kind = IPv4Network if found.version == 4 else IPv6Network
    return str(kind((int(found), length), strict=False))


def _forwarded(scope: Mapping[str, Any]) -> list[str]:
    """What `X-Forwarded-For` lists, of all its fields in their order."""
    fields = [value for name, value in scope.get("headers", ()) if name.lower() == b"x-forwarded-for"]
    return b",".join(fields).decode("latin-1").split(",") if fields else []


def _read(text: str) -> _Address | None:
    """The address in *text*, perhaps with a port: 192.0.2.1:80, [2001:db8::1]:80."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_in(address: _Address, networks: Sequence[Network]) -> bool:
    return any(address.version == each.version and address in each for each in networks)
