"""Keys for tests, and dkimpy as the judge of what they signed."""

import base64
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from unittest.mock import patch

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from publisher.mail.dkim import Signer, ed25519_key, rsa_key

DOMAIN = "example.org"


@cache
def rsa_pem(bits: int = 2048) -> bytes:
    key = generate_private_key(65537, bits)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def ed25519_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def signer() -> Signer:
    """Signs with both kinds of key, as the selectors r and e."""
    return Signer(DOMAIN, (rsa_key("r", rsa_pem(), "r.pem"), ed25519_key("e", ed25519_pem(), "e.pem")))


@cache
def records() -> dict[bytes, bytes]:
    """What stands in the DNS."""
    rsa, ed25519 = (load_pem_private_key(pem, None).public_key() for pem in (rsa_pem(), ed25519_pem()))
    public = {
        "rsa": rsa.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "ed25519": ed25519.public_bytes(Encoding.Raw, PublicFormat.Raw),
    }
    return {
        f"{kind[0]}._domainkey.{DOMAIN}.".encode(): f"v=DKIM1; k={kind}; p=".encode() + base64.b64encode(key)
        for kind, key in public.items()
    }


def judged(data: bytes, dns: Mapping[bytes, bytes] | None = None) -> list[bool]:
    """What dkimpy says of each signature of a letter, the first first, at the end of all clocks of tests: it refuses
    a t= of the future. *dns* are other records than ours."""
    number = sum(name.lower() == b"dkim-signature" for name, _ in dkim.DKIM(data).headers)
    with patch.object(dkim, "time", SimpleNamespace(time=lambda: 2**32)):
        return [_judged(data, each, dns or records()) for each in range(number)]


def _judged(data: bytes, index: int, dns: Mapping[bytes, bytes]) -> bool:
    try:
        verified = dkim.DKIM(data).verify(index, dnsfunc=lambda name, timeout=5: dns.get(name))
    except dkim.DKIMException:
        return False
    return bool(verified)
