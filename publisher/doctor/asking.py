"""What is asked of the DNS, and lists of tags in what it answers."""

from typing import Protocol


class Asks(Protocol):
    """Answers of the DNS; names in A-labels, without the last dot, lower case. No answer of that kind, or no such name,
    is an empty one; each raises Unreachable where the DNS says nothing."""

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records of *name*, each put together."""

    def exchangers(self, name: str) -> tuple[str, ...]:
        """The servers that MX names, best first; "" for the one of a domain that takes no mail."""

    def addresses(self, name: str) -> tuple[str, ...]:
        """A and AAAA."""

    def names(self, address: str) -> tuple[str, ...]:
        """PTR of an IP address."""


def tags(record: str) -> dict[str, str]:
    """The tags of "v=DKIM1; k=rsa; p=…" (RFC 6376, 3.2), names in lower case. Raises ValueError with what is wrong."""
    found: dict[str, str] = {}
    for part in record.strip().strip(";").split(";"):
        name, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not name:
            raise ValueError(f"{part.strip()!r} is no tag")
        if name.lower() in found:
            raise ValueError(f"the tag {name} stands twice")
        found[name.lower()] = value
    return found
