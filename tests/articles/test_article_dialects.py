"""Front matter is the same article whatever its dialect; hostile front matter is refused in time (A3, X14)."""

import json
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.articles import dialects, fields, frontmatter
from publisher.articles.parse import Rules, parse
from publisher.errors import Unreadable
from publisher.model.article import Leaf, Manuscript
from publisher.text import clean
from tests.patience import took

RULES = Rules("ar", ZoneInfo("Asia/Baghdad"))
WORDS = {
    "title": 'خبر: "عاجل"',
    "date": "2024-05-01 10:30",
    "author": "نور",
    "lang": "ar-IQ",
    "status": "draft",
}
TEXT = "وقال إن المكتبة ستبقى مفتوحة.\n"


def toml_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def written(values: dict[str, str]) -> dict[str, str]:
    toml = "".join(f"{toml_string(key)} = {toml_string(value)}\n" for key, value in values.items())
    return {
        "yaml": f"---\n{yaml.safe_dump(values, allow_unicode=True, width=10**9)}---\n\n",
        "toml": f"+++\n{toml}+++\n\n",
        "json": f"{json.dumps(values, indent=1)}\n\n",
    }


def without_hash(found: Manuscript) -> tuple[object, ...]:
    return tuple(
        getattr(found, name) for name in Manuscript.__slots__ if name not in ("content_hash", "warnings")
    )


def test_dialects_say_the_same() -> None:  # A3
    plain = "".join(f"{key}: {value}\n" for key, value in WORDS.items()) + "\n"
    found = [
        parse(Leaf("a.md", (head + TEXT).encode(mark)), RULES)
        for head in (*written(WORDS).values(), plain)
        for mark in ("utf-8", "utf-8-sig", "utf-16")
    ]

    assert len(set(map(without_hash, found))) == 1
    assert (found[0].title, found[0].held, found[0].authors) == ('خبر: "عاجل"', "draft", ("نور",))


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")),
                       min_size=1))  # fmt: skip
def test_every_string_comes_back_cleaned_from_toml_and_json(values: dict[str, str]) -> None:
    expected = {clean.tidy(key)[0]: clean.tidy(value)[0] for key, value in values.items()}
    heads = written(values)
    found_toml, _ = dialects.toml(heads["toml"].removeprefix("+++\n").removesuffix("+++\n\n"), 2)
    found_json, _, _ = dialects.json_object(heads["json"], 0, 1)

    assert expected == found_toml == found_json


PIECES = st.sampled_from([
    "title", "العنوان", "date", " = ", ": ", "\"", "'", "[", "]", "{", "}", ",", "\n", "\n\n", "خبر", "2024-05-01",
    "2024-02-30", "1e3", "true", "null", "#", "\\u202e", "\\", ".", "[[a]]", "\"\"\"", "  ", "---\n", "...\n", "+++\n",
])  # fmt: skip


@given(st.sampled_from(("+++\n", "{\"a\": ", "Title: ", "---\n", "")), st.lists(PIECES, max_size=40).map("".join),
       st.sampled_from(("\n+++\n", "}\n", "\n\n", "\n---\n", "")))  # fmt: skip
@example("+++\n", "a.b = 1\na = 2", "\n+++\n")
@example('{"a": ', "1" * 5000, "}\n")
@example("+++\n", "a = " + "1" * 5000, "\n+++\n")
def test_any_head_is_read_or_refused(opening: str, head: str, closing: str) -> None:  # X14
    text = opening + head + closing + TEXT
    try:
        matter = frontmatter.split(text, "markdown")
    except Unreadable as refused:
        assert refused.line is not None
        assert 1 <= refused.line <= text.count("\n") + 1
        assert refused.mend
        return

    assert text.endswith(matter.text)
    assert matter.line == 1 + text[: len(text) - len(matter.text)].count("\n")


HOSTILE = {
    "toml brackets": "+++\na = " + "[" * 30_000 + "]" * 30_000 + "\n+++\n",
    "toml dots": "+++\n" + ".".join("a" * 31_000) + " = 1\n+++\n",
    "toml dots within": "+++\na = {" + ".".join("a" * 31_000) + " = 1}\n+++\n",
    "toml dots, quoted": "+++\n" + ".".join(['"a"'] * 15_000) + " = 1\n+++\n",
    "toml tables": "+++\n" + "".join(f"[a{number}]\n" for number in range(6_000)) + "+++\n",
    "toml words": "+++\n" + "a = ب\n" * 7_000 + "+++\n",
    "toml keys": "+++\n" + "".join(f"م{number} = ب\n" for number in range(3_000)) + "+++\n",
    "toml key": "+++\n" + "م" * 30_000 + "\n+++\n",
    "json brackets": '{"a": ' + "[" * 500_000,
    "json digits": '{"a": ' + "1" * 2_000_000 + "}\n",
    "json strings": '{"a": "' + "\\u0041" * 300_000,
    "json keys": "{" + ", ".join(f'"{number}": 1' for number in range(200_000)) + "}\n",
    "header key": "a " * 500_000 + ": b\n\n",
    "headers": "Title: x\n" + "a: b\n" * 400_000 + "\n",
    "continued": "Title: x\n" + "  y\n" * 100_000 + "\n",
    "blanks": "Title: x\n" + " \t" * 1_000_000 + "x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_head_takes_no_longer_than_two_seconds(name: str) -> None:  # X14
    leaf = Leaf("a.md", (HOSTILE[name] + TEXT).encode())

    def read() -> None:
        try:
            parse(leaf, RULES)
        except Unreadable as refused:
            assert refused.line is not None or "tags and paragraphs" in refused.what

    assert took(read, 2) < 2


@pytest.mark.parametrize("opening", ['+++\ntitle = "', '{"title": "', "Title: "])
def test_large_head_is_refused(opening: str) -> None:  # A3
    closing = {"+": '"\n+++\n', "{": '"}\n', "T": "\n"}[opening[0]]

    with pytest.raises(Unreadable, match="64 kB"):
        frontmatter.split(f"{opening}{'خبر ' * 20_000}{closing}\n{TEXT}", "markdown")


def test_large_headers_are_refused_wherever_they_are_cut() -> None:  # A3
    for word in ("a", "ab", "abc"):
        with pytest.raises(Unreadable, match="64 kB"):
            frontmatter.split(f"Title: x\n{word}: y\n" + f"{word} b: z\n" * 12_000, "markdown")


@pytest.mark.parametrize("depth, fits", [(18, True), (30, False)])
def test_depth_is_bounded_in_every_dialect(depth: int, fits: bool) -> None:  # A3
    value = "[" * depth + "]" * depth
    for head in (f"---\na: {value}\n---\n", f"+++\na = {value}\n+++\n", f'{{"a": {value}}}\n'):
        if fits:
            assert "a" in frontmatter.split(head, "markdown").values
        else:
            with pytest.raises(Unreadable, match="nested deeper"):
                frontmatter.split(head, "markdown")


def test_no_alias_is_of_two_fields_but_where_both_read_it() -> None:  # A3
    seen: dict[str, set[str]] = {}
    for field, names in fields.NAMES.items():
        for name in names:
            seen.setdefault(name, set()).add(field)

    assert {frozenset(("date", "published"))} == {
        frozenset(found) for found in seen.values() if len(found) > 1
    }
