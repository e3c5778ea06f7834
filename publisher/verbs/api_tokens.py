"""Door: the file of the API's tokens: a line for each, `NAME read|write sha256:HEX`, readable by its owner only.

A token is 32 random bytes; the file holds its SHA-256 alone, so who reads a backup of it cannot use it. (No slow
hash: there is nothing to guess in 256 bits.)
"""

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from publisher.errors import BadConfig, BadInput, Unwritable

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
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(handle, encoding="utf-8") as file:
            if os.fstat(handle).st_mode & 0o077:
                raise BadConfig(
                    "the file of API tokens can be read by others", str(path), f"chmod 600 {path}"
                )
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = f"the file of API tokens cannot be read: {getattr(error, 'strerror', None) or error}"
        raise BadConfig(what, str(path), "make one with `nashir api-token NAME`") from error
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
    line = f"{name} {scope} sha256:{_digest(token).hex()}\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(("\n" if _torn(path) else "") + line)
            file.flush()
            os.fsync(handle)
    except OSError as error:
        mend = "look at its rights, and at the disk"
        raise Unwritable(f"the token cannot be noted: {error.strerror}", str(path), mend) from error
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


def _torn(path: Path) -> bool:
    """Whether the file ends within a line."""
    data = path.read_bytes()
    return bool(data) and not data.endswith(b"\n")
