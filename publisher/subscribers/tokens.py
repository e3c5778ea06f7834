"""Tokens in personal links (H4): what they allow and for whom, under an HMAC; no address. None expires by itself; those
to all that is held on a reader hold when they were made, and whoever opens them says when that is too long ago (L8).

token = base64url(key id (1 byte) | purpose (1) | subscriber (8) | newsletter (4) | HMAC-SHA256, cut to 20 bytes)

In the local part of a mail address, whose capitals a mail system may change, it is in base16 and cut to 16 bytes.
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

_BODY = struct.Struct(">BBQI")
_MAC = 20  # bytes: 160 bits
_SHORT = 16  # in an address, whose local part has 64 octets at most
PURPOSES = {
    "unsubscribe": 1,
    "message-id": 2,
    "preferences": 3,
    "approval": 4,
    "bounce": 5,
    "confirm": 6,
    "erase": 7,
    "form": 8,
    "held": 9,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a valid token says: which subscription, or which letter of whom."""

    subscriber: int  # 0 in an approval, which is nobody's; in a form the second it was shown, since 1970
    newsletter: (
        int  # its number; in a Message-ID, a bounce, an approval that of the edition, in a confirm of the ask; in an
        # erase and a held the second it was made, since 1970 (until 2106)
    )


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets by key id; the highest signs, all verify, so that a rotation keeps old links alive."""

    secrets: Mapping[int, bytes]

    def _mac(self, body: bytes) -> bytes:
        keyed = _keyed(self.secrets[body[0]]).copy()
        keyed.update(body)
        return keyed.digest()[:_MAC]

    def _body(self, purpose: str, claim: Claim) -> bytes:
        return _BODY.pack(max(self.secrets), PURPOSES[purpose], claim.subscriber, claim.newsletter)

    def sign(self, purpose: str, claim: Claim) -> str:
        """A token of 46 characters, URL-safe ASCII; the same for the same claim."""
        body = self._body(purpose, claim)
        return _spelt(body + self._mac(body))

    def sign_caseless(self, purpose: str, claim: Claim) -> str:
        """A token of 60 lower-case letters and digits, for a local part; the same for the same claim."""
        body = self._body(purpose, claim)
        return (body + self._mac(body)[:_SHORT]).hex()

    def sign_twice(self, claim: Claim) -> tuple[str, str]:
        """The tokens of `sign` and of `sign_caseless` for unsubscribing, at the price of one."""
        body = self._body("unsubscribe", claim)
        mac = self._mac(body)
        return _spelt(body + mac), (body + mac[:_SHORT]).hex()

    def public(self, name: str) -> str:
        """32 lower-case hexadecimal digits that only this site can have made, and that may be shown to anybody: they
        tell nothing of the secret. The same for the same *name*."""
        keyed = _keyed(self.secrets[max(self.secrets)]).copy()
        keyed.update(b"a word for everybody\0" + name.encode())  # longer than what any token signs
        return keyed.digest()[:16].hex()

    def read(self, purpose: str, token: str) -> Claim | None:
        """The claim of a genuine token for *purpose*, else None. In constant time for the signature."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        # Base64 has several spellings of the last bits; only ours counts.
        return self._claim(purpose, raw, _MAC) if token == _spelt(raw) else None

    def read_caseless(self, purpose: str, token: str) -> Claim | None:
        """The claim of a genuine token of `sign_caseless`, whatever became of its capitals, else None."""
        try:
            raw = base64.b16decode(token, casefold=True)
        except ValueError:
            return None
        return self._claim(purpose, raw, _SHORT)

    def _claim(self, purpose: str, raw: bytes, signed: int) -> Claim | None:
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        if len(body) != _BODY.size or len(mac) != signed or body[0] not in self.secrets:
            return None
        _, number, subscriber, newsletter = _BODY.unpack(body)
        genuine = hmac.compare_digest(self._mac(body)[:signed], mac) and number == PURPOSES[purpose]
        return Claim(subscriber, newsletter) if genuine else None


def stamp(keys: Keys, now: int) -> str:
    """What a form carries that is shown *now*, in seconds since 1970 (L3)."""
    return keys.sign("form", Claim(now, 0))


def age(keys: Keys, stamped: str, now: int) -> int | None:
    """The seconds since a form with *stamped* was shown; None where that is not ours."""
    claim = keys.read("form", stamped)
    return now - claim.subscriber if claim else None


@cache
def _keyed(secret: bytes) -> hmac.HMAC:
    """Begun once a secret: `hmac.digest` would also hand the interpreter to another thread with every token."""
    return hmac.new(secret, digestmod=hashlib.sha256)


def _spelt(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
