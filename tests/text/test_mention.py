"""Addresses in texts of others."""

import pytest

from publisher.text.mention import Mention, masked

ANN = Mention({"ann@example.org", "Ann@example.org"})


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.org",
        "550 5.1.1 <ANN@Example.org>: unknown",
        "rfc822;ann@example.org",
        "mail to ann@example.org.",
        "ORCPT=rfc822;Ann@example.org>",
        "To:\r\n ann@example.org\r\n",
        b"\xd8\xa8 <ann@example.org>",
        b"?a=3Dann@example.org",
    ],
)
def test_an_address_is_found_whole_in_any_capitals(text: str | bytes) -> None:  # L8
    assert ANN.within(text)


@pytest.mark.parametrize(
    "text",
    [
        "joann@example.org",
        "jo.ann@example.org",
        "jo+ann@example.org",
        "ann@example.org.uk",
        "ann@example.organic",
        "ann@example",
        "",
        None,
    ],
)
def test_no_part_of_another_is_one(text: str | None) -> None:  # L8
    assert not ANN.within(text)


def test_only_the_address_is_taken_out() -> None:  # L8
    assert "<…> and joann@example.org" == ANN.without("<ANN@example.org> and joann@example.org")


@pytest.mark.parametrize(
    "shown, text",
    [
        ("550 <d…@example.org>: no dan", "550 <dan.x+y@example.org>: no dan"),
        ("ب…@مثال.example", "بريد@مثال.example"),
        ("rfc822;a…@[192.0.2.1]", "rfc822;ann@[192.0.2.1]"),
        ("https://example.social/@ann", "https://example.social/@ann"),
        ("a…@b.example, c…@d.example", "aa@b.example, cc@d.example"),
        ("a @ b", "a @ b"),
        ("postgresql://nashir@db/news of a…@b.example", "postgresql://nashir@db/news of aa@b.example"),
    ],
)
def test_addresses_are_shortened(shown: str, text: str) -> None:  # P1 threat 9
    assert shown == masked(text)
