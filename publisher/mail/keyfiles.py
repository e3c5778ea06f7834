"""The files of the DKIM keys."""

from collections.abc import Callable
from pathlib import Path

from publisher import private
from publisher.errors import BadConfig
from publisher.mail.dkim import Key, Signer, ed25519_key, rsa_key
from publisher.mail.settings import MailSettings, signing_domain


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
    data = private.read(path, "the DKIM key", "see key_file in config.toml", group=True)
    try:
        return read(selector, data, str(path))
    except ValueError as error:
        what, _, mend = str(error).partition("; ")
        raise BadConfig(what, str(path), mend) from error
