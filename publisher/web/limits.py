"""What a client may take of the server: seconds, bytes, connections (X12)."""

import ipaddress
import resource
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from publisher.web.client import Network, network


@dataclass(frozen=True, slots=True)
class Body:
    """What may be sent to a door."""

    size: int  # bytes
    seconds: float  # until it is whole


FORM = Body(1 << 17, 10)
UPLOAD = Body(256_000_000, 600)  # what an editor sends: an article, a list of readers
_UPLOADS = ("/admin/articles/upload", "/admin/subscribers/import")


def bodies(*, editors: bool) -> Mapping[str, Body]:
    """What may be sent where, by the beginning of a path; *editors*: whether they have pages."""
    return {"/api/": Body(4 << 20, 60)} | (dict.fromkeys(_UPLOADS, UPLOAD) if editors else {})


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one server. Seconds are counted to the second: connections are looked at once in each."""

    headers: float = 8  # seconds until a request's headers are whole
    idle: float = 10  # seconds between two requests of a connection
    stuck: float = 30  # seconds in which a reader must have taken at least `progress` of what waits for them
    progress: int = 4 << 10  # bytes
    longest: float = 3600  # seconds until all that waits for a reader was taken
    linger: float = 2  # seconds in which a client that was refused, or answered, has to end what it says
    url: int = 16 << 10  # bytes of a request's target: 20 parts of a slug, percent-encoded
    fields: int = 100  # header fields
    fields_size: int = 32 << 10  # bytes of all of them together
    ahead: int = 32  # requests that may wait behind the one that is answered (pipelining)
    connections: int = 1000
    per_network: int = 64  # connections of one /24 (IPv4) or /64 (IPv6)
    exempt: Sequence[Network] = ()  # networks without that cap, beside those that are not of the open net
    bodies: Mapping[str, Body] = field(default_factory=lambda: bodies(editors=False))

    def body(self, path: str) -> Body:
        """What may be sent to the door at *path*: a form, where nothing else is said."""
        return next((each for prefix, each in self.bodies.items() if path.startswith(prefix)), FORM)


def affordable(limits: int = 1000) -> int:
    """How many connections this process can have, *limits* at most: file descriptors are also for relays and files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limits if soft == resource.RLIM_INFINITY else max(min(limits, soft - 256), 64)


class Counted:
    """How many connections each network has."""

    def __init__(self, most: int, exempt: Sequence[Network]) -> None:
        self._most, self._exempt = most, tuple(exempt)
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> str | None:
        """A connection from *address*: the network it counts for, "" where it counts for none (a proxy beside us,
        a private network); None where that has enough of them."""
        counted = self._network(address)
        if counted and self._open[counted] >= self._most:
            return None
        if counted:
            self._open[counted] += 1
        return counted

    def leave(self, counted: str) -> None:
        """A connection that counted for this network has ended."""
        if counted:
            self._open[counted] -= 1
            if self._open[counted] <= 0:
                del self._open[counted]

    def _network(self, address: str) -> str:
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:  # a socket of the file system
            return ""
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        if not found.is_global or any(
            found in each for each in self._exempt if each.version == found.version
        ):
            return ""
        return network(str(found))
