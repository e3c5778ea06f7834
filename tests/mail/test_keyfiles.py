"""The files of the DKIM keys (H8)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.errors import BadConfig, Exit
from publisher.mail.keyfiles import signer
from publisher.mail.settings import DkimSettings, MailSettings
from tests.mail.signing import ed25519_pem, rsa_pem

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def put(name: str, data: bytes, mode: int = 0o600) -> Path:
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(mode)
        return tmp_path / name

    return put


def mail(**dkim: str) -> MailSettings:
    return MailSettings(sender="جريدة <news@mail.example.org>", dkim=DkimSettings(**dkim))


RSA = {"selector": "r", "key_file": "r.pem"}
ED25519 = {"ed25519_selector": "e", "ed25519_key_file": "e.pem"}


def test_without_a_key_the_relay_signs(tmp_path: Path) -> None:  # H8
    assert signer(mail(), tmp_path) is None


def test_keys_are_read_from_the_site_or_anywhere(put: Put, tmp_path: Path) -> None:  # H8
    rsa, _ = put("r.pem", rsa_pem()), put("e.pem", ed25519_pem(), 0o640)
    both = signer(mail(**RSA, **ED25519), tmp_path)
    one = signer(mail(**RSA | {"key_file": str(rsa), "domain": "Example.org"}), Path("/nowhere"))

    assert both and one
    assert ("mail.example.org", [("r", "rsa-sha256"), ("e", "ed25519-sha256")]) == (
        both.domain,
        [(key.selector, key.algorithm) for key in both.keys],
    )
    assert ("example.org", ["r"]) == (one.domain, [key.selector for key in one.keys])


@pytest.mark.parametrize(
    "dkim, name, data, mode, what, mend",
    [
        (RSA, "r.pem", None, 0, "No such file", "key_file"),
        (RSA, "r.pem", b"no key", 0o600, "no private key", "openssl genrsa -out"),
        (RSA, "r.pem", rsa_pem(), 0o644, "read by others", "chmod o= "),
        (RSA, "r.pem", rsa_pem(), 0o602, "read by others", "chmod o= "),
        (RSA, "r.pem", rsa_pem(1024), 0o600, "1024 bits", "openssl genrsa -out"),
        (RSA | ED25519, "e.pem", ed25519_pem(), 0o604, "read by others", "chmod o= "),
        (RSA | ED25519, "e.pem", rsa_pem(), 0o600, "no Ed25519 key", "openssl genpkey"),
        (RSA | {"key_file": "."}, "", None, 0, "Is a directory", "key_file"),
        (RSA | {"key_file": "a\0b"}, "a\0b", None, 0, "null byte", "key_file"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_with_its_name_and_the_mend(
    dkim: dict[str, str],
    name: str,
    data: bytes | None,
    mode: int,
    what: str,
    mend: str,
    put: Put,
    tmp_path: Path,
) -> None:  # H8 threat 9
    put("r.pem", rsa_pem())
    if data is None and name == "r.pem":
        (tmp_path / name).unlink()
    elif data is not None:
        put(name, data, mode)
    with pytest.raises(BadConfig) as refused:
        signer(mail(**dkim), tmp_path)

    assert str(tmp_path / name) == refused.value.where
    assert what in refused.value.what and mend in refused.value.mend
    assert refused.value.exit == Exit.CONFIG
    assert "\n" not in str(refused.value) and "PRIVATE" not in str(refused.value)
