"""Facts about the state itself: a small table of keys and words."""

import hashlib

from sqlalchemy import Connection, select

from publisher.store.dialects import upsert
from publisher.store.tables import meta

# What the shared files on disk were made from; "" from the first change until they are written.
OUTPUTS = "outputs"
OWN_PAGES = "own pages"  # which pages beside those of articles are ours, with their hashes
NEWSLETTERS = "newsletters"  # the files of each newsletter, and what they were made from
SITEMAPS, SITEMAPS_FROM = "sitemaps", "sitemaps from"  # the files that are ours, and what all were made from
# The site's URL whose pages search engines were told of; who is told of which site's, "" where nothing is noted.
TOLD_OF, TELLING = "told of", "telling"
SECRET = "secret"  # the fingerprint of the key in state/secret.key, where several hosts have it
SITE = "site"  # the id of the site, where several hosts have it
AGREED = "agreed"  # digests of what config.toml says where the site is led from
ARCHIVE = "archive"  # the number of the last archive document when all of them stood on disk
# COMPLETE while every file on disk has the companions it should have; "" from the first change until then.
COMPANIONS, COMPLETE = "companions", "complete"


def digest(*parts: bytes) -> str:
    """What a fact says of these: that something was made from them, or is them."""
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()


def get(connection: Connection, key: str) -> str | None:
    """The fact, or None."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def put(connection: Connection, key: str, value: str) -> None:
    """Note the fact."""
    row = upsert(meta).values(key=key, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def put_once(connection: Connection, key: str, value: str) -> str:
    """Note the fact unless there is one; returns what is noted."""
    connection.execute(upsert(meta).values(key=key, value=value).on_conflict_do_nothing())
    return get(connection, key) or value


def outdate(connection: Connection) -> None:
    """The store has changed: from here until they are written, the files on disk are not what it says."""
    put_all(connection, {OUTPUTS: "", COMPANIONS: ""})


def put_all(connection: Connection, values: dict[str, str]) -> None:
    """Note several facts together."""
    for key, value in values.items():
        put(connection, key, value)
