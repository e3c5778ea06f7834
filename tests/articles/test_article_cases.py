"""One case a file: cases/NAME.* is read, cases/NAME.expected.json says what must come of it and which rule
(A1 to A17, or "text" for the cleaning of text) wants it so; the first stands in NAME.

A key that is not there is not looked at; `contains` and `absent` are about the body's HTML, `warnings` lists a part of
each warning, `path` is the path the file pretends to have."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from publisher.articles.parse import Rules, body, parse
from publisher.errors import Unreadable
from publisher.model.article import Leaf

CASES = Path(__file__).parent / "cases"
RULES = Rules("ar", ZoneInfo("Asia/Baghdad"))
FIELDS = (
    "title", "language", "direction", "summary", "summary_is_lead", "authors", "categories", "published", "updated",
    "expires", "declared_id", "slug", "held", "digest",
)  # fmt: skip


def case_names() -> list[str]:
    return sorted(path.name for path in CASES.iterdir() if not path.name.endswith(".expected.json"))


def load(name: str) -> tuple[Leaf, dict[str, Any]]:
    expected = json.loads((CASES / name).with_suffix(".expected.json").read_text("utf-8"))
    return Leaf(expected.get("path", name), (CASES / name).read_bytes()), expected


def as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


RULES_WITH_CASES = {*(f"A{number}" for number in range(1, 13)), "A14", "A17", "text"}


def test_a_case_is_found_by_the_name_of_its_rule() -> None:
    first = {name: load(name)[1]["rule"].split()[0] for name in case_names()}

    assert all(name.startswith(f"{rule.lower()}-") for name, rule in first.items())
    assert set(first.values()) >= RULES_WITH_CASES


@pytest.mark.parametrize("name", case_names())
def test_article_is_read_as_expected(name: str) -> None:
    leaf, expected = load(name)
    if "unreadable" in expected:
        with pytest.raises(Unreadable) as refused:
            parse(leaf, RULES)

        assert expected["unreadable"] in refused.value.what
        assert expected.get("line") == refused.value.line
        assert refused.value.mend
        return
    manuscript = parse(leaf, RULES)

    assert leaf.path == manuscript.path
    for field in FIELDS:
        if field in expected:
            assert expected[field] == as_json(getattr(manuscript, field)), field
    if "warnings" in expected:
        assert len(expected["warnings"]) == len(manuscript.warnings), manuscript.warnings
        for part, warning in zip(expected["warnings"], manuscript.warnings, strict=True):
            assert part in warning.what


@pytest.mark.parametrize("name", [name for name in case_names() if "unreadable" not in load(name)[1]])
def test_body_is_read_as_expected(name: str) -> None:
    leaf, expected = load(name)
    found = body(leaf, RULES)
    markup = "\n".join(block.html for block in found.blocks)

    if "body" in expected:
        assert expected["body"] == [block.html for block in found.blocks]
    for start, language, direction in expected.get("blocks", ()):
        block = next(block for block in found.blocks if block.html.startswith(start))
        assert (language, direction) == (block.language, block.direction), start
    for part in expected.get("contains", ()):
        assert part in markup
    for part in expected.get("absent", ()):
        assert part not in markup
