"""Addresses (L6): RFC 5321 grammar and IDNA 2008 by email-validator, NFC, no bidi controls."""

from dataclasses import dataclass

from publisher.errors import BadInput


@dataclass(frozen=True, slots=True)
class Address:
    """`text` is what is mailed and shown; `key` is what makes two spellings one reader."""

    text: str
    key: str


def parse(text: str) -> Address:
    """The address in *text*. Raises BadInput naming what is wrong with it."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(
            text.strip().strip("\u200e\u200f"),
            check_deliverability=False,
            allow_smtputf8=True,
            test_environment=True,  # .test and .local are an operator's own networks
        )
    except EmailNotValidError as error:
        raise BadInput(
            f"not an e-mail address: {error}", ascii(text)[:80], "write it as name@example.org"
        ) from error
    domain = found.ascii_domain.lower()
    return Address(found.normalized, f"{found.local_part.casefold()}@{domain}")
