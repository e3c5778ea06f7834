"""The door to the DNS, before a real server on loopback."""

import time

import pytest

from publisher.doctor.dns import Dns
from publisher.errors import BadInput, Unreachable
from tests.doctor.nameserver import Nameserver

LONG = "v=DKIM1; k=rsa; p=" + "x" * 900
ZONE = {
    "news.test TXT": ["v=spf1 -all", LONG, "نص"],
    "news.test MX": ["20 second.test.", "10 First.Test."],
    "none.test MX": ["0 ."],
    "news.test A": ["192.0.2.1"],
    "news.test AAAA": ["2001:db8::1"],
    "192.0.2.1 PTR": ["mail.news.test."],
    "2001:db8::1 PTR": ["six.news.test."],
}


def test_records_come_as_they_stand() -> None:
    with Nameserver(ZONE) as server:
        dns = Dns(server.address)

        assert {"v=spf1 -all", LONG, "نص"} == set(dns.texts("news.test"))
        assert ("first.test", "second.test") == dns.exchangers("news.test")
        assert ("",) == dns.exchangers("none.test")
        assert ("192.0.2.1", "2001:db8::1") == dns.addresses("news.test")
        assert ("mail.news.test",) == dns.names("192.0.2.1")
        assert ("six.news.test",) == dns.names("2001:db8::1")


def test_what_is_not_there_is_empty() -> None:
    with Nameserver(ZONE) as server:
        dns = Dns(server.address)

        assert (
            () == dns.texts("nowhere.test") == dns.exchangers("news.test.nowhere") == dns.names("192.0.2.9")
        )
        assert () == dns.texts("x" * 64 + ".test") == dns.texts("a..test")
        assert () == dns.texts("\\999.test") == dns.texts("a\\")


def test_a_question_is_asked_once() -> None:
    with Nameserver(ZONE) as server:
        dns = Dns(server.address)
        dns.addresses("news.test")
        dns.addresses("news.test")

        assert ["news.test A", "news.test AAAA"] == server.asked


def test_a_name_that_its_server_fails_at_says_nothing_of_others() -> None:
    with Nameserver(ZONE, failing=["broken.test"]) as server:
        dns = Dns(server.address)
        with pytest.raises(Unreachable, match="broken"):
            dns.texts("broken.test")

        assert dns.texts("news.test")


def test_a_dead_dns_is_waited_for_once() -> None:
    with Nameserver(ZONE, deaf=True) as server:
        dns = Dns(server.address, seconds=0.3)
        with pytest.raises(Unreachable):
            dns.texts("news.test")
        asked, began = len(server.asked), time.monotonic()
        for _ in range(1000):
            with pytest.raises(Unreachable, match="does not answer"):
                dns.names("192.0.2.1")

        assert asked == len(server.asked)
        assert time.monotonic() - began < 100  # 1000 times 0.3 s otherwise


@pytest.mark.parametrize("server", ["nonsense", "127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:99999", "1.2.3.4:"])
def test_what_is_no_server_is_told(server: str) -> None:
    with pytest.raises(BadInput, match="no address of a DNS server"):
        Dns(server)


@pytest.mark.parametrize("server", ["9.9.9.9", "2620:fe::fe", "[2620:fe::fe]:53", "127.0.0.1:5353"])
def test_a_server_is_an_address_with_or_without_a_port(server: str) -> None:
    assert isinstance(Dns(server), Dns)
