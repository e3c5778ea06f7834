"""Addresses (L6): RFC 5321 grammar and IDNA 2008 by email-validator, NFC, no bidi controls."""

import re
from typing import NamedTuple

from publisher.errors import BadInput

_AROUND = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # UAX #9, 2


# What needs no library, which takes fifty times as long: nearly every address. Only ASCII, no A-label, no name of RFC
# 2142 (whose capitals the library lowers), no domain of special use. A test holds it against the library.
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(
    r"(?=.{3,254}\Z)(?!(?i:info|marketing|sales|support|abuse|noc|security|postmaster|hostmaster|usenet|news|webmaster"
    rf"|www|uucp|ftp)@)({_ATEXT}(?:\.{_ATEXT})*)@((?:{_LABEL}\.)+(?!(?i:arpa|invalid|local|localhost|onion)\Z)"
    r"[A-Za-z]{2,63})\Z"
)
_LOCAL, _DOMAIN = 64, 253  # characters at the most (RFC 5321, 4.5.3.1)


class Address(NamedTuple):
    """`text` is what is mailed and shown; `key` is what makes two spellings one reader."""

    text: str
    key: str


def bare(text: str) -> str:
    """*text* without white space and direction marks around it: what is copied from a page in Arabic brings both."""
    if text.isascii():
        return text.strip()
    while (less := text.strip().strip(_AROUND)) != text:
        text = less
    return text


def parse(text: str) -> Address:
    """The address in *text*, without what `bare` takes off. Raises BadInput naming what is wrong with it."""
    if (plain := _plain(bare(text))) is not None:
        return plain
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
    if len(found.local_part.encode()) > _LOCAL:
        what = f"not an e-mail address: more than {_LOCAL} bytes stand before the @"
        raise BadInput(what, ascii(text)[:80], "write it as name@example.org")
    domain = found.ascii_domain.lower()
    return Address(found.normalized, f"{found.local_part.casefold()}@{domain}")


def _plain(text: str) -> Address | None:
    found = _PLAIN.match(text)
    if found is None:
        return None
    local, domain = found[1], found[2].lower()
    if len(local) > _LOCAL or len(domain) > _DOMAIN:
        return None
    if domain != found[2]:
        text = f"{local}@{domain}"
    key = text.lower()
    return Address(text, text if key == text else key)  # one string where two are the same: there are many
