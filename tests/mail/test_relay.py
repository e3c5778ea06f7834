from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail.address import checked, mailbox, on_the_wire
from publisher.mail.carriers import carrier_to
from publisher.mail.maildir import MaildirCarrier
from publisher.mail.relay import Relay, parse
from publisher.mail.settings import MailSettings, one_or_many, relays
from publisher.mail.smtp import SmtpCarrier


@pytest.mark.parametrize(
    "url, relay",
    [
        ("maildir:outbox", Relay("maildir", path="outbox")),
        ("maildir:/var/mail/out", Relay("maildir", path="/var/mail/out")),
        ("maildir:///var/mail/out", Relay("maildir", path="/var/mail/out")),
        ("smtp://127.0.0.1:2525", Relay("smtp", "127.0.0.1", 2525)),
        ("smtp://localhost", Relay("smtp", "localhost", 25)),
        ("smtp://[::1]:2525", Relay("smtp", "::1", 2525)),
        ("smtp+starttls://mail.example.org", Relay("smtp+starttls", "mail.example.org", 587)),
        ("smtps://mail.example.org/", Relay("smtps", "mail.example.org", 465)),
        ("smtps://me%40x:p%3Aw@mail.example.org:465", Relay("smtps", "mail.example.org", 465, "me@x", "p:w")),
    ],
)
def test_a_relay_is_written_as(url: str, relay: Relay) -> None:
    assert relay == parse(url)


@pytest.mark.parametrize(
    "url, mend",
    [
        ("smtp://mail.example.org", "smtp+starttls://"),  # S6
        ("smtp://192.168.1.10:25", "allow_plain"),
        ("smtp://127.0.0.1.example.org", "smtp+starttls://"),
        ("smtp://me:secret@127.0.0.1", "smtps://"),
        ("smtp://me:secret@mail.example.org", "smtps://"),
        ("smtps://me@mail.example.org", "password"),
        ("mail.example.org", "smtps://HOST"),
        ("imap://mail.example.org", "smtps://HOST"),
        ("http:outbox", "maildir:"),
        ("smtps://", "HOST"),
        ("smtps://mail.example.org:port", "HOST"),
        ("smtps://mail.example.org/path", "HOST"),
        ("maildir:", "maildir:outbox"),
        ("", "maildir:"),
    ],
)
def test_a_relay_is_refused_with_its_mend(url: str, mend: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse(url)

    assert mend in str(refused.value)
    assert "secret" not in str(refused.value)


def test_plain_is_allowed_by_word_only_and_never_for_a_password() -> None:  # S6
    assert Relay("smtp", "mail.example.org", 25) == parse("smtp://mail.example.org", allow_plain=True)
    with pytest.raises(ValueError):
        parse("smtp://me:secret@mail.example.org", allow_plain=True)


def test_a_password_is_in_no_text_of_a_relay() -> None:
    relay = parse("smtps://me:secret@mail.example.org")

    assert "smtps://me@mail.example.org:465" == str(relay)
    assert "secret" not in repr(relay) + repr(MailSettings(password="secret"))


@given(st.text())
def test_any_text_is_a_relay_or_a_value_error(url: str) -> None:
    try:
        assert isinstance(parse(url), Relay)
    except ValueError as error:
        assert str(error)


def test_the_login_of_the_settings_goes_to_relays_with_tls_only() -> None:  # S6
    settings = MailSettings(
        relay=("smtp://127.0.0.1:25", "smtps://a.example", "smtps://b:x@b.example"),
        username="u",
        password="p",
    )

    assert [
        ("", ""),
        ("u", "p"),
        ("b", "x"),
    ] == [(relay.username, relay.password) for relay in relays(settings)]


@pytest.mark.parametrize(
    "settings, mend",
    [
        (MailSettings(relay=()), "maildir:outbox"),
        (MailSettings(username="u"), "both"),
        (MailSettings(username="u", password="p"), "TLS"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: MailSettings, mend: str) -> None:
    with pytest.raises(ValueError, match=mend):
        relays(settings)


def test_the_key_relay_is_one_or_many() -> None:
    assert ("maildir:outbox",) == one_or_many("maildir:outbox")
    assert (
        "smtps://a.example",
        "smtps://b.example",
    ) == one_or_many(["smtps://a.example", "smtps://b.example"])


def test_each_relay_has_its_carrier(tmp_path: Path) -> None:
    settings = MailSettings()

    assert isinstance(
        carrier_to(parse("maildir:x"), settings, site=tmp_path, hello="a.example"), MaildirCarrier
    )
    assert isinstance(carrier_to(parse("smtps://x"), settings, site=tmp_path, hello="a.example"), SmtpCarrier)


@pytest.mark.parametrize(
    "text, parts",
    [
        ("news@example.org", ("", "news@example.org")),
        ("ناشر <news@example.org>", ("ناشر", "news@example.org")),
        ('"Daily, The" <news@example.org>', ("Daily, The", "news@example.org")),
        ("<news@EXAMPLE.org>", ("", "news@example.org")),
        ("news@mail.test", ("", "news@mail.test")),
        ("ناشر <news@مثال.example>", ("ناشر", "news@xn--mgbh0fb.example")),
    ],
)
def test_a_mailbox_is_a_name_and_an_address(text: str, parts: tuple[str, str]) -> None:  # M8
    assert parts == mailbox(text)


@pytest.mark.parametrize(
    "text",
    ["", "news", "ناشر <>", "a@b@c", "a b@example.org", "a@exa mple.org", "a\n@example.org", "a@-x.org"],
)
def test_a_mailbox_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        mailbox(text)


def test_a_domain_goes_out_in_a_labels_and_a_local_part_as_it_is() -> None:  # M8
    assert "قارئ@xn--mgbh0fb.example" == on_the_wire("قارئ@مثال.example") == checked("قارئ@مثال.example")
    assert "a@example.org" == on_the_wire("a@example.org")


def test_relays_with_other_logins_have_other_names() -> None:  # S5
    urls = ["a%40b:x@", "c:x@", "token-1:token-1@", "token-2:token-2@"]
    names = [str(parse(f"smtps://{url}mail.example.org")) for url in urls]

    assert 4 == len(set(names)) and "smtps://a%40b@mail.example.org:465" == names[0]
    assert not any("token" in name for name in names)
