"""Sitemaps and robots.txt, read by other readers than ours."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.robotparser import RobotFileParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from publisher.layout import Layout
from publisher.model.site import Ai
from publisher.pages import sitemap
from publisher.pages.robots import robots
from tests.conftest import SITE, URL

NS = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "n": "http://www.google.com/schemas/sitemap-news/0.9",
}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def crawler(ai: Ai, url: str = URL) -> RobotFileParser:
    parser = RobotFileParser()
    text = robots(replace(SITE, ai=ai, url=url), Layout(url), ("sitemap.xml",)).decode()
    parser.parse(text.splitlines())
    return parser


@pytest.mark.parametrize(
    ("ai", "training", "answering"),
    [("", True, True), ("allow", True, True), ("search-only", False, True), ("deny", False, False)],
)
def test_robots_keeps_out_whom_the_site_says_and_never_a_search_engine(
    ai: Ai, training: bool, answering: bool
) -> None:
    rules = crawler(ai)

    assert training is rules.can_fetch("GPTBot", f"{URL}/story/")
    assert training is rules.can_fetch("Google-Extended", f"{URL}/story/")
    assert answering is rules.can_fetch("OAI-SearchBot", f"{URL}/story/")
    assert all(rules.can_fetch(name, f"{URL}/story/") for name in ("Googlebot", "bingbot", "Applebot"))
    assert [f"{URL}/sitemap.xml"] == rules.site_maps()


@pytest.mark.parametrize("door", ["u", "preferences", "confirm", "erase", "approve", "admin", "api"])
def test_personal_links_are_nobodys_to_crawl(door: str) -> None:
    assert not crawler("allow").can_fetch("Googlebot", f"{URL}/{door}/token")
    below = crawler("allow", "https://example.org/news")
    assert not below.can_fetch("Googlebot", f"https://example.org/news/{door}/token")


def test_nothing_is_said_of_machines_that_learn_by_a_site_that_says_nothing() -> None:
    assert b"Content-Signal" not in robots(SITE, Layout(URL), ())
    assert b"Content-Signal: search=yes, ai-input=yes, ai-train=no" in robots(
        replace(SITE, ai="search-only"), Layout(URL), ()
    )


_CLEAN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]))
_TAGS = st.sampled_from(["ar", "ckb", "zh-Hans-CN", "he-IL"])


@given(st.lists(st.tuples(_CLEAN, _TAGS)))
def test_whatever_a_headline_is_the_news_are_xml(told: list[tuple[str, str]]) -> None:
    data = sitemap.news("جريدة", [(f"{URL}/{n}/", title, tag, NOON) for n, (title, tag) in enumerate(told)])

    root = etree.fromstring(data)
    assert [f"{URL}/{n}/" for n in range(len(told))] == root.xpath("s:url/s:loc/text()", namespaces=NS)
    names = {"ar": "ar", "ckb": "ckb", "zh-Hans-CN": "zh-cn", "he-IL": "he"}
    assert [names[tag] for _, tag in told] == root.xpath("//n:language/text()", namespaces=NS)


def test_a_sitemap_says_when_a_page_changed_where_that_is_known() -> None:
    root = etree.fromstring(sitemap.sitemap([(f"{URL}/", None), (f"{URL}/a/", NOON)]))

    assert ["2026-11-20T12:00:00+00:00"] == root.xpath("s:url[2]/s:lastmod/text()", namespaces=NS)
    assert [] == root.xpath("s:url[1]/s:lastmod", namespaces=NS)
