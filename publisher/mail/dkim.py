"""DKIM signatures by ourselves: relaxed/simple, RSA, and Ed25519 beside it (RFC 6376, RFC 8301, RFC 8463; H8).

What all letters of a variant have in common is canonicalised and hashed once, a `Seal`; a letter adds its own fields
and what follows its first slot. Both kinds of signature are functions of what they sign, so a letter has the same
bytes on every try (M5).
"""

import hashlib
import re
import textwrap
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.mail.headers import LINE, folded

LEAST, MOST = (
    2048,
    4096,
)  # bits of an RSA key: what verifiers want at least, and have to know at most (RFC 8301, 3.2)
_MAKE_RSA = "make one with `openssl genrsa -out {} 2048`"
_MAKE_ED25519 = "make one with `openssl genpkey -algorithm ed25519 -out {}`"

# Requests to programs on the way, which some of these change: nobody is deceived by them.
_FREE = {"precedence", "auto-submitted", "x-auto-response-suppress"}
# Named once more than they stand, so that a second one breaks the signature (RFC 6376, 8.15): always, ...
_NONE_MORE = ("from", "to", "cc", "subject", "date", "reply-to")
# ... and where there is one.
_ONLY_ONE = (
    *("message-id", "mime-version", "content-type", "content-transfer-encoding"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post"),
)

_BLANKS = re.compile(rb"(?:\r\n[ \t]|[ \t])+")  # folds among them


@dataclass(frozen=True, slots=True)
class Key:
    """A private key and the selector that its public half stands under in the DNS."""

    selector: str
    algorithm: str  # the tag a=
    sign: Callable[[bytes], bytes]  # of what is signed, before it is hashed
    public: bytes  # the public half as the record's p= has it: DER of RSA, the 32 octets of Ed25519


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: *domain*, in A-labels, with each of *keys*; a verifier is content with the first that it knows."""

    domain: str
    keys: tuple[Key, ...]

    def seal(self, fields: bytes, own: Sequence[str], start: bytes, sent: datetime) -> "Seal":
        """What signs letters whose constant header fields are *fields*, whose other fields are of the names *own*
        (lower case; one that a letter lacks is signed as absent), and whose bodies begin with *start*. *sent* is the
        Date. Fields and bodies are CRLF lines, and no body ends with an empty one."""
        constant = [(name, field) for name, field in _relaxed(fields) if name not in _FREE]
        names = [*(name for name, _ in constant), *own]
        names += [*_NONE_MORE, *(name for name in _ONLY_ONE if name in names)]
        openings = [(key, self._opening(key, names, sent)) for key in self.keys]
        return Seal(b"".join(field for _, field in constant), start, openings)

    def _opening(self, key: Key, names: Sequence[str], sent: datetime) -> bytes:
        """The signature's field as far as its body hash. Names are parted at line ends only: a blank beside a colon
        is allowed (RFC 6376, 3.5), and rare."""
        tags = folded("DKIM-Signature:", [
            *(" v=1;", f" a={key.algorithm};", " c=relaxed/simple;", f" d={self.domain};"),
            *(f" s={key.selector};", f" t={int(sent.timestamp())};"),
        ])  # fmt: skip
        lines = textwrap.wrap(" ".join(names), LINE - len(" h=;"), break_on_hyphens=False)
        listed = ":\r\n ".join(line.replace(" ", ":") for line in lines)
        return f"{tags} h={listed};\r\n bh=".encode()


class Seal:
    """What the signatures of all letters of a variant have in common."""

    __slots__ = ("_body", "_constant", "_empty", "_openings")

    def __init__(self, constant: bytes, start: bytes, openings: Sequence[tuple[Key, bytes]]) -> None:
        self._constant = constant  # canonical
        self._body, self._empty = hashlib.sha256(start), not start
        self._openings = [(key, opening, _canonical(opening)) for key, opening in openings]

    def fields(self, own: bytes, rest: Sequence[bytes]) -> bytes:
        """The signatures of a letter, a field each, which stand before all others: *own* are its own header fields,
        *rest* is what follows the start of its body, in pieces."""
        body = self._body.copy()
        for piece in rest:
            body.update(piece)
        if self._empty and not any(rest):
            body.update(b"\r\n")  # RFC 6376, 3.4.3
        digest = _base64(body.digest())
        signed = self._constant + b"".join([field for _, field in _relaxed(own)])
        written: list[bytes] = []
        for key, opening, canonical in self._openings:
            signature = _base64(key.sign(signed + canonical + digest + b"; b="))
            lines = [signature[at : at + LINE - 4] for at in range(0, len(signature), LINE - 4)]
            written += (opening, digest, b";\r\n b=", b"\r\n ".join(lines), b"\r\n")
        return b"".join(written)


def rsa_key(selector: str, pem: bytes, name: str) -> Key:
    """The RSA key *pem*, PKCS #1 or #8, of the file *name*. Raises ValueError with the mend where it is none, or not
    of 2048 to 4096 bits."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = _private(pem, name, _MAKE_RSA)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(f"this is no RSA key; {_MAKE_RSA.format(name)}")
    if not LEAST <= key.key_size <= MOST:
        raise ValueError(f"an RSA key of {key.key_size} bits is of no use; {_MAKE_RSA.format(name)}")
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key(selector, "rsa-sha256", lambda data: key.sign(data, scheme, digest), public)


def ed25519_key(selector: str, pem: bytes, name: str) -> Key:
    """The Ed25519 key *pem*, PKCS #8, of the file *name*; it signs a hash (RFC 8463, 3). Raises ValueError with the
    mend where it is none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = _private(pem, name, _MAKE_ED25519)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"this is no Ed25519 key; {_MAKE_ED25519.format(name)}")
    public = key.public_key().public_bytes_raw()
    return Key(selector, "ed25519-sha256", lambda data: key.sign(hashlib.sha256(data).digest()), public)


def _private(pem: bytes, name: str, make: str) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(pem, None)
    except TypeError as error:
        raise ValueError(
            f"the key is locked by a password; write it without: `openssl pkey -in {name} -out OPEN`"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"this is no private key in PEM; {make.format(name)}") from error


def _relaxed(fields: bytes) -> list[tuple[str, bytes]]:
    """The name, in lower case, and the canonical form of each of *fields* (RFC 6376, 3.4.2)."""
    found = []
    for line in _BLANKS.sub(b" ", fields).split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        plain = name.lower().rstrip(b" ")
        found.append((plain.decode(), b"%b:%b\r\n" % (plain, value.strip(b" "))))
    return found


def _canonical(opening: bytes) -> bytes:
    """The beginning of a signature's field as it is signed itself: no line end behind it (RFC 6376, 3.7)."""
    return _relaxed(opening + b"\r\n")[0][1].removesuffix(b"\r\n")


def _base64(data: bytes) -> bytes:
    return b2a_base64(data, newline=False)
