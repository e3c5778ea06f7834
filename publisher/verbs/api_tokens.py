"""The file of the API's tokens: a line for each, `NAME read|write sha256:HEX`, readable by its owner only.

A token is 32 random bytes; the file holds its SHA-256 alone, so who reads a backup of it cannot use it. (No slow
hash: there is nothing to guess in 256 bits.)
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from publisher import private
from publisher.errors import BadConfig, BadInput

Scope = Literal["read", "write"]
PREFIX = "nashir_"  # so that scanners of leaked secrets, and people, know one when they see it
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LINE = re.compile(r"(\S+)\s+(read|write)\s+sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Token:
    """Who may come in, and what for; *digest* is the SHA-256 of what they say."""

    name: str
    scope: Scope
    digest: bytes


def read(path: Path) -> tuple[Token, ...]:
    """The tokens of the file. Raises BadConfig with line and mend where it is missing, others can read it, or a line is
    none."""
    mend = "make one with `nashir api-token NAME`"
    try:
        lines = private.read(path, "the file of API tokens", mend).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BadConfig(f"the file of API tokens cannot be read: {error}", str(path), mend) from error
    found: dict[str, Token] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None or not _NAME.fullmatch(match[1]) or match[1] in found:
            what = "this line is no token, or one of a name that was there"
            mend = "write NAME read|write sha256:HEX; `nashir api-token NAME` does"
            raise BadConfig(what, f"{path}:{number}", mend)
        found[match[1]] = Token(match[1], "write" if match[2] == "write" else "read", bytes.fromhex(match[3]))
    return tuple(found.values())


def make(path: Path, name: str, scope: Scope) -> str:
    """Add a token to the file, which is made where it is missing, and return what is to be said: nobody can read it
    again. Raises BadInput, BadConfig, Unwritable."""
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name!r} cannot name a token", "", "use letters, digits, . _ and -, at most 64")
    if path.exists() and name in {each.name for each in read(path)}:
        raise BadInput(f"there is a token {name!r}", str(path), "delete its line first, or take another name")
    token = PREFIX + secrets.token_urlsafe(32)
    private.append(path, f"{name} {scope} sha256:{_digest(token).hex()}")
    return token


def who(tokens: tuple[Token, ...], said: str) -> Token | None:
    """Whose token this is. Every one is compared, in constant time."""
    digest, found = _digest(said), None
    for each in tokens:
        if hmac.compare_digest(each.digest, digest):
            found = each
    return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
