"""The list of a site's feeds, as a reader that imports it sees it."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from publisher.feeds import opml
from publisher.model.feed import Outline

WHEN = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
# OPML 2.0 (http://opml.org/spec2.opml) as RELAX NG, written for these tests; a subscription list's outlines only.
GRAMMAR = etree.RelaxNG(
    etree.fromstring("""\
<grammar xmlns="http://relaxng.org/ns/structure/1.0">
  <start>
    <element name="opml">
      <attribute name="version"><value>2.0</value></attribute>
      <element name="head">
        <interleave>
          <optional><element name="title"><text/></element></optional>
          <optional><element name="dateModified"><text/></element></optional>
          <optional><element name="ownerName"><text/></element></optional>
          <optional><element name="docs"><text/></element></optional>
        </interleave>
      </element>
      <element name="body"><oneOrMore><ref name="outline"/></oneOrMore></element>
    </element>
  </start>
  <define name="outline">
    <element name="outline">
      <attribute name="text"/>
      <optional><attribute name="title"/></optional>
      <choice>
        <group>
          <attribute name="type"><value>rss</value></attribute>
          <attribute name="xmlUrl"/>
          <optional><attribute name="htmlUrl"/></optional>
          <optional><attribute name="language"/></optional>
          <optional>
            <attribute name="version"><choice><value>RSS</value><value>RSS1</value></choice></attribute>
          </optional>
        </group>
        <oneOrMore><ref name="outline"/></oneOrMore>
      </choice>
    </element>
  </define>
</grammar>
""")
)


def outline(kind: str, name: str, title: str, language: str = "ar") -> Outline:
    folder = f"https://news.example.org/{name}"
    return Outline(
        title,
        folder,
        rss=f"{folder}rss.xml",
        atom=f"{folder}atom.xml",
        json=f"{folder}feed.json",
        language=language,
        kind=kind,
    )


OUTLINES = [
    outline("site", "", "جريدة المثال"),
    outline("category", "category/sport/", "رياضة – جريدة المثال"),
    outline("author", "author/sara/", "BBC سارة"),
    outline("language", "lang/en/", "English", "en"),
    outline("category", "category/ai/", "AI <b> & غيره"),
    outline("newsletter", "newsletter/daily/", "نشرة الصباح"),
]


def listed(language: str = "ar", owner: str = "هيئة التحرير") -> etree._Element:
    data = opml.render("BBC عربي", OUTLINES, WHEN, owner=owner, language=language)
    root = etree.fromstring(data)
    assert data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<opml version=\"2.0\">")
    assert GRAMMAR.validate(root), GRAMMAR.error_log
    return root


def test_each_feed_is_listed_once() -> None:  # F1
    found = [each.get("xmlUrl") for each in listed().iter("outline") if each.get("type")]

    assert sorted(each.rss for each in OUTLINES) == sorted(map(str, found))


@pytest.mark.parametrize(
    ("language", "groups"),
    [
        ("ar", ["الأقسام", "الكتّاب", "اللغات", "النشرات البريدية"]),
        ("fa", ["دسته‌ها", "نویسندگان", "زبان‌ها", "خبرنامه‌ها"]),
        ("en", ["Categories", "Authors", "Languages", "Newsletters"]),
    ],
)
def test_the_site_stands_first_and_the_others_in_groups(language: str, groups: list[str]) -> None:
    body = listed(language).find("body")
    assert body is not None
    first, *others = body

    assert first.get("text") == "جريدة المثال"
    assert groups == [each.get("text") for each in others]
    assert ["رياضة – جريدة المثال", "\u200fAI <b> & غيره"] == [each.get("text") for each in others[0]]


def test_names_that_start_latin_get_one_rlm() -> None:  # F6
    root = listed()

    assert root.findtext("head/title") == "\u200fBBC عربي"
    assert [each.get("text") for each in root.iterfind(".//outline[@language='en']")] == ["English"]
    assert [each.get("title") for each in root.iterfind(".//outline/outline")][2] == "\u200fBBC سارة"


def test_the_head_says_whose_and_of_when() -> None:  # F10
    assert listed().findtext("head/ownerName") == "هيئة التحرير"
    assert listed().findtext("head/dateModified") == "Fri, 01 Mar 2024 12:00:00 +0000"
    assert listed(owner="").find("head/ownerName") is None


def test_the_same_feeds_give_the_same_bytes() -> None:  # F2
    made = {opml.render("م", OUTLINES, WHEN, owner="", language="ar") for _ in range(3)}

    assert 1 == len(made)
