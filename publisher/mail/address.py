"""Addresses as mail writes them: a mailbox of the configuration, and a domain in A-labels (M8)."""

import re

from email_validator import EmailNotValidError, validate_email

_NAMED = re.compile(r"\s*(?P<name>.*?)\s*<(?P<address>[^<>]*)>\s*", re.DOTALL)


def mailbox(text: str) -> tuple[str, str]:
    """The display name ("" if none) and the address of `Name <address>`. Raises ValueError saying what is wrong."""
    named = _NAMED.fullmatch(text)
    name, address = (named["name"], named["address"]) if named else ("", text)
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, checked(address.strip())


def checked(address: str) -> str:
    """*address*, NFC, its domain in A-labels. Raises ValueError saying what is wrong with it."""
    try:
        found = validate_email(
            address, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise ValueError(f"{address!r} is not an address: {error}") from error
    return f"{found.local_part}@{found.ascii_domain}"


def on_the_wire(address: str) -> str:
    """*address* of the ledger as an envelope and a header carry it: an IDN domain in A-labels (RFC 5890).
    Raises ValueError where there is no such domain."""
    return address if address.isascii() else checked(address)


def local_part(address: str) -> str:
    return address.rpartition("@")[0]


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]
