"""Door: the files of the DKIM keys."""

import os
from collections.abc import Callable
from pathlib import Path

from publisher.errors import BadConfig
from publisher.mail.dkim import Key, Signer, ed25519_key, rsa_key
from publisher.mail.settings import MailSettings, signing_domain

_LONGEST = 100_000  # octets: no key is near


def signer(settings: MailSettings, root: Path) -> Signer | None:
    """Who signs the letters of the site in *root*, its keys read; None where the relay does (H8). Raises BadConfig
    with the file and the mend where a key cannot be used."""
    dkim = settings.dkim
    if not dkim.key_file:
        return None
    keys = [_key(root / dkim.key_file, dkim.selector, rsa_key)]
    if dkim.ed25519_key_file:
        keys.append(_key(root / dkim.ed25519_key_file, dkim.ed25519_selector, ed25519_key))
    return Signer(signing_domain(settings), tuple(keys))


def _key(path: Path, selector: str, read: Callable[[str, bytes, str], Key]) -> Key:
    try:
        with path.open("rb") as file:
            mode, data = os.fstat(file.fileno()).st_mode, file.read(_LONGEST)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        why = getattr(error, "strerror", None) or str(error)
        raise BadConfig(
            f"the DKIM key cannot be read: {why}", str(path), "see key_file in config.toml"
        ) from None
    if mode & 0o007:
        raise BadConfig("the DKIM key can be read by others", str(path), f"chmod o= {path}")
    try:
        return read(selector, data, str(path))
    except ValueError as error:
        what, _, mend = str(error).partition("; ")
        raise BadConfig(what, str(path), mend) from error
