"""Who asks, behind the servers before us."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.web.client import client, is_named, network, passed_on

TRUSTED = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48")]


@pytest.mark.parametrize(
    "peer, forwarded, found",
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),  # nobody we trust says so
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.1, 10.2.3.4"], "198.51.100.1"),
        ("127.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.1, nonsense"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, nonsense, 10.0.0.1"], "10.0.0.1"),
        ("127.0.0.1", [" 198.51.100.1:4711 "], "198.51.100.1"),
        ("127.0.0.1", ["[2001:db8:2::1]:4711"], "2001:db8:2::1"),
        ("::ffff:127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8:1::9", ["2001:db8:2::1"], "2001:db8:2::1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["10.1.1.1"], "10.1.1.1"),
    ],
)
def test_the_last_address_that_nobody_vouches_for_counts(
    peer: str, forwarded: list[str], found: str
) -> None:  # L3
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]

    assert found == client({"client": (peer, 1), "headers": headers}, TRUSTED)


def test_a_socket_without_an_address_is_nobodys() -> None:
    assert "" == client({"client": None, "headers": []}, TRUSTED)


@given(st.binary(max_size=80), st.ip_addresses())
def test_whatever_is_forwarded_the_answer_is_an_address(said: bytes, peer: object) -> None:  # L3
    found = client({"client": (str(peer), 1), "headers": [(b"x-forwarded-for", said)]}, TRUSTED)

    assert found == str(ip_address(found))


@pytest.mark.parametrize(
    "address, found",
    [
        ("203.0.113.5", "203.0.113.0/24"),
        ("2001:db8:2:3:4::1", "2001:db8:2:3::/64"),
        ("::ffff:203.0.113.5", "203.0.113.0/24"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_network_is_that_of_a_household_or_a_carrier(address: str, found: str) -> None:  # L3
    assert found == network(address)


@pytest.mark.parametrize(
    "host, ours",
    [
        ("news.example.org", True),
        ("news.example.org:443", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("localhost:8080", True),
        ("newsroom", True),
        ("server.local", True),
        ("evil.example", False),
        ("news.example.org.evil.example", False),
        ("news.example.org@evil.example", False),
        (" 127.0.0.1", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_a_name_that_somebody_else_registered_is_not_ours(host: str, ours: bool) -> None:  # threat 11
    assert ours == is_named(host, "news.example.org")


@given(st.text())
def test_any_host_is_ours_or_not(host: str) -> None:  # X14
    assert is_named(host, "news.example.org") in (True, False)


@pytest.mark.parametrize("name", [b"X-Forwarded-For", b"forwarded", b"x-real-ip", b"Via"])
def test_a_server_between_says_so(name: bytes) -> None:  # threat 11
    assert passed_on({"headers": [(name, b"x")]})
    assert not passed_on({"headers": [(b"host", b"x")]})
