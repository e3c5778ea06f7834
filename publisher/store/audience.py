"""How many readers have alike what decides what a letter of theirs holds."""

from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from publisher.model.people import Reach, Wish
from publisher.store.tables import subscribers, subscriptions


class Group(NamedTuple):
    """Readers to be mailed who get the same."""

    seen_seq: int
    letters: int  # 0: they never had one; else 1
    language: str | None
    categories: tuple[str, ...]  # () = all
    text_only: bool
    readers: int


def groups(connection: Connection, newsletter: int) -> list[Group]:
    """The readers of *newsletter* to be mailed (reachable and active), the largest group first."""
    had = case((subscriptions.c.letters > 0, 1), else_=0)
    alike = (
        subscriptions.c.seen_seq,
        had,
        subscribers.c.language,
        subscriptions.c.categories,
        subscriptions.c.text_only,
    )
    query = (
        select(*alike, func.count())
        .join_from(subscriptions, subscribers)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.state == Wish.ACTIVE,
            subscribers.c.state == Reach.REACHABLE,
        )
        .group_by(*alike)
        .order_by(func.count().desc(), subscriptions.c.seen_seq)
    )
    return [
        Group(seen, letters, language, tuple(categories), text_only, readers)
        for seen, letters, language, categories, text_only, readers in connection.execute(query)
    ]
