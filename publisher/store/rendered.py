"""What the entries of the last feed show: one new article costs one rendering, not fifty. Lost without harm."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, delete, select

from publisher.store import bulk
from publisher.store.dialects import upsert
from publisher.store.tables import rendered


def read(connection: Connection, ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """What it was made from, and the HTML, by the article's id."""
    query = select(rendered).where(rendered.c.article.in_(ids))
    return {row.article: (row.made_from, row.html) for row in connection.execute(query)}


def keep(connection: Connection, new: Mapping[str, tuple[str, str]], ids: Sequence[str]) -> None:
    """Note the *new* ones, and forget those of articles that are none of *ids*."""
    row = upsert(rendered)
    changed = {name: row.excluded[name] for name in ("made_from", "html")}
    rows = [{"article": one, "made_from": source, "html": html} for one, (source, html) in new.items()]
    bulk.insert(connection, row.on_conflict_do_update(["article"], set_=changed), rows)
    connection.execute(delete(rendered).where(rendered.c.article.not_in(ids)))
