"""The record of a key that signs: each thing that makes signatures worthless is found, and a good one is good."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from publisher.doctor.dkim import Signing, judge
from publisher.mail.dkim import ed25519_key, rsa_key
from tests.doctor.nameserver import Values
from tests.mail.signing import ed25519_pem, records, rsa_pem

RSA = Signing("news.test", "2026a", "rsa", rsa_key("2026a", rsa_pem(), "").public)
ED = Signing("news.test", "2026e", "ed25519", ed25519_key("2026e", ed25519_pem(), "").public)
P = b64encode(RSA.public).decode()
OTHER = b64encode(rsa_key("x", rsa_pem(3072), "").public).decode()


def as_pkcs1() -> str:
    key = load_der_public_key(RSA.public)
    assert isinstance(key, RSAPublicKey)
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.PKCS1)).decode()


@pytest.mark.parametrize(
    ("texts", "kinds"),
    [
        ([f"v=DKIM1; k=rsa; p={P}"], []),
        ([f"v=DKIM1; p={P}"], []),
        ([f"p={P}"], []),
        ([f"v=DKIM1; h=sha1:sha256; s=email; t=s; n=note; p={P[:90]} {P[90:]}"], []),
        ([f"v=DKIM1; k=rsa; p={as_pkcs1()}"], []),
        ([], ["dkim-missing"]),
        ([f"v=DKIM1; p={P}", f"v=DKIM1; p={OTHER}"], ["dkim-several"]),
        (["v=DKIM1; k=rsa; p="], ["dkim-revoked"]),
        ([f"v=DKIM1; k=rsa; p={OTHER}"], ["dkim-differs"]),
        ([f"v=DKIM1; k=rsa; p={P[:200]}"], ["dkim-differs"]),
        ([f"v=DKIM1; t=y:s; p={P}"], ["dkim-testing"]),
        ([f"v=DKIM1; k=ed25519; p={P}"], ["dkim-wrong"]),
        ([f"v=DKIM1; h=sha1; p={P}"], ["dkim-wrong"]),
        ([f"v=DKIM1; s=chat; p={P}"], ["dkim-wrong"]),
        ([f"k=rsa; v=DKIM1; p={P}"], ["dkim-wrong"]),
        ([f"v=DKIM2; p={P}"], ["dkim-wrong"]),
        (["v=DKIM1; k=rsa"], ["dkim-wrong"]),
        (["v=DKIM1; p=***"], ["dkim-wrong"]),
        (["v=DKIM1 p=x; p"], ["dkim-wrong"]),
    ],
)
def test_a_record_is_judged(texts: list[str], kinds: list[str]) -> None:  # H8
    found = list(judge(RSA, Values({"2026a._domainkey.news.test TXT": texts})))

    assert kinds == [each.kind for each in found]
    assert all(each.where == "2026a._domainkey.news.test" for each in found)


def test_the_records_that_verifiers_go_by_are_good() -> None:
    """dkimpy verifies by these (tests/mail)."""
    zone = {f"{name.decode().rstrip('.')} TXT": [record.decode()] for name, record in records().items()}
    keys = [Signing("example.org", "r", "rsa", RSA.public), Signing("example.org", "e", "ed25519", ED.public)]

    assert [] == [each for key in keys for each in judge(key, Values(zone))]


@given(st.lists(st.sampled_from(["v=DKIM1", ";", "p=", P, "=", "k=rsa", "t=y", " ", "é", "AAAA"])))
def test_whatever_stands_in_a_record_it_is_judged(pieces: list[str]) -> None:
    found = list(judge(RSA, Values({"2026a._domainkey.news.test TXT": ["".join(pieces)]})))

    assert all(each.kind.startswith("dkim-") for each in found)
