"""What somebody writes is text, in every letter (threats 1 to 3)."""

import re
import unicodedata
from functools import cache

import pytest
from lxml import html as parser

from publisher.model.digest import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT
from tests.digests.hostile import WORDS, hostile

KINDS = (
    *("digest", "grouped", "article", "correction", "confirm", "welcome", "goodbye"),
    *("links", "yearly", "editors", "notice"),
)
LINES = ("a header", "a separator")  # more than one paragraph ...
TOLD = ("digest", "article", "correction", "notice")  # ... where somebody writes paragraphs
made = cache(hostile)

EVERY = pytest.mark.parametrize("name", WORDS)


def plain(text: str) -> str:
    """*text* without direction marks, each run of blanks as one."""
    return " ".join(re.sub("[\u200e\u200f]", "", text).split())


@pytest.mark.parametrize("kind", KINDS)
@EVERY
def test_no_word_of_others_becomes_an_element(name: str, kind: str) -> None:  # threat 1
    content, calm = made(WORDS[name])[kind], made("خبر")[kind]
    root, usual = (parser.document_fromstring(each.html) for each in (content, calm))

    assert {"script", "iframe", "form", "object", "svg"}.isdisjoint(e.tag for e in root.iter())
    assert [] == root.xpath("//@*[starts-with(name(), 'on')]")
    assert 2 == len(root.xpath("//style")) + len(re.findall(r"<!--\[if mso\]>\s*<style>", content.html))
    kept = ("table", "tr", "td", "p", "h1", "h2", "h3", "a")
    if kind not in TOLD or name not in LINES:
        assert [len(usual.xpath(f"//{tag}")) for tag in kept] == [len(root.xpath(f"//{tag}")) for tag in kept]
    schemes = {url.split(":")[0] for url in root.xpath("//a/@href") if ":" in url}
    assert {"https"} == schemes


@pytest.mark.parametrize("kind", KINDS)
@EVERY
def test_a_subject_is_one_line(name: str, kind: str) -> None:  # threat 2
    subject = made(WORDS[name])[kind].subject

    assert 1 == len(subject.splitlines())
    assert not {"Cc", "Zl", "Zp"} & set(map(unicodedata.category, subject))
    assert len(subject) <= 160


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_of_others_is_run_as_a_template(kind: str) -> None:  # threat 3
    content = made(WORDS["a template"])[kind]
    said = plain(parser.document_fromstring(content.html).text_content())

    assert "{{7*7}}" in said and "{{7*7}}" in plain(content.text)
    assert "{{ site.__class__ }}" in said and "49" not in said + content.text + content.subject


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["a script", "an attribute", "entities", "a style", "a format"])
def test_it_stands_there_as_it_was_written(name: str, kind: str) -> None:
    content = made(WORDS[name])[kind]
    said = plain(parser.document_fromstring(content.html).text_content())

    assert WORDS[name] in plain(content.text)
    assert WORDS[name] in said


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in TOLD])
@pytest.mark.parametrize("name", LINES)
def test_a_headline_is_one_line_of_plain_text(name: str, kind: str) -> None:  # M9
    text = made(WORDS[name])[kind].text

    assert [] == [line for line in re.split("[\r\n\u2028\u2029\u0085]", text) if line.startswith("Bcc")]


def ways_out(kind: str, words: str) -> list[int]:
    """How often each slot stands in each part."""
    content = made(words)[kind]
    return [
        part.count(slot)
        for part in (content.html, content.text)
        for slot in (UNSUBSCRIBE_SLOT, PREFERENCES_SLOT)
    ]


@pytest.mark.parametrize("kind", KINDS)
@EVERY
def test_the_ways_out_stand_where_they_stand_in_any_letter(name: str, kind: str) -> None:  # H6
    assert ways_out(kind, "خبر") == ways_out(kind, WORDS[name])


@pytest.mark.parametrize("kind", KINDS)
def test_a_slot_in_a_text_of_others_is_not_taken_for_ours(kind: str) -> None:
    slots = f"خبر {PREFERENCES_SLOT} نص {UNSUBSCRIBE_SLOT}"

    assert ways_out(kind, "خبر") == ways_out(kind, slots)
    assert not re.search("[\ufdd0\ufdd1]", made(slots)[kind].subject)
