"""Addresses (L6): RFC 5321 grammar and IDNA 2008 by email-validator, NFC, no bidi controls."""

from dataclasses import dataclass

from publisher.errors import BadInput

_AROUND = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # UAX #9, 2


@dataclass(frozen=True, slots=True)
class Address:
    """`text` is what is mailed and shown; `key` is what makes two spellings one reader."""

    text: str
    key: str


def bare(text: str) -> str:
    """*text* without white space and direction marks around it: what is copied from a page in Arabic brings both."""
    while (less := text.strip().strip(_AROUND)) != text:
        text = less
    return text


def parse(text: str) -> Address:
    """The address in *text*, without what `bare` takes off. Raises BadInput naming what is wrong with it."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(
            bare(text),
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
