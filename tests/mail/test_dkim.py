"""Our signatures, judged by dkimpy, which shares no code with them (H8)."""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.mail.dkim import Signer, ed25519_key, rsa_key
from publisher.mail.message import MailingList, Sender, assemble, letter, notice, skeleton
from publisher.model.delivery import Letter
from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, Content, Edition
from publisher.text.words import LANGUAGES
from tests.digests.letters import every
from tests.mail.signing import DOMAIN, ed25519_pem, judged, rsa_pem, signer

SENT = datetime(2026, 11, 23, 4, tzinfo=UTC)
EDITION = Edition(17, "daily", "2026-11-23T04:00:00Z", SENT, SENT, 5, name="2026-11-23")
CONTENT = Content(
    subject="\u200fCNN تعلن: ارتفاع أسعار النفط إلى 75.5$ للبرميل (تقرير خاص)",
    html=f'<p dir="rtl">خبر</p><a href="{UNSUBSCRIBE_SLOT}">إلغاء</a><a href="{PREFERENCES_SLOT}">خيارات</a>',
    text=f"خبر\n\n{UNSUBSCRIBE_SLOT}\n{PREFERENCES_SLOT}\n",
    language="ar",
    direction="rtl",
)
LIST = MailingList(
    id="daily.example.org",
    title="النشرة اليومية",
    owner="editor@example.org",
    archive="https://example.org/newsletter/daily/",
)
SENDER = Sender(
    name="صحيفة ناشر",
    address="news@example.org",
    reply_to="editor@example.org",
    domain=DOMAIN,
    list=LIST,
    signer=signer(),
)
READER = {
    "recipient": "reader@example.net",
    "message_id_key": "k-_9",
    "unsubscribe_url": "https://example.org/u/AbC-_123",
    "preferences_url": "https://example.org/preferences/AbC-_456",
}
PAGE = "https://example.org/newsletter/daily/2026-11-23/"
BOTH = [True, True]


def written(content: Content = CONTENT, sender: Sender = SENDER, **reader: str) -> Letter:
    return assemble(content, EDITION, sender, archived_at=PAGE, **(READER | reader))


def noticed(content: Content) -> Letter:
    return notice(content, SENDER, kind="confirm", key="k", recipient="reader@example.net", sent=SENT)


def fields(data: bytes) -> list[bytes]:
    """The header fields as they are, each with its CRLF."""
    return re.split(rb"(?<=\r\n)(?![ \t])", data.partition(b"\r\n\r\n")[0] + b"\r\n")[:-1]


def named(data: bytes, name: str) -> list[bytes]:
    return [each for each in fields(data) if each.lower().startswith(f"{name}:".encode())]


def tags(field: bytes) -> dict[str, str]:
    """The tags of a signature, blanks taken out."""
    plain = re.sub(rb"\s", b"", field.partition(b":")[2]).decode()
    return dict(each.split("=", 1) for each in plain.split(";"))


def test_both_signatures_hold() -> None:  # H8
    assert BOTH == judged(written().data)
    assert BOTH == judged(written(replace(CONTENT, html="")).data)
    assert BOTH == judged(noticed(replace(CONTENT, text="مرحبًا", html="")).data)


def test_the_judge_judges() -> None:  # the control: dkimpy says False of Ed25519 where it lacks a library
    data = written().data

    assert BOTH == judged(data)
    assert [False, False] == judged(data.replace(b"editor@example.org", b"editor@example.net"))
    assert [False, False] == judged(data[:-8] + b"x" + data[-7:])
    assert [] == judged(written(sender=replace(SENDER, signer=None)).data)


def test_the_tags_say() -> None:  # H8 M5
    rsa, ed25519 = map(tags, named(written().data, "dkim-signature"))
    body = written().data.partition(b"\r\n\r\n")[2]

    assert {
        "v": "1",
        "a": "rsa-sha256",
        "c": "relaxed/simple",
        "d": "example.org",
        "s": "r",
        "t": str(int(SENT.timestamp())),
        "bh": b64encode(hashlib.sha256(body).digest()).decode(),
    } == {name: value for name, value in rsa.items() if name not in "hb"}
    assert ("ed25519-sha256", "e") == (ed25519["a"], ed25519["s"])
    assert {"v", "a", "c", "d", "s", "t", "h", "bh", "b"} == rsa.keys() == ed25519.keys()  # no l=, no x=
    assert (256, 64) == (len(b64decode(rsa["b"])), len(b64decode(ed25519["b"])))


def test_signatures_stand_first_in_lines_of_78() -> None:  # H8 M1
    data = written().data
    signatures = b"".join(named(data, "dkim-signature"))

    assert data.startswith(signatures)
    assert max(map(len, signatures.split(b"\r\n"))) <= 78
    assert data[len(signatures) :] == written(sender=replace(SENDER, signer=None)).data


def test_what_is_signed() -> None:  # H8 H1
    data = written().data
    unsigned = {"dkim-signature", "precedence", "auto-submitted", "x-auto-response-suppress"}
    there = [each.partition(b":")[0].decode().lower() for each in fields(data)]
    for field in named(data, "dkim-signature"):
        covered = tags(field)["h"].split(":")

        assert set(there) - unsigned <= set(covered)
        assert not unsigned & set(covered)
        for name in ("from", "to", "subject", "date", "list-unsubscribe", "list-unsubscribe-post"):
            assert 2 == covered.count(name)
        for name in ("list-id", "message-id", "mime-version", "content-type", "reply-to"):
            assert name in covered
        assert {"archived-at", "list-help", "list-archive", "feedback-id"} <= set(covered)


FIELDS = sorted(
    each.partition(b":")[0].decode()
    for each in fields(written(sender=replace(SENDER, signer=None)).data)
    if not each.startswith((b"Precedence", b"Auto-Submitted", b"X-Auto-Response-Suppress"))
)


@pytest.mark.parametrize("name", FIELDS)
def test_no_signed_field_can_be_changed_or_taken_out(name: str) -> None:  # H8
    data = written().data
    (field,) = named(data, name.lower())

    assert [False, False] == judged(data.replace(field, field[:-2] + b"x\r\n", 1))
    assert [False, False] == judged(data.replace(field, b"", 1))


@pytest.mark.parametrize(
    "name", ["From", "To", "Cc", "Subject", "Date", "Reply-To", "Content-Type", "List-Unsubscribe"]
)
def test_none_can_be_added(name: str) -> None:  # H8
    data, field = written().data, f"{name}: x@example.com\r\n".encode()
    head, _, rest = data.partition(b"\r\n\r\n")

    assert [False, False] == judged(field + data)
    assert [False, False] == judged(head + b"\r\n" + field + b"\r\n" + rest)


def test_the_way_may_add_what_it_adds() -> None:  # H8
    received = b"Received: from a.example by b.example; Mon, 23 Nov 2026 04:00:01 +0000\r\n"

    assert BOTH == judged(b"Return-Path: <b+x@example.org>\r\n" + received + written().data)
    assert BOTH == judged(written().data.replace(b"Precedence: bulk\r\n", b""))
    head, end, body = written().data.partition(b"\r\n\r\n")
    assert BOTH == judged(re.sub(rb"\r\n[ \t]", b"  ", head) + end + body)


@pytest.mark.parametrize("at", [0.0, 0.2, 0.5, 0.8, 0.999])
def test_no_octet_of_the_body_can_be_changed(at: float) -> None:  # H8
    head, end, body = written().data.partition(b"\r\n\r\n")
    place = int(len(body) * at)
    other = b"y" if body[place : place + 1] != b"y" else b"z"

    assert [False, False] == judged(head + end + body[:place] + other + body[place + 1 :])
    assert [False, False] == judged(head + end + body + b"more\r\n")
    assert BOTH == judged(head + end + body + b"\r\n\r\n")  # empty lines at its end count for nothing


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_of_every_kind_and_language_are_signed(language: str) -> None:  # H8
    made = every(language)
    others = [made.pop(kind) for kind in ("confirm", "goodbye", "editors", "notice")]
    letters = [written(each) for each in (*made.values(), replace(made["digest"], html=""))]
    letters += [noticed(content) for content in others]

    assert len(made) + len(others) + 1 == len(letters) >= 10
    assert [BOTH] * len(letters) == [judged(each.data) for each in letters]


words = st.text(max_size=120)
pieces = st.lists(
    st.sampled_from([UNSUBSCRIBE_SLOT, PREFERENCES_SLOT, "\n", "\r", ".", "..\n", "\n.\n", "خ", "a"])
    | st.text("خبر عاجل abc.\n", max_size=90),
    max_size=9,
).map("".join)
local_parts = st.from_regex(r"[a-z0-9قارئ_+-]{1,20}(\.[a-z0-9قارئ_+-]{1,10}){0,4}", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(words, words, pieces, pieces, local_parts, st.text("aZ9_-", min_size=1, max_size=60))
def test_whatever_is_mailed_is_signed(
    subject: str, name: str, text: str, html: str, local: str, token: str
) -> None:  # H8 M5
    content = replace(CONTENT, subject=subject, text=text, html=html)
    sender = replace(SENDER, name=name, list=replace(LIST, title=name))
    frame = skeleton(content, EDITION, sender)
    reader = READER | {
        "recipient": f"{local}@example.net",
        "unsubscribe_url": f"https://example.org/u/{token}",
    }
    made = letter(frame, **reader)

    assert BOTH == judged(made.data)
    assert made == letter(frame, **reader) == letter(skeleton(content, EDITION, sender), **reader)


@pytest.mark.parametrize("text", ["", "\n", "\n\n\n", ".", ".\n.\n", "a\n\n\n", "\n\na", UNSUBSCRIBE_SLOT])
@pytest.mark.parametrize("html", ["", "\n\n", f"{PREFERENCES_SLOT}\n\n", f"<p>\n.\n</p>{UNSUBSCRIBE_SLOT}"])
def test_bodies_that_are_hardly_there_are_signed(text: str, html: str) -> None:  # H8
    made = written(replace(CONTENT, text=text, html=html))

    assert BOTH == judged(made.data)


def test_each_reader_has_a_signature_of_their_own_and_the_same_again() -> None:  # H8 M5
    frame = skeleton(CONTENT, EDITION, SENDER)
    first = [letter(frame, **(READER | {"recipient": f"r{n}@example.net"})).data for n in range(4)]
    again = [letter(frame, **(READER | {"recipient": f"r{n}@example.net"})).data for n in (3, 2, 1, 0)]

    assert [BOTH] * 4 == [judged(data) for data in first]
    assert first == again[::-1]
    assert 8 == len({tags(field)["b"] for data in first for field in named(data, "dkim-signature")})


def test_without_https_nobody_can_add_the_button() -> None:  # H8 H1
    data = written(unsubscribe_url="http://example.org/u/x").data

    assert BOTH == judged(data)
    assert [False, False] == judged(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" + data)


def test_a_long_domain_is_written_whole() -> None:  # H8
    domain = ".".join(["a" * 60] * 3 + ["example"])
    (field, _) = named(
        written(sender=replace(SENDER, signer=replace(signer(), domain=domain))).data, "dkim-signature"
    )

    assert domain == tags(field)["d"] and f" d={domain};".encode() in field


Read = Callable[[str, bytes, str], object]


def pem(key: object, form: PrivateFormat = PrivateFormat.PKCS8, password: bytes = b"") -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, lock)  # type: ignore[attr-defined,no-any-return]


def test_both_wrappings_of_an_rsa_key_are_read() -> None:  # H8
    key = load_pem_private_key(rsa_pem(), None)
    old = Signer(DOMAIN, (rsa_key("r", pem(key, PrivateFormat.TraditionalOpenSSL), "r.pem"),))

    assert [True] == judged(written(sender=replace(SENDER, signer=old)).data)


KEY = load_pem_private_key(rsa_pem(), None)
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "read, data, what, mend",
    [
        (rsa_key, b"", "no private key", "openssl genrsa -out k.pem 2048"),
        (rsa_key, b"\xff\x00" * 99, "no private key", "openssl genrsa -out k.pem 2048"),
        (rsa_key, PUBLIC, "no private key", "openssl genrsa"),
        (rsa_key, rsa_pem()[:900], "no private key", "openssl genrsa"),
        (rsa_key, rsa_pem(1024), "1024 bits", "openssl genrsa -out k.pem 2048"),
        (rsa_key, ed25519_pem(), "no RSA key", "openssl genrsa"),
        (rsa_key, pem(generate_private_key(SECP256R1())), "no RSA key", "openssl genrsa"),
        (rsa_key, pem(KEY, password=b"secret"), "password", "openssl pkey -in k.pem"),
        (ed25519_key, rsa_pem(), "no Ed25519 key", "openssl genpkey -algorithm ed25519 -out k.pem"),
        (ed25519_key, b"x", "no private key", "openssl genpkey -algorithm ed25519"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_with_the_mend(
    read: Read, data: bytes, what: str, mend: str
) -> None:  # H8
    with pytest.raises(ValueError) as refused:
        read("s", data, "k.pem")
    said, _, how = str(refused.value).partition("; ")

    assert what in said and mend in how and "\n" not in str(refused.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_key_or_refused(data: bytes) -> None:  # H8 X14
    for read in (rsa_key, ed25519_key):
        with pytest.raises(ValueError):
            read("s", data, "k.pem")
        with pytest.raises(ValueError):
            read(
                "s",
                b"-----BEGIN PRIVATE KEY-----\n" + b64encode(data) + b"\n-----END PRIVATE KEY-----\n",
                "k.pem",
            )
