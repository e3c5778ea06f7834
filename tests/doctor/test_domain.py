"""What the DNS says of the domains that letters come from: tables of records, right and wrong."""

from collections.abc import Mapping, Sequence

import pytest

from publisher.doctor import domain
from publisher.doctor.domain import Outgoing
from publisher.errors import Unreachable
from tests.doctor.nameserver import Values

Records = Mapping[str, Sequence[str]]
HERE, THERE = "203.0.113.9", "relay.provider.test"
NEWS = Outgoing("news.test", "news.test", (THERE,))
OWN = Outgoing("news.test", "news.test", own=(HERE,))
TARGETS: Records = {
    "spf.provider.test TXT": ["v=spf1 ip4:198.51.100.0/24 -all"],
    f"{THERE} A": ["192.0.2.77"],
    "amazonses.com TXT": ["v=spf1 ip4:198.51.100.0/24 -all"],
    "email-smtp.eu-west-1.amazonaws.com A": ["192.0.2.78"],
}


def spf(*records: str, how: Outgoing = NEWS) -> list[str]:
    asks = Values({**TARGETS, "news.test TXT": records})
    return [each.kind for each in domain.sender_policy(how, asks)]


@pytest.mark.parametrize(
    ("records", "kinds"),
    [
        (["v=spf1 include:spf.provider.test -all"], []),
        (["v=spf1 redirect=spf.provider.test"], []),
        (["v=spf1 ip4:192.0.2.77 ~all", "unrelated"], []),
        (["v=spf1 exists:%{i}.allowed.test -all"], []),  # who can tell
        ([], ["spf-missing"]),
        (["v=spf2 -all"], ["spf-missing"]),
        (["v=spf1 -all", "v=spf1 include:spf.provider.test -all"], ["spf-several"]),
        (["v=spf1 include:spf.provider.test includes:x -all"], ["spf-wrong"]),
        (["v=spf1 include:spf.provider.test +all"], ["spf-open"]),
        (["v=spf1 include:spf.provider.test ip4:0.0.0.0/0 -all"], ["spf-open"]),
        (["v=spf1 include:spf.provider.test"], ["spf-unended"]),
        (["v=spf1 include:spf.provider.test ?all"], ["spf-unended"]),
        (["v=spf1 mx:a.test mx:b.test mx:c.test include:spf.provider.test -all"], ["spf-voids"]),
        (["v=spf1 " + "include:spf.provider.test " * 11 + "-all"], ["spf-lookups"]),
        (["v=spf1 ip4:203.0.113.1 -all"], ["spf-relay"]),
    ],
)
def test_the_record_of_who_may_send_is_judged(records: list[str], kinds: list[str]) -> None:
    assert kinds == spf(*records)


@pytest.mark.parametrize(
    ("record", "kinds"),
    [
        (f"v=spf1 ip4:{HERE} -all", []),
        ("v=spf1 ip4:203.0.113.1 -all", ["spf-own"]),
        ("v=spf1 ip4:203.0.113.1 ~all", ["spf-own"]),
    ],
)
def test_a_host_that_is_its_own_relay_must_be_let_send(record: str, kinds: list[str]) -> None:
    assert kinds == spf(record, how=OWN)


def test_a_relay_is_known_by_the_other_name_of_its_owner() -> None:
    how = Outgoing("news.test", "news.test", ("email-smtp.eu-west-1.amazonaws.com",))

    assert [] == spf("v=spf1 include:amazonses.com -all", how=how)
    assert ["spf-relay"] == spf("v=spf1 include:spf.provider.test -all", how=how)


def test_a_relay_named_by_its_address_is_looked_for_as_such() -> None:
    how = Outgoing("news.test", "news.test", ("198.51.100.7",))

    assert [] == spf("v=spf1 include:spf.provider.test -all", how=how)
    assert ["spf-relay"] == spf("v=spf1 ip4:192.0.2.1 -all", how=how)


def dmarc(record: str | None, how: Outgoing = NEWS, more: Records | None = None) -> list[str]:
    records = {"_dmarc.news.test TXT": [record] if record else []}
    return [each.kind for each in domain.reports_and_policy(how, Values({**records, **(more or {})}))]


TOLD = "v=DMARC1; p=reject; rua=mailto:dmarc@news.test"


@pytest.mark.parametrize(
    ("record", "kinds"),
    [
        (TOLD, []),
        (None, ["dmarc-missing"]),
        ("v=DMARC1; p=none; rua=mailto:dmarc@news.test", ["dmarc-none"]),
        (TOLD + "; t=y", ["dmarc-testing"]),
        ("v=DMARC1; p=reject", ["dmarc-unread"]),
        ("v=DMARC1; p=refuse", ["dmarc-wrong"]),
        ("v=DMARC1; p=reject; rua=mailto:news@reports.test", ["dmarc-reports"]),
        ("v=DMARC1; p=reject; rua=mailto:dmarc@in.news.test!10m", []),
    ],
)
def test_the_policy_of_the_domain_is_judged(record: str | None, kinds: list[str]) -> None:
    assert kinds == dmarc(record)


def test_several_policies_are_none() -> None:
    asks = Values({"_dmarc.news.test TXT": [TOLD, TOLD]})

    assert ["dmarc-several"] == [each.kind for each in domain.reports_and_policy(NEWS, asks)]


def test_who_takes_reports_for_others_says_so() -> None:
    allowed = {"news.test._report._dmarc.reports.test TXT": ["v=DMARC1"]}

    assert [] == dmarc("v=DMARC1; p=reject; rua=mailto:news@reports.test", more=allowed)


@pytest.mark.parametrize(
    ("how", "record", "found"),
    [
        (Outgoing("news.test", "news.test"), TOLD, []),
        (Outgoing("news.test", "b.news.test"), TOLD, []),
        (Outgoing("news.test", "b.news.test"), TOLD + "; aspf=s", ["dmarc-by-relay"]),
        (Outgoing("news.test", "b.news.test", signs="news.test"), TOLD + "; aspf=s; adkim=s", []),
        (Outgoing("news.test", "bounces.test"), TOLD, ["dmarc-by-relay"]),
        (Outgoing("news.test", "bounces.test", signs="news.test"), TOLD, []),
        (Outgoing("letters.news.test", "bounces.test", signs="news.test"), TOLD, []),
        (
            Outgoing("letters.news.test", "bounces.test", signs="news.test"),
            TOLD + "; adkim=s",
            ["dmarc-unaligned"],
        ),
    ],
)
def test_letters_of_which_nothing_speaks_for_the_sender_are_told_of(
    how: Outgoing, record: str, found: list[str]
) -> None:
    assert found == dmarc(record, how)


@pytest.mark.parametrize(
    ("records", "kinds"),
    [
        ({"news.test MX": ["10 mx.news.test."], "mx.news.test AAAA": ["2001:db8::1"]}, []),
        ({"news.test A": ["192.0.2.1"]}, []),
        ({}, ["mx-missing"]),
        ({"news.test MX": ["0 ."]}, ["mx-null"]),
        (
            {"news.test MX": ["10 mx.news.test.", "20 gone.news.test."], "mx.news.test A": ["192.0.2.1"]},
            ["mx-lost"],
        ),
    ],
)
def test_mail_back_must_arrive(records: Records, kinds: list[str]) -> None:
    assert kinds == [each.kind for each in domain.takes_mail("news.test", "answers", Values(records))]


@pytest.mark.parametrize(
    ("records", "kinds"),
    [
        ({f"{HERE} PTR": ["mail.news.test."], "mail.news.test A": [HERE]}, []),
        ({f"{HERE} PTR": ["other.test.", "mail.news.test"], "mail.news.test A": [HERE]}, []),
        ({}, ["ptr-missing"]),
        ({f"{HERE} PTR": ["mail.news.test"], "mail.news.test A": ["203.0.113.10"]}, ["ptr-unconfirmed"]),
    ],
)
def test_an_own_address_has_a_name_that_leads_back(records: Records, kinds: list[str]) -> None:
    assert kinds == [each.kind for each in domain.reverse([HERE], Values(records))]


def test_what_is_missing_for_mail_to_us_is_worth_knowing() -> None:
    there = {
        "_mta-sts.news.test TXT": ["v=STSv1; id=1"],
        "_smtp._tls.news.test TXT": ["v=TLSRPTv1; rua=mailto:a@b"],
    }

    assert [] == list(domain.transport("news.test", Values(there)))
    assert [("mta-sts", "remark"), ("tls-rpt", "remark")] == [
        (each.kind, each.grade) for each in domain.transport("news.test", Values({}))
    ]


def test_silence_is_no_finding_of_any_record() -> None:
    for look in (domain.sender_policy, domain.reports_and_policy):
        with pytest.raises(Unreachable):
            list(look(NEWS, Values({}, silent=True)))
