from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.digests.select import select
from publisher.model.article import Article
from publisher.model.digest import Newsletter

DAY = datetime(2026, 11, 22, tzinfo=UTC)


def article(seq: int, *categories: str, age: int = 0, digest: bool = True) -> Article:
    when = DAY - timedelta(days=age)
    title, path = f"خبر {seq}", f"{seq}.txt"
    return Article(
        f"urn:{seq}",
        seq,
        str(seq),
        path,
        title,
        "ar",
        "rtl",
        "",
        True,
        (),
        categories,
        when,
        when,
        digest,
        False,
        0,
        "h",
    )


def newsletter(*categories: str, max_items: int = 10) -> Newsletter:
    return Newsletter("daily", "النشرة", "", "daily 07:00", categories, "digest", max_items, 21600)


def seqs(chosen: tuple[list[Article], int]) -> list[int]:
    return [item.seq for item in chosen[0]]


def test_the_newest_by_date_comes_first() -> None:
    found = select(newsletter(), [article(1, age=2), article(2, age=0), article(3, age=1), article(4, age=0)])

    assert ([4, 2, 3, 1], 0) == (seqs(found), found[1])


def test_what_is_for_feeds_only_stays_out() -> None:  # A17
    assert ([], 0) == select(newsletter(), [article(1, digest=False)])


@pytest.mark.parametrize(
    "wanted, found",
    [((), [3, 2, 1]), (("سياسة",), [1]), (("رياضة", "سياسة"), [2, 1]), (("طقس",), [])],
)
def test_only_its_categories_go_in(wanted: tuple[str, ...], found: list[int]) -> None:  # D2
    articles = [article(1, "سياسة", "محليات"), article(2, "رياضة"), article(3)]

    assert found == seqs(select(newsletter(*wanted), articles))


def test_a_category_is_meant_whatever_its_spelling() -> None:  # A8, D2
    assert [1] == seqs(select(newsletter("العراقى"), [article(1, "العِراقي"), article(2, "العراق")]))


def test_pinned_articles_go_first_then_the_lighter_then_the_newest() -> None:  # A17, D6
    plain = [article(seq, age=seq) for seq in range(1, 6)]
    found = select(
        newsletter(max_items=4),
        [
            replace(plain[0], weight=20),
            plain[1],
            replace(plain[2], weight=-1),
            plain[3],
            replace(plain[4], pin=True),
        ],
    )

    assert ([5, 3, 1, 2], 1) == (seqs(found), found[1])


def test_what_is_beyond_the_cap_is_counted() -> None:  # D6
    found = select(
        newsletter("أ", max_items=2), [article(seq, "أ", age=9 - seq) for seq in range(5)] + [article(9)]
    )

    assert ([4, 3], 3) == (seqs(found), found[1])
