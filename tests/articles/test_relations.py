"""What a file says of its translations, its place in lists and of letters (A17)."""

from zoneinfo import ZoneInfo

import pytest

from publisher.articles.parse import Rules, parse
from publisher.model.article import Leaf, Manuscript

RULES = Rules("ar", ZoneInfo("Asia/Baghdad"))
OTHER = "9f3b0a34-7f6e-4d0e-9a53-0d5f3b6b1c11"


def read(path: str = "x.md", *lines: str) -> Manuscript:
    head = "\n".join(["---", "title: خبر اليوم", *lines, "---", "", "نص المقالة."])
    return parse(Leaf(path, head.encode()), RULES)


@pytest.mark.parametrize(
    "path, line, claim",
    [
        ("post.md", "", ""),
        ("post.ar.md", "", "path:post"),
        ("ar/post.md", "", "path:post"),
        ("ar/1042.md", "", ""),  # a number given anew in each folder
        ("ar/2026-11-03.md", "", ""),
        ("1042.ar.md", "", "path:1042"),
        ("post.ar.md", "translationKey: about", "key:about"),
        ("a/b.md", "translation_of: c.md", "file:a/c.md"),
        ("a/b.md", "translation_of: ar/c.md", "file:ar/c.md"),
        ("a/b.md", "translation_of: ../c.md", "file:c.md"),
        ("a/b.md", "translation_of: /c.md", "file:c.md"),
        ("b.md", "translation_of: سوق-السمك", "slug:سوق-السمك"),
        ("b.md", "translation_of: /سوق-السمك/", "slug:سوق-السمك"),
        ("b.md", "translation_of: https://news.example.org/%D8%B3%D9%88%D9%82/", "slug:سوق"),
        ("b.md", f"translation_of: {OTHER}", f"id:urn:uuid:{OTHER}"),
        ("b.md", f"translation_of: urn:uuid:{OTHER}", f"id:urn:uuid:{OTHER}"),
        ("b.md", "المقال الأصلي: سوق", "slug:سوق"),
        ("b.md", "תרגום של: c.md", "file:c.md"),
    ],
)
def test_a_file_names_what_it_is_a_version_of(path: str, line: str, claim: str) -> None:  # A17
    assert claim == read(path, *filter(None, [line])).translation


@pytest.mark.parametrize(
    "line, pinned",
    [
        ("pin: true", True),
        ("Pinned: yes", True),
        ("sticky: 100", True),
        ("sticky: 0", False),
        ("pin: false", False),
        ("تثبيت: نعم", True),
        ("سنجاق‌شده: بله", True),
        ("נעוץ: כן", True),
        ("pin: maybe", False),
        ("weight: 1", False),
    ],
)
def test_an_article_is_pinned(line: str, pinned: bool) -> None:  # A17
    assert pinned is read("x.md", line).pin


@pytest.mark.parametrize(
    "line, weight, warned",
    [
        ("weight: 10", 10, False),
        ("weight: -3", -3, False),
        ("الوزن: ٢٠", 20, False),
        ("weight: 0", 0, False),
        ("weight: 1.5", 0, True),
        ("weight: heavy", 0, True),
        (f"weight: {'9' * 30}", 0, True),
    ],
)
def test_an_article_has_a_weight(line: str, weight: int, warned: bool) -> None:  # A17
    found = read("x.md", line)

    assert (weight, warned) == (found.weight, bool(found.warnings))


@pytest.mark.parametrize("line", ["digest: false", "النشرة البريدية: لا", "خبرنامه: خیر", "ניוזלטר: לא"])
def test_an_article_stays_out_of_letters(line: str) -> None:  # A17
    assert read("x.md").digest
    assert not read("x.md", line).digest
