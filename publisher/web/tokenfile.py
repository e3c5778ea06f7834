"""The file of a token that programs show."""

from pathlib import Path

from publisher import private
from publisher.errors import BadConfig

_LEAST, _LONGEST = 16, 1000  # characters


def read(path: Path, key: str) -> str:
    """The token that the setting *key* names: the words of the file at *path*, without spaces around them. Raises
    BadConfig with the file and the mend where it cannot be used or others can read it."""
    mend = f"see {key} in config.toml"
    try:
        token = private.read(path, "the token", mend, group=True).decode("ascii").strip()
    except UnicodeDecodeError:
        what = "the token cannot be read: it holds something else than ASCII"
        raise BadConfig(what, str(path), mend) from None
    if not _LEAST <= len(token) <= _LONGEST or not token.isprintable() or " " in token:
        what = f"the token is not one word of {_LEAST} to {_LONGEST} characters"
        raise BadConfig(what, str(path), f"openssl rand -hex 32 > {path}")
    return token
