"""What a relay offers, as symptoms."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from publisher.doctor.table import symptom
from publisher.model.relay import Offers
from publisher.model.symptom import Symptom

SOON = timedelta(days=14)  # before a certificate ends
WEAK = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")  # RFC 8996


def judge(offers: Offers, relay: str, largest: int, now: datetime) -> Iterator[Symptom]:
    """What is wrong with *relay*, of which letters of up to *largest* octets are asked."""
    if offers.until and offers.until - now < SOON:
        yield symptom("relay-certificate-ends", relay, f"its certificate ends on {offers.until:%Y-%m-%d}")
    if offers.tls in WEAK:
        yield symptom("relay-old-tls", relay, f"it speaks {offers.tls}")
    if offers.size and offers.size < largest:
        yield symptom("relay-small", relay, f"it takes {offers.size:,} octets; a letter may have {largest:,}")
    if "pipelining" not in offers.words:
        yield symptom("relay-no-pipelining", relay, "it does not offer PIPELINING")


def told(offers: Offers) -> str:
    """What it offers, in a line."""
    until = f", certificate until {offers.until:%Y-%m-%d}" if offers.until else ""
    size = f"SIZE {offers.size:,}" if offers.size else "no SIZE" if "size" not in offers.words else "SIZE"
    rest = [
        name.upper() if name in offers.words else f"no {name.upper()}"
        for name in ("pipelining", "8bitmime", "smtputf8")
    ]
    login = ", logged in" if offers.login else ""
    return f"{offers.tls or 'no TLS'}{until}{login}; {size}, {', '.join(rest)}"
