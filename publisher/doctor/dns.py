"""Door: the DNS, asked as this machine asks it, or of one server."""

import threading
import time
from collections.abc import Callable
from typing import Any

from publisher.errors import BadInput, Unreachable

SECONDS = 5.0  # for an answer, with all tries
MEND = "look at /etc/resolv.conf, or ask another server: --dns 9.9.9.9"


class Dns:
    """See Asks. Each question is asked once; after one that nobody answers no other is asked, so a dead DNS costs
    SECONDS and not many times that. Threads may share it."""

    def __init__(self, server: str = "", *, seconds: float = SECONDS) -> None:
        """*server*: an IP address, with a port as 127.0.0.1:5353 or [::1]:5353; "" for those of this machine. Raises
        BadInput where it is none, Unreachable where this machine names none."""
        import dns.resolver

        try:
            self._resolver = dns.resolver.Resolver(configure=not server)
        except (dns.resolver.NoResolverConfiguration, OSError) as error:
            raise Unreachable("this machine names no server", "/etc/resolv.conf", MEND) from error
        if server:
            address, self._resolver.port = _address(server)
            self._resolver.nameservers = [address]
        self._resolver.search = []
        self._seconds = seconds
        self._known: dict[tuple[str, str], Any] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._dead: Unreachable | None = None

    def texts(self, name: str) -> tuple[str, ...]:
        """See Asks."""
        return self._ask(name, "TXT", lambda each: b"".join(each.strings).decode("utf-8", "replace"))

    def exchangers(self, name: str) -> tuple[str, ...]:
        """See Asks."""
        found = self._ask(name, "MX", lambda each: (each.preference, _plain(each.exchange)))
        return tuple(host for _, host in sorted(found))

    def addresses(self, name: str) -> tuple[str, ...]:
        """See Asks."""
        return (*self._ask(name, "A", lambda each: str(each.address)),
                *self._ask(name, "AAAA", lambda each: str(each.address)))  # fmt: skip

    def names(self, address: str) -> tuple[str, ...]:
        """See Asks."""
        from dns.reversename import from_address

        return self._ask(str(from_address(address)), "PTR", lambda each: _plain(each.target))

    def _ask(self, name: str, kind: str, read: Callable[[Any], Any]) -> tuple[Any, ...]:
        with self._locks.setdefault((name, kind), threading.Lock()):
            if (name, kind) not in self._known:
                self._known[name, kind] = self._answer(name, kind)
        return tuple(read(each) for each in self._known[name, kind])

    def _answer(self, name: str, kind: str) -> tuple[Any, ...]:
        import dns.exception
        import dns.name
        import dns.resolver

        if self._dead:
            raise self._dead
        began = time.monotonic()
        try:
            found = self._resolver.resolve(f"{name.rstrip('.')}.", kind, lifetime=self._seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape):
            return ()  # no such name can be
        except (dns.exception.DNSException, OSError) as error:
            silent = Unreachable(_plainly(name, kind, error), name, MEND)
            if time.monotonic() - began > self._seconds / 2 or isinstance(error, OSError):
                self._dead = silent  # nobody is there; a refusal of one name is that name's
            raise silent from error
        return tuple(found)


def _address(server: str) -> tuple[str, int]:
    from ipaddress import ip_address

    address, port = server, 53
    if server.startswith("[") or server.count(":") == 1:
        address, _, written = server.rpartition(":")
        address = address.strip("[]")
        port = int(written) if written.isascii() and written.isdigit() else -1
    try:
        ip_address(address)
        if not 0 < port < 65536:
            raise ValueError
    except ValueError:
        raise BadInput(
            f"{server!r} is no address of a DNS server", "--dns", "write 9.9.9.9, or 127.0.0.1:5353"
        ) from None
    return address, port


def _plainly(name: str, kind: str, error: BaseException) -> str:
    why = (
        "no answer in time"
        if "timed out" in str(error) or "lifetime" in str(error)
        else "the server has no answer"
    )
    return f"the DNS does not answer for {name} ({kind}): {why}"


def _plain(name: Any) -> str:
    return str(name).rstrip(".").lower()
