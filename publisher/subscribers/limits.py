"""How many sign-ups are heard (L3): three kinds of token buckets. No clock of its own; `now` is in seconds, of a clock
that is never put back."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple


class Size(NamedTuple):
    """A bucket: so many tokens at most, and seconds until one more is in it."""

    most: int
    every: float


SITE = Size(200, 6.0)  # 200 at once, 600 an hour
ALARM = 100  # tokens of the site's; while it has fewer, networks are looked at too
NETWORK = Size(3, 1200.0)  # a /24 or /64: a city, where its carrier puts all behind one address
ADDRESS = Size(3, 3600.0)  # before the store is asked, which knows better
KEPT = 10_000  # buckets of a kind that are remembered; those used last


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float

    def fill(self, size: Size, now: float) -> float:
        """The tokens in it *now*."""
        self.left = min(size.most, self.left + max(0.0, now - self.at) / size.every)
        self.at = now
        return self.left


class _Buckets:
    """One for each name, of which no more is kept than a hash nobody else can make."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._key = secrets.token_bytes(16)
        self._each = OrderedDict[bytes, _Bucket]()

    def get(self, name: str, now: float) -> _Bucket:
        hashed = blake2b(name.encode("utf-8", "surrogatepass"), key=self._key, digest_size=12).digest()
        found = self._each.pop(hashed, None) or _Bucket(self._size.most, now)
        self._each[hashed] = found
        if len(self._each) > KEPT:
            self._each.popitem(last=False)
        found.fill(self._size, now)
        return found

    def __len__(self) -> int:
        return len(self._each)


class Limits:
    """What was asked lately."""

    def __init__(self, now: float) -> None:
        self._site = _Bucket(SITE.most, now)
        self._addresses, self._networks = _Buckets(ADDRESS), _Buckets(NETWORK)

    def alarm(self, now: float) -> bool:
        """Whether so many ask that networks are looked at."""
        return self._site.fill(SITE, now) < ALARM

    def admit(self, address: str, network: str, now: float) -> bool:
        """Whether somebody in *network* who asks for letters to *address* is heard; then it counts."""
        taken = [self._addresses.get(address, now)]
        if self.alarm(now):
            taken.append(self._networks.get(network, now))
        taken.append(self._site)
        if any(each.left < 1 for each in taken):
            return False
        for each in taken:
            each.left -= 1
        return True

    def __len__(self) -> int:
        """How many buckets are remembered."""
        return len(self._addresses) + len(self._networks)
