"""What is common is read a short way; it is read as the long way reads it."""

import sys

import pytest
import regex
import yaml
from hypothesis import given
from hypothesis import strategies as st

from publisher.articles import blocks, yamlish
from publisher.text import bidi, clean, excerpt, html, language, urls

WORDS = st.sampled_from(
    ["خبر", " ", "عاجل", "ئ", "a", "&amp;", "&lt;", "«", "\u00a0", "&nbsp;", "\u200f", "1", "\n", '"', "👍"]
)
TEXT = st.lists(WORDS, max_size=6).map("".join)
ADDRESSES = (
    "https://a.b/c/../d.html",
    "https://a.b/c?d=1,2;e#f",
    "/a",
    "https://a.b/[$]",
    "http://a.b/~c",
    "https://a.b/ا",
)
INLINE = st.recursive(
    TEXT,
    lambda inner: st.one_of(
        st.tuples(TEXT, st.sampled_from(("strong", "em", "b", "code", "bdi")), inner, TEXT).map(
            lambda parts: f"{parts[0]}<{parts[1]}>{parts[2]}</{parts[1]}>{parts[3]}"
        ),
        st.tuples(TEXT, st.sampled_from(ADDRESSES), TEXT).map(
            lambda parts: f'{parts[0]}<a href="{parts[1]}">{parts[2]}</a>'
        ),
    ),
    max_leaves=4,
)  # fmt: skip
BLOCKS = st.lists(
    st.tuples(
        st.sampled_from(("p", "p", "h1", "h2", "li", "div", "pre", "ul", "blockquote")),
        st.lists(st.tuples(st.sampled_from(("", "p", "li")), INLINE), min_size=1, max_size=2),
        st.sampled_from(("", "\n", " ", "x")),
    ),
    max_size=4,
).map(lambda blocks: "".join(f"<{tag}>{_inside(tag, held)}</{tag}>{behind}" for tag, held, behind in blocks))


def _inside(tag: str, held: list[tuple[str, str]]) -> str:
    if tag in ("ul", "blockquote"):
        return "\n".join(f"<{item}>{inner}</{item}>" if item else inner for item, inner in held)
    return held[0][1]


NEVER = regex.compile(r"(?!)")


@given(BLOCKS)
def test_simple_fragments_are_split_and_read_as_a_parser_does(markup: str) -> None:
    markup = html.sanitise(markup)
    short = html.split(markup)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "_SIMPLE", NEVER)
        patch.setattr(html, "_HOLDING", ())
        expected = html.split(markup)
        said = [html.plain(block) for block in expected]

    assert expected == short
    assert said == [html.plain(block) for block in short]


@given(BLOCKS, st.sampled_from(("ar", "fa", "he", "en")), st.sampled_from(("feed", "page", "letter")))
def test_simple_blocks_are_shown_as_a_parser_has_them_shown(
    markup: str, language: str, medium: html.Medium
) -> None:  # F7, F8, F9
    base = "https://e.org/x/"
    body = blocks.body(html.split(html.sanitise(markup)), language)
    short = html.render(body, medium, base)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "_SIMPLE", NEVER)
        patch.setattr(html, "_HOLDING", ())
        patch.setattr(urls, "_AS_IT_IS", NEVER)
        expected = html.render(body, medium, base)

    assert expected == short


@given(BLOCKS, st.sampled_from(("ar", "ar-EG", "fa", "ug", "en")))
def test_a_body_of_one_language_is_what_its_blocks_are_one_by_one(markup: str, language: str) -> None:  # A7
    elements = html.split(html.sanitise(markup))
    short = blocks.body(elements, language)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_is_plain", lambda *_: False)
        expected = blocks.body(elements, language)

    assert expected == short


def test_every_character_that_is_not_written_right_to_left_is_looked_at() -> None:  # F9
    passed = [char for char in map(chr, range(sys.maxunicode + 1)) if not bidi._may_be_foreign(f"ا{char}ب")]

    assert not bidi._FOREIGN.search("".join(passed))
    assert passed[-1] > "\u0700"


LINES = st.lists(
    st.sampled_from([
        "title", "العنوان", ": ", ":", " ", "\n", "\n\n", "خبر", "2024-05-01T10:00:00+03:00", "[", "]", ", ", "،", '"',
        "'", "#", " #", "-", "- ", "?", "!", "&a", "*", "|", ">", "%", "@", "{", "}", "~", "\u00a0", "\\",
        "tags: [a, b]\n", "x: y\n", "..", "---", "`", "z: 'a'\n",
    ]),
    max_size=12,
).map("".join)  # fmt: skip


@given(LINES)
def test_simple_front_matter_is_read_as_yaml_reads_it(source: str) -> None:  # A3, A4
    short = yamlish._simple(source)
    if short is not None:
        long = yaml.load(source, yaml.BaseLoader)

        assert long == short


@given(
    st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("خبر .«؟\u200d\u0651👍🏽\u2067\u2069")))
)
def test_clusters_are_counted_as_unicode_counts_them(text: str) -> None:  # A11
    clusters = [found.end() for found in regex.finditer(r"\X", text)]

    assert clusters[:10] == list(excerpt._ends(text, 10))


def test_every_character_that_is_not_kept_is_seen() -> None:
    kept = [char for char in map(chr, range(sys.maxunicode + 1)) if not clean._is_odd(f"ا{char}ب")]

    assert all(
        not pattern.search("".join(kept)) for pattern in (clean._FORBIDDEN, clean._CONTROL, clean._SEPARATOR)
    )
    assert "\r" not in kept


LETTERS = "ئىابتيیكکگپچژٹڈڑںےېۆەێڵڕۈۇۋڭښځڅډړټڼڳڪڻٺةأ ،.aZ1\n"


@given(st.text(st.sampled_from(LETTERS)), st.sampled_from(("ar", "fa", "ur", "ckb", "ug", "ps", "he", "en")))
def test_letters_counted_as_bytes_say_the_same(text: str, site: str) -> None:  # A7
    # U+0600 is no letter and in no table of bytes: the text is counted the long way
    assert language.detect(text, site) == language.detect(text + "\u0600", site)
