"""DKIM: whether the record under a selector is that of the key in use (RFC 6376, 3.6.1; RFC 8301; RFC 8463)."""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass

from publisher.doctor.asking import Asks, tags
from publisher.doctor.table import symptom
from publisher.model.symptom import Symptom


@dataclass(frozen=True, slots=True)
class Signing:
    """A key that signs letters."""

    domain: str
    selector: str
    kind: str  # rsa, ed25519
    public: bytes  # as p= has it: SubjectPublicKeyInfo in DER; the 32 octets of an Ed25519 key

    @property
    def name(self) -> str:
        """Where its record stands."""
        return f"{self.selector}._domainkey.{self.domain}".lower()


def judge(key: Signing, asks: Asks) -> Iterator[Symptom]:
    """What is wrong with the record of *key*. Raises Unreachable where the DNS says nothing."""
    texts = asks.texts(key.name)
    if not texts:
        yield symptom("dkim-missing", key.name, "there is no TXT record")
        return
    if len(texts) > 1:
        yield symptom("dkim-several", key.name, f"there are {len(texts)} TXT records")
        return
    try:
        found = tags(texts[0])
    except ValueError as error:
        yield symptom("dkim-wrong", key.name, str(error))
        return
    if why := _unusable(found, key):
        yield symptom("dkim-wrong", key.name, why)
        return
    yield from _key(found, key)
    if "y" in _words(found.get("t", "")):
        yield symptom("dkim-testing", key.name, f"t={found['t']}")


def _unusable(found: dict[str, str], key: Signing) -> str:
    if found.get("v", "DKIM1") != "DKIM1" or ("v" in found and next(iter(found)) != "v"):
        return "v=DKIM1 does not stand first"
    if found.get("k", "rsa").lower() != key.kind:
        return f"k={found.get('k', 'rsa')}, and our key is {key.kind}"
    if "h" in found and "sha256" not in _words(found["h"]):
        return f"h={found['h']} does not allow SHA-256, which signs"
    if "s" in found and not {"*", "email"} & set(_words(found["s"])):
        return f"s={found['s']} is not for mail"
    return "" if "p" in found else "there is no key in it (p=)"


def _key(found: dict[str, str], key: Signing) -> Iterator[Symptom]:
    written = "".join(found["p"].split())
    if not written:
        yield symptom("dkim-revoked", key.name, "p= is empty")
        return
    try:
        there = b64decode(written, validate=True)
    except ValueError:
        yield symptom("dkim-wrong", key.name, "p= is no base64: the record was cut, or joined wrongly")
        return
    if there == key.public or (key.kind == "rsa" and _spki(there) == key.public):
        return
    what = "p= is another key than ours"
    if key.public.startswith(there) or len(there) < len(key.public) // 2:
        what = "p= is cut off: a TXT string has at most 255 characters, longer ones are written in parts"
    yield symptom("dkim-differs", key.name, what)


def _spki(der: bytes) -> bytes:
    """An RSA key, which may be in either form (RFC 6376, 3.6.1), in the one we write; b"" where it is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    try:
        return load_der_public_key(der).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return b""


def _words(value: str) -> list[str]:
    return [each.strip().lower() for each in value.split(":")]
