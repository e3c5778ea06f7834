"""Tokens in personal links (H4): what they allow and for whom, under an HMAC; no address, no expiry.

token = base64url(key id (1 byte) | purpose (1) | subscriber (8) | newsletter (4) | HMAC-SHA256, cut to 20 bytes)
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass

_BODY = struct.Struct(">BBQI")
_MAC = 20  # bytes: 160 bits
PURPOSES = {"unsubscribe": 1, "message-id": 2, "preferences": 3, "approval": 4, "bounce": 5}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a valid token says: which subscription, or which letter of whom."""

    subscriber: int  # 0 in an approval, which is nobody's
    newsletter: int  # its number; in a Message-ID, a bounce and an approval that of the edition


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets by key id; the highest signs, all verify, so that a rotation keeps old links alive."""

    secrets: Mapping[int, bytes]

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self.secrets[body[0]], body, hashlib.sha256)[:_MAC]

    def sign(self, purpose: str, claim: Claim) -> str:
        """A token of 48 characters, URL-safe ASCII; the same for the same claim."""
        body = _BODY.pack(max(self.secrets), PURPOSES[purpose], claim.subscriber, claim.newsletter)
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()

    def read(self, purpose: str, token: str) -> Claim | None:
        """The claim of a genuine token for *purpose*, else None. In constant time for the signature."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        if len(body) != _BODY.size or body[0] not in self.secrets:
            return None
        key, number, subscriber, newsletter = _BODY.unpack(body)
        claim = Claim(subscriber, newsletter)
        genuine = hmac.compare_digest(self._mac(body), mac) and number == PURPOSES[purpose]
        # Base64 has several spellings of the last bits; only ours counts.
        return claim if genuine and key in self.secrets and token == _spelt(raw) else None


def _spelt(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
