"""Addresses as mail writes them: a mailbox of the configuration, and a domain in A-labels (M8)."""

import re

# What most addresses look like: email-validator (15 ms to load) gives them back as they are. It refuses the names
# that no mail goes to (RFC 6761 and its like).
_PLAIN = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+){0,9}@(?:[a-z0-9]+(?:-[a-z0-9]+){0,9}\.){1,9}"
    r"(?!alt|arpa|invalid|internal|local|localhost|onion)[a-z]{2,20}",
    re.ASCII,
)
_PLAIN_LONGEST = 60  # characters of all of it: no limit of a part is near
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
    if len(address) <= _PLAIN_LONGEST and _PLAIN.fullmatch(address):
        return address
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(
            address, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise ValueError(f"{address!r} is not an address: {error}") from error
    return f"{found.local_part}@{found.ascii_domain}"


def ascii_mailbox(text: str) -> tuple[str, str]:
    """`mailbox` of an address that stands in every letter: one beyond ASCII would ask every relay and every reader's
    server for SMTPUTF8 (M8). Raises ValueError saying what is wrong."""
    name, address = mailbox(text)
    if not address.isascii():
        raise ValueError(
            f"{address!r} has letters beyond ASCII before its @; few servers would take the letters"
        )
    return name, address


def domain(text: str) -> str:
    """The domain *text* in A-labels. Raises ValueError saying what is wrong."""
    if "@" in text:
        raise ValueError(f'{text!r} is an address; write its domain, "bounces.example.org"')
    return domain_of(checked(f"b@{text.strip().lower()}"))


def on_the_wire(address: str) -> str:
    """*address* of the ledger as an envelope and a header carry it: an IDN domain in A-labels (RFC 5890).
    Raises ValueError where there is no such domain."""
    return address if address.isascii() else checked(address)


def local_part(address: str) -> str:
    return address.rpartition("@")[0]


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]
