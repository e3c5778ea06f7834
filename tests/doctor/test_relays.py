"""What a relay offers, judged and told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.doctor import relays
from publisher.model.relay import Offers

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
GOOD = Offers(
    frozenset(["pipelining", "8bitmime", "smtputf8", "size"]),
    50_000_000,
    "TLSv1.3",
    NOW + timedelta(days=60),
    True,
)


@pytest.mark.parametrize(
    ("offers", "kinds"),
    [
        (GOOD, []),
        (Offers(frozenset(["pipelining"])), []),  # in clear, on this machine; it says no size
        (replace(GOOD, until=NOW + timedelta(days=14)), []),
        (replace(GOOD, until=NOW + timedelta(days=13, hours=23)), ["relay-certificate-ends"]),
        (replace(GOOD, tls="TLSv1.2"), []),
        (replace(GOOD, tls="TLSv1.1"), ["relay-old-tls"]),
        (replace(GOOD, size=100_000), []),
        (replace(GOOD, size=99_999), ["relay-small"]),
        (replace(GOOD, words=frozenset()), ["relay-no-pipelining"]),
    ],
)
def test_what_a_relay_offers_is_judged(offers: Offers, kinds: list[str]) -> None:
    assert kinds == [each.kind for each in relays.judge(offers, "smtps://a:465", 100_000, NOW)]


@pytest.mark.parametrize(
    ("offers", "line"),
    [
        (
            GOOD,
            "TLSv1.3, certificate until 2027-01-28, logged in; SIZE 50,000,000, PIPELINING, 8BITMIME, SMTPUTF8",
        ),
        (Offers(frozenset()), "no TLS; no SIZE, no PIPELINING, no 8BITMIME, no SMTPUTF8"),
        (Offers(frozenset(["size"])), "no TLS; SIZE, no PIPELINING, no 8BITMIME, no SMTPUTF8"),
    ],
)
def test_what_a_relay_offers_is_told(offers: Offers, line: str) -> None:
    assert line == relays.told(offers)
