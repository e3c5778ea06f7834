"""The DMARC record that counts, by the walk up the tree (RFC 9989). checkdmarc is the judge of which are records."""

from collections.abc import Mapping, Sequence
from itertools import count

import pytest
from checkdmarc.dmarc import check_dmarc
from dns.nameserver import Do53Nameserver
from hypothesis import given
from hypothesis import strategies as st

from publisher.doctor.asking import tags
from publisher.doctor.dmarc import aligned, is_dmarc, policy, walk
from tests.doctor.nameserver import Nameserver, Values

Records = Mapping[str, Sequence[str]]
_numbers = count()


def zone(**records: str) -> Records:
    """`mail_news_example="..."`: the record at _dmarc.mail.news.example."""
    return {f"_dmarc.{name.replace('_', '.')} TXT": [record] for name, record in records.items()}


@pytest.mark.parametrize(
    ("records", "domain", "organization", "said"),
    [
        ({}, "news.example", "news.example", ""),
        (zone(news_example="v=DMARC1; p=reject"), "news.example", "news.example", "reject"),
        (zone(news_example="v=DMARC1; p=reject"), "mail.news.example", "news.example", "reject"),
        (zone(news_example="v=DMARC1; p=reject; sp=none"), "mail.news.example", "news.example", "none"),
        (zone(news_example="v=DMARC1;p=reject", mail_news_example="v=DMARC1;p=none"), "mail.news.example",
         "news.example", "none"),
        # A part of a company that says that it is its own (psd=n)
        (zone(news_example="v=DMARC1;p=reject", mail_news_example="v=DMARC1;p=none;psd=n"), "a.mail.news.example",
         "mail.news.example", "none"),
        # Domains are given out below this one (psd=y)
        (zone(example="v=DMARC1;p=reject;psd=y"), "a.news.example", "news.example", "reject"),
        (zone(news_example="v=DMARC1; p=reject; p=none"), "news.example", "news.example", ""),
        (zone(news_example="v=DMARC1; p=Quarantine"), "news.example", "news.example", "quarantine"),
        (zone(news_example="v=DMARC1; rua=mailto:a@news.example"), "news.example", "news.example", "none"),
    ],
)  # fmt: skip
def test_the_policy_is_that_of_the_domain_or_of_its_organization(
    records: Records, domain: str, organization: str, said: str
) -> None:
    found = walk(domain, Values(records))

    assert (organization, said) == (found.organization, policy(found))


def test_no_more_than_eight_names_are_asked_for() -> None:  # RFC 9989, 4.10
    asks = Values({})
    walk("a.b.c.d.e.f.g.h.i.j.news.example", asks)

    assert ["a.b.c.d.e.f.g.h.i.j.news.example", "f.g.h.i.j.news.example"] == [
        each.removeprefix("_dmarc.").removesuffix(" TXT") for each in asks.asked[:2]
    ]
    assert 8 == len(asks.asked)


@pytest.mark.parametrize("strict", [True, False])
def test_a_domain_of_the_same_organization_speaks_for_it_unless_that_is_strict(strict: bool) -> None:
    assert aligned("news.example", "news.example", "news.example", "news.example", strict=strict)
    assert strict != aligned("news.example", "news.example", "b.news.example", "news.example", strict=strict)
    assert not aligned("news.example", "news.example", "other.example", "other.example", strict=strict)


@pytest.mark.parametrize(
    ("record", "good"),
    [
        ("v=DMARC1; p=none", True),
        ("v=DMARC1;p=reject;rua=mailto:a@news.test;adkim=s;aspf=r", True),
        ("v=DMARC1; p=quarantine; sp=reject; t=y;", True),
        ("v=DMARC1; p=none; sp=nothing", False),
        ("v=DMARC1; p=none; none", False),
        ("v=dmarc1; p=none", False),
        ("p=none; v=DMARC1", False),
        ("v=DMARC2; p=none", False),
        ("v=spf1 -all", False),
    ],
)
def test_what_is_a_record_another_reader_takes_as_one(record: str, good: bool) -> None:
    name = f"n{next(_numbers)}.test"  # it keeps answers
    records = {
        f"_dmarc.{name} TXT": [record],
        "news.test MX": ["10 mx.news.test."],
        "mx.news.test A": ["192.0.2.1"],
    }
    with Nameserver(records) as server:
        judged = check_dmarc(name, nameservers=[Do53Nameserver("127.0.0.1", server.port)])
    found = walk(name, Values(records)).records

    assert good == judged["valid"]
    assert good == bool(found and not found[0].wrong)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("v=DMARC1; p=reject; adkim=x", "reject"),
        ("v=DMARC1; p=reject; sp=nothing", ""),
        ("v=DMARC1; p=reject; sp=nothing; rua=mailto:a@news.test", "none"),
        ("v=DMARC1; p=nothing; rua=mailto:a@news.test", "none"),
        ("v=DMARC1; p=nothing", ""),
        ("v=DMARC1", ""),
    ],
)
def test_what_cannot_be_read_of_a_record_is_as_if_it_were_not_there(
    record: str, said: str
) -> None:  # RFC 9989, 4.7
    found = walk("news.test", Values({"_dmarc.news.test TXT": [record]}))

    assert found.records[0].wrong
    assert said == policy(found)


@given(
    st.lists(
        st.sampled_from([*"v=DMARC1;p", "p=none", "reject", " ", "v=DMARC1", "rua=mailto:a@b", "é", "psd=y"])
    )
)
def test_whatever_stands_in_a_record_it_is_read(pieces: list[str]) -> None:
    record = "".join(pieces)
    found = walk("news.example", Values({"_dmarc.news.example TXT": [record]}))

    assert is_dmarc(record) == bool(found.records)
    assert policy(found) in {"", "none", "quarantine", "reject"}


@pytest.mark.parametrize("words", ["v=1; v=2", "v", "=1", "v=1;;p=2"])
def test_what_is_no_list_of_tags_is_told(words: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        tags(words)
