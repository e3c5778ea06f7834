"""What each feed held, version by version, for readers who ask for what is new to them alone (F23)."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection

from publisher import layout
from publisher.actions.house import House
from publisher.feeds import document
from publisher.store import versions

CHUNK = 100  # feeds in one transaction


def note(house: House, written: Collection[str]) -> None:
    """Note the versions of those files *written* that are feeds, and forget those of files that are gone."""
    paths = [path for path in dict.fromkeys(written) if layout.names_feed(path)]
    for start in range(0, len(paths), CHUNK):
        chunk = paths[start : start + CHUNK]
        found = list(_versions(house, chunk))
        gone = [path for path in chunk if not (house.out / path).exists()]
        if found or gone:
            house.store.write(lambda c, found=found, gone=gone: _write(c, found, gone))  # type: ignore[misc]


def _versions(house: House, paths: Collection[str]) -> Iterator[tuple[str, str, bytes]]:
    for path in paths:
        try:
            data = (house.out / path).read_bytes()
        except FileNotFoundError:
            continue
        facts = document.read(path, data)
        if facts and not facts.archive:  # nobody polls an archive
            yield path, document.fingerprint(data), document.marks(data, facts.kind)


def _write(connection: Connection, found: list[tuple[str, str, bytes]], gone: list[str]) -> None:
    for path, etag, entries in found:
        versions.note(connection, path, etag, entries)
    versions.forget(connection, gone)
