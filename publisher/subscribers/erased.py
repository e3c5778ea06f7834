"""The list of who was erased (L8): when, and a keyed hash of the address, so that it says of nobody who they were.

A line: the time (RFC 3339, UTC), the number of the secret, HMAC-SHA256 of the address's key in hex, and `lifted` where
the person came back by their own wish. The newest line of a hash counts: lists that lie in two places can be joined
line by line, in any order.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from publisher.subscribers.tokens import Keys

_LINE = re.compile(r"(\S{20,40}) (\d{1,3}) ([0-9a-f]{64})( lifted)?", re.ASCII)
_OWN = b"nashir: who was erased"  # a key of its own is made from the secret


@dataclass(frozen=True, slots=True)
class Line:
    """A person was erased, or came back."""

    at: datetime  # UTC
    key: int  # the number of the secret
    mark: str
    lifted: bool = False

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).isoformat()} {self.key} {self.mark}{' lifted' * self.lifted}"


def line(keys: Keys, address_key: str, at: datetime, *, lifted: bool = False) -> Line:
    """The line that says so, under the newest secret."""
    newest = max(keys.secrets)
    return Line(at, newest, _mark(keys.secrets[newest], address_key), lifted)


def parse(text: str) -> list[Line]:
    """The lines of the list. Raises ValueError with the number of the first that is none."""
    found = []
    for number, each in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(each)
        try:
            if match is None:
                raise ValueError
            at = datetime.fromisoformat(match[1])
            found.append(Line(at.astimezone(UTC), int(match[2]), match[3], match[4] is not None))
        except (ValueError, OverflowError):
            raise ValueError(f"line {number} is none of ours") from None
    return found


class Register:
    """Who was erased, asked by address. Lines under a secret that we have not say nothing."""

    def __init__(self, lines: Iterable[Line], keys: Keys) -> None:
        self._since: dict[str, datetime] = {}
        self._out: set[str] = set()
        used = set[int]()
        for each in sorted(lines, key=lambda one: (one.at, one.lifted)):
            used.add(each.key)
            if each.lifted:
                self._out.discard(each.mark)
            else:
                self._since[each.mark] = each.at
                self._out.add(each.mark)
        self._secrets = [keys.secrets[key] for key in sorted(used) if key in keys.secrets]

    def __bool__(self) -> bool:
        return bool(self._since and self._secrets)

    def stays_out(self, address_key: str) -> bool:
        """Whether the person was erased and did not come back."""
        return any(mark in self._out for mark in self._marks(address_key))

    def since(self, address_key: str) -> datetime | None:
        """When the person was erased last, whether they came back or not: what is older is to go."""
        return max(
            (self._since[mark] for mark in self._marks(address_key) if mark in self._since), default=None
        )

    def _marks(self, address_key: str) -> list[str]:
        return [_mark(secret, address_key) for secret in self._secrets]


def _mark(secret: bytes, address_key: str) -> str:
    begun = _begun(secret).copy()
    begun.update(address_key.encode("utf-8", "surrogatepass"))
    return begun.hexdigest()


@cache
def _begun(secret: bytes) -> hmac.HMAC:
    own = hmac.digest(secret, _OWN, "sha256")
    return hmac.new(own, digestmod=hashlib.sha256)
