"""Column types: instants as whole UTC seconds, paths as their bytes, lists as JSON."""

import json
from dataclasses import asdict, astuple, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from publisher.model.adoption import Adopted
from publisher.model.article import Correction
from publisher.model.digest import Passage, Piece, Section, Told
from publisher.model.media import Made, Media, Shown

_PIECE = [each.name for each in fields(Piece)]
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Instant(TypeDecorator[datetime]):
    """An aware datetime as seconds since 1970 (UTC): both databases compare and sort it as a number."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


class PathBytes(TypeDecorator[str]):
    """A path with undecodable bytes as lone surrogates (PEP 383), stored as the bytes the file system has."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.encode("utf-8", "surrogateescape")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        return None if value is None else bytes(value).decode("utf-8", "surrogateescape")


class Json(TypeDecorator[Any]):
    """A list or table of plain values as compact JSON text; tuples come back as lists."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _encoded(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Adoption(TypeDecorator[Adopted]):
    """What readers of older feeds know an article by, as compact JSON text; NULL for nearly every article."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Adopted | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        stamps = {k: int(v.timestamp()) if isinstance(v, datetime) else v for k, v in asdict(value).items()}
        return json.dumps({k: v for k, v in stamps.items() if v}, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Adopted | None:
        if value is None:
            return None
        found = json.loads(value)
        for name in ("published", "declared"):
            if name in found:
                found[name] = datetime.fromtimestamp(found[name], UTC)
        return Adopted(**found)


class MediaList(TypeDecorator[tuple[Media, ...]]):
    """What is published beside an article, as compact JSON; "" for nothing, which costs no reading."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[Media, ...] | None, dialect: Dialect) -> str | None:
        # ASCII, since the names of files may hold what is no text (PEP 383).
        return json.dumps([astuple(each) for each in value], separators=(",", ":")) if value else ""

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[Media, ...]:
        if not value:
            return ()
        return tuple(
            Media(reference, Made(*page), Made(*letter) if letter else None, *rest)
            for reference, page, letter, *rest in json.loads(value)
        )


class Corrections(TypeDecorator[tuple[Correction, ...]]):
    """What was said to be wrong in an article, as compact JSON; "" for nothing, which costs no reading."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[Correction, ...] | None, dialect: Dialect) -> str | None:
        return _encoded([(int(each.at.timestamp()), each.text) for each in value]) if value else ""

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[Correction, ...]:
        if not value:
            return ()
        return tuple(Correction(datetime.fromtimestamp(at, UTC), text) for at, text in json.loads(value))


class Contents(TypeDecorator[Told]):
    """What an edition's letter says, as compact JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Told | None, dialect: Dialect) -> str | None:
        return None if value is None else _encoded(astuple(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Told | None:
        if value is None:
            return None
        title, opening, sections, more = json.loads(value)
        passages = tuple(Passage(*each) for each in opening)
        return Told(title, passages, tuple(map(_section, sections)), more)


def _section(value: list[Any]) -> Section:
    heading, language, direction, pieces = value
    return Section(heading, language, direction, tuple(map(_piece, pieces)))


def _piece(value: list[Any]) -> Piece:
    made = dict(zip(_PIECE, value, strict=True))
    return Piece(**made | {"picture": Shown(*made["picture"]) if made["picture"] else None})
