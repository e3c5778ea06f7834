"""Door: the file of a token that programs show."""

import os
from pathlib import Path

from publisher.errors import BadConfig

_LEAST, _LONGEST = 16, 1000  # characters


def read(path: Path, key: str) -> str:
    """The token that the setting *key* names: the words of the file at *path*, without spaces around them. Raises
    BadConfig with the file and the mend where it cannot be used or others can read it."""
    try:
        with path.open("rb") as file:
            mode, data = os.fstat(file.fileno()).st_mode, file.read(_LONGEST + 1)
        token = data.decode("ascii").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it holds something else than ASCII"
        raise BadConfig(f"the token cannot be read: {why}", str(path), f"see {key} in config.toml") from None
    if mode & 0o007:
        raise BadConfig("the token can be read by others", str(path), f"chmod o= {path}")
    if not _LEAST <= len(token) <= _LONGEST or not token.isprintable() or " " in token:
        what = f"the token is not one word of {_LEAST} to {_LONGEST} characters"
        raise BadConfig(what, str(path), f"openssl rand -hex 32 > {path}")
    return token
