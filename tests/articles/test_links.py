"""The site's link pattern."""

import re
from datetime import UTC, datetime

import pytest

from publisher.articles.links import Facts, check, expand


@pytest.mark.parametrize(
    "pattern, place",
    [
        ("/:categories/:year/:month/:day/:title.html", "2024/03/05/عنوان.html"),  # Jekyll's own default
        ("/:section/:year/:slug/", "2024/s"),
        (" /{date:%Y}/{slug}/ ", "2024/s"),
        (":year/:slug", "2024/s"),
    ],
)
def test_an_empty_part_of_a_pattern_is_left_out(pattern: str, place: str) -> None:  # A15
    facts = Facts("name.md", "s", "عنوان", (), datetime(2024, 3, 5, tzinfo=UTC))
    assert place == expand(check(pattern), facts)


@pytest.mark.parametrize(
    "pattern, why",
    [
        ("/:Year/:slug/", ":Year is no part of a link"),
        ("/:slug.xml", "is no page"),
        ("/:slug.HTML", "is no page"),
        ("/a/:slug/", "is in /a, which is Nashir's own"),
        ("/:slug/../x/", "starts with a dot"),
        ("https://other.example/:slug/", "names another site"),
    ],
)
def test_a_pattern_that_no_article_could_follow_is_refused(pattern: str, why: str) -> None:  # A15
    with pytest.raises(ValueError, match=re.escape(why)):
        check(pattern)
