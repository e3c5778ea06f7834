"""A site's feed and entries as the renderers get them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.article import Article
from publisher.model.feed import Entry, Feed

NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def feed() -> Feed:
    return Feed(
        id="urn:uuid:5a0f5a52-0f3c-4f29-9a0b-6f1a3d1b7c11",
        title="جريدة المثال",
        description="أخبار وآراء كل صباح",
        home="https://news.example.org/",
        rss="https://news.example.org/rss.xml",
        atom="https://news.example.org/atom.xml",
        json="https://news.example.org/feed.json",
        css="https://news.example.org/feed.css",
        language="ar",
        direction="rtl",
        author="هيئة التحرير",
        updated=NOON,
        metadata=True,
    )


@pytest.fixture
def make_entry() -> Callable[..., Entry]:
    """An entry; keyword arguments replace its article's fields, `content` its content, `number` (from 0, newest
    first) its place."""

    def make(number: int = 0, content: str = "", **fields: object) -> Entry:
        published = NOON - timedelta(days=number)
        values: dict[str, object] = {
            "id": f"urn:uuid:00000000-0000-5000-8000-{number:012d}",
            "seq": 1000 - number,
            "slug": f"خبر-{number}",
            "path": f"{number}.txt",
            "title": "المجلس يقر الميزانية",
            "language": "ar",
            "direction": "rtl",
            "summary": "أقر المجلس الميزانية بعد نقاش طويل.",
            "summary_is_lead": False,
            "authors": (),
            "categories": ("سياسة", "اقتصاد"),
            "published": published,
            "updated": published,
            "digest": True,
            "pin": False,
            "weight": 0,
            "content_hash": "00",
        }
        article = Article(**(values | fields))  # type: ignore[arg-type]
        default = f'<div dir="{article.direction}" lang="{article.language}"><p>نص الخبر كاملا.</p></div>'
        return Entry(article, f"https://news.example.org/{number}/", content or default)

    return make
