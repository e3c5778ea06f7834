"""SPF records: what is wrong with them, and whom they let send. checkdmarc, which reads them too, is the judge."""

from collections.abc import Mapping, Sequence

import pytest
from checkdmarc.spf import SPFError, parse_spf_record
from dns.nameserver import Do53Nameserver
from hypothesis import given
from hypothesis import strategies as st

from publisher.doctor.spf import LOOKUPS, VOIDS, result, survey
from tests.doctor.nameserver import Nameserver, Values

Records = Mapping[str, Sequence[str]]
AT = "news.test"
OTHERS: Records = {
    "mailer.test TXT": ["v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 -all"],
    "open.test TXT": ["v=spf1 +all"],
    "strict.test TXT": ["v=spf1 -all"],
    "chain.test TXT": ["v=spf1 include:mailer.test include:strict.test ~all"],
    "loop.test TXT": ["v=spf1 include:loop.test -all"],
    "two.test TXT": ["v=spf1 -all", "v=spf1 ~all"],
    "words.test TXT": ["something else"],
    "hosts.test A": ["203.0.113.7", "203.0.113.8"],
    "hosts.test AAAA": ["2001:db8:2::7"],
    "hosts.test MX": ["20 second.test.", "10 first.test."],
    "first.test A": ["192.0.2.1"],
    "second.test A": ["192.0.2.2"],
    f"{AT} A": ["203.0.113.9"],
    **{f"n{n}.test TXT": ["v=spf1 ip4:10.0.0.1 -all"] for n in range(12)},
    **{f"h{n}.test A": ["10.0.0.2"] for n in range(12)},
}


def zone(*records: str) -> Records:
    return {**OTHERS, f"{AT} TXT": records}


@pytest.mark.parametrize(
    ("record", "address", "said"),
    [
        ("v=spf1 ip4:192.0.2.0/28 -all", "192.0.2.15", "pass"),
        ("v=spf1 ip4:192.0.2.0/28 -all", "192.0.2.16", "fail"),
        ("v=spf1 ip4:192.0.2.5 ~all", "192.0.2.6", "softfail"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8:ffff::1", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db9::1", "fail"),
        ("v=spf1 a -all", "203.0.113.9", "pass"),
        ("v=spf1 a:hosts.test -all", "203.0.113.8", "pass"),
        ("v=spf1 a:hosts.test/24 -all", "203.0.113.200", "pass"),
        ("v=spf1 a:hosts.test/24//48 -all", "2001:db8:2::99", "pass"),
        ("v=spf1 a:hosts.test -all", "2001:db8:2::99", "fail"),
        ("v=spf1 mx:hosts.test -all", "192.0.2.2", "pass"),
        ("v=spf1 mx:hosts.test -all", "192.0.2.3", "fail"),
        ("v=spf1 include:mailer.test ~all", "198.51.100.9", "pass"),
        (
            "v=spf1 include:mailer.test ~all",
            "203.0.113.1",
            "softfail",
        ),  # -all of an include is not ours (5.2)
        ("v=spf1 include:chain.test -all", "198.51.100.9", "pass"),
        ("v=spf1 -include:mailer.test +all", "198.51.100.9", "fail"),
        ("v=spf1 redirect=mailer.test", "198.51.100.9", "pass"),
        ("v=spf1 redirect=mailer.test", "203.0.113.1", "fail"),
        ("v=spf1 ?ip4:192.0.2.1 -all", "192.0.2.1", "neutral"),
        ("v=spf1 ip4:192.0.2.1", "192.0.2.9", "neutral"),  # 4.7
        ("v=spf1", "192.0.2.9", "neutral"),
        ("v=spf1 exists:%{i}.list.test -all", "192.0.2.9", "open"),
        ("v=spf1 ip4:192.0.2.9 exists:%{i}.list.test -all", "192.0.2.9", "pass"),
        ("V=SPF1 IP4:192.0.2.9 -ALL", "192.0.2.9", "pass"),
    ],
)
def test_an_address_may_send_as_the_record_says(record: str, address: str, said: str) -> None:
    policy = survey(AT, Values(zone(record))).policy

    assert policy
    assert said == result(policy, address)


GOOD = [
    "v=spf1 -all",
    "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx:hosts.test include:mailer.test ~all",
    "v=spf1 a:hosts.test/24//64 -all",
    "v=spf1 redirect=chain.test",
    "v=spf1 include:chain.test include:mailer.test -all",
    "v=spf1 " + " ".join(f"include:n{n}.test" for n in range(10)) + " -all",
    "v=spf1 " + " ".join(f"a:h{n}.test" for n in range(10)) + " -all",
    "v=spf1 a:nowhere.test a:neither.test -all",
]
BAD = [
    "v=spf1 " + " ".join(f"include:n{n}.test" for n in range(11)) + " -all",
    "v=spf1 " + " ".join(f"a:h{n}.test" for n in range(11)) + " -all",
    "v=spf1 a:x1.test a:x2.test a:x3.test -all",
    "v=spf1 include:nowhere.test -all",
    "v=spf1 include:words.test -all",
    "v=spf1 include:two.test -all",
    "v=spf1 include:loop.test -all",
    f"v=spf1 include:{AT} -all",
    "v=spf1 redirect=nowhere.test",
    "v=spf1 ip4:192.0.2.300 -all",
    "v=spf1 ip4:2001:db8::1 -all",
    "v=spf1 ip6:192.0.2.1 -all",
    "v=spf1 ip4:192.0.2.0/33 -all",
    "v=spf1 include: -all",
    "v=spf1 include -all",
    "v=spf1 mailer.test -all",
    "v=spf1 ipv4:192.0.2.1 -all",
    "v=spf1 192.0.2.1 -all",
]


def sound(records: Records) -> bool:
    found = survey(AT, Values(records))
    return bool(found.policy and not found.faults and found.lookups <= LOOKUPS and len(found.voids) <= VOIDS)


@pytest.mark.parametrize("record", GOOD + BAD)
def test_what_is_wrong_with_a_record_another_reader_finds_wrong_too(record: str) -> None:
    expected = record in GOOD
    with Nameserver(zone(record)) as server:
        try:
            judged = parse_spf_record(record, AT, nameservers=[Do53Nameserver("127.0.0.1", server.port)])
        except SPFError:
            judged = None

    assert expected == (judged is not None)
    assert expected == sound(zone(record))
    if judged:
        found = survey(AT, Values(zone(record)))
        assert (judged["dns_lookups"], judged["void_dns_lookups"]) == (found.lookups, len(found.voids))


def test_several_records_are_none() -> None:
    found = survey(AT, Values(zone("v=spf1 -all", "words", "v=spf1 ~all", "v=spf10 -all")))

    assert (("v=spf1 -all", "v=spf1 ~all"), None) == (found.records, found.policy)


def test_a_record_that_includes_for_ever_is_left() -> None:
    """Each asks two more, which nobody could answer: 2 to the 30th."""
    endless = {
        f"d{n}.test TXT": [f"v=spf1 include:d{n + 1}.test include:d{n + 1}.test -all"] for n in range(30)
    }
    asks = Values({**endless, f"{AT} TXT": ["v=spf1 include:d0.test -all"]})
    found = survey(AT, asks)

    assert found.lookups > LOOKUPS
    assert len(asks.asked) < 100


WORDS = [
    "v=spf1",
    "a",
    "mx",
    "ptr",
    "all",
    "include:",
    "ip4:",
    "ip6:",
    "exists:",
    "redirect=",
    "exp=",
    "/24",
    "//64",
]
PIECES = st.sampled_from(
    [*WORDS, *"-+~?:/=%", "{i}", "192.0.2.1", "::1", "mailer.test", "hosts.test", " ", "é"]
)


@given(st.lists(PIECES, max_size=25))
def test_whatever_stands_in_a_record_it_is_read(pieces: list[str]) -> None:
    found = survey(AT, Values(zone("v=spf1 " + "".join(pieces))))

    assert found.policy
    for address in ("192.0.2.1", "::1"):
        assert result(found.policy, address) in {"pass", "fail", "softfail", "neutral", "open"}
