"""Addresses of the configuration: what looks plain is taken without asking email-validator, which agrees."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.mail.address import ascii_mailbox, checked, mailbox
from publisher.mail.address import domain as domain_from

part = st.from_regex(r"\A[a-z0-9]{1,9}\Z")
local = st.lists(part, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from("._+-").map(lambda c: c.join(parts))
)
domain = st.tuples(
    st.lists(st.lists(part, min_size=1, max_size=2).map("-".join), min_size=1, max_size=3).map(".".join),
    st.from_regex(r"\A[a-z]{2,12}\Z")
    | st.sampled_from(["test", "local", "localhost", "invalid", "onion", "arpa", "example"]),
).map(".".join)


@given(local, domain)
@example("news", "example.org")
@example("news", "mail.local")
@example("news", "3.arpa")
@example("a.b+c", "xn--wgbh1c.test")
def test_a_plain_address_is_what_email_validator_makes_of_it(local: str, domain: str) -> None:
    address = f"{local}@{domain}"

    assert _judged(address) == _checked(address)


def _judged(address: str) -> str | None:
    try:
        found = validate_email(
            address, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError:
        return None
    return f"{found.local_part}@{found.ascii_domain}"


def _checked(address: str) -> str | None:
    try:
        return checked(address)
    except ValueError:
        return None


def test_a_name_stands_before_it() -> None:
    assert ("جريدة الحيّ", "paper@example.org") == mailbox("جريدة الحيّ <paper@example.org>")


def test_what_stands_in_every_letter_is_ascii() -> None:  # M8
    assert ("جريدة", "paper@xn--mgbh0fb.example") == ascii_mailbox("جريدة <paper@مثال.example>")
    with pytest.raises(ValueError, match="beyond ASCII"):
        ascii_mailbox("جريدة <أخبار@example.org>")


def test_a_domain_is_written_in_a_labels() -> None:  # M8 H7
    assert "bounces.example.org" == domain_from(" Bounces.example.org ")
    assert "xn--mgbh0fb.example" == domain_from("مثال.example")
    for wrong in ("", "a b", "x@example.org", "-.example", "example.org\r\nX", "a" * 300):
        with pytest.raises(ValueError):
            domain_from(wrong)
