"""The shapes of what the API answers, as the verbs of the table give them: the types of the values, and the JSON Schema
(2020-12) that is made of them."""

import types
from datetime import datetime
from enum import Enum, StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from publisher.model.delivery import State
from publisher.model.digest import Release
from publisher.model.people import Reach, Wish
from publisher.web.api.shapes import Schema

_Tally = dict[str, int]
_Next = "what `after` of the next page is; null: this is the last"
_NextNumber, _NextText = Annotated[int | None, _Next], Annotated[str | None, _Next]

# What stands in each object. A text is the name of another shape, a list holds what its one item says, one of a tuple
# stands there.
_SHAPES: dict[str, dict[str, Any]] = {
    "Problem": {"type": str, "title": str, "status": HTTPStatus, "detail": str},
    "Row": {
        "id": int,
        "address": str,
        "state": Reach,
        "language": str | None,
        "newsletters": dict[str, Wish],
        "since": datetime,
    },
    "Subscribers": {"subscribers": ["Row"], "next": _NextNumber},
    "Added": {
        "id": int,
        "address": str,
        "newsletters": dict[str, Wish | None],
        "letter": Annotated[
            Literal["", "capped", "confirm"],
            "confirm: a letter asks them; capped: they got one lately, and nothing was written",
        ],
    },
    "Erased": {"erased": bool, "done": bool, "problem": str, "seconds": float},
    "Left": {"id": int, "newsletter": str, "state": Wish},
    "Subscriber": {
        "id": int,
        "address": str,
        "state": Reach,
        "language": str | None,
        "newsletters": [
            {
                "name": str,
                "state": Wish,
                "schedule": str,
                "zone": str,
                "categories": [str],
                "text_only": bool,
                "resumes": datetime | None,
                "letters": int,
                "next_due": datetime | None,
            }
        ],
        "returned": [{"edition": int | None, "kind": str, "code": str, "note": str, "at": datetime}],
    },
    "Newsletters": {
        "newsletters": [
            {
                "name": str,
                "title": str,
                "schedule": str,
                "next_due": datetime | None,
                "last_edition": ("Edition", None),
                "active": int,
            }
        ]
    },
    "Edition": {
        "id": int,
        "newsletter": str,
        "slot": str,
        "kind": str,
        "release": Release,
        "stopped": str,
        "planned": datetime,
        "expires": datetime,
        "deliveries": _Tally,
    },
    "Editions": {"editions": ["Edition"], "next": _NextNumber},
    "Decided": {"edition": "Edition", "changed": bool, "reason": str},
    "Planned": {
        "editions": [{"id": int, "newsletter": str, "slot": str, "letters": int}],
        "problems": [str],
    },
    "Delivery": {
        "edition": int,
        "newsletter": str,
        "subscriber": int,
        "address": str,
        "state": State,
        "attempts": int,
        "code": int,
        "note": str,
        "message_id": str,
    },
    "Deliveries": {"deliveries": ["Delivery"], "next": _NextText},
    "Retried": {"queued": int, "gone": int, "expired": int},
    "Corrected": {
        "article": {"id": str, "title": str, "url": str},
        "carried": bool,
        "editions": [{"id": int, "newsletter": str, "letters": int}],
        "letters": int,
    },
    "Published": {
        "read": int,
        "changed": int,
        "published": int,
        "quarantined": int,
        "written": [str],
        "seconds": float,
    },
    "Status": {
        "articles": _Tally,
        "subscribers": _Tally,
        "deliveries": _Tally,
        "returned": _Tally,
        "newsletters": [dict],
        "under_way": [dict],
        "workers": [str],
        "stopped": [dict],
        "unmailed": str | None,
        "backup": dict | None,
        "pings": [dict],
        "indexnow": dict | None,
        "quarantined": [dict],
    },
}

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer", "minimum": 0},  # a key or a number of things
    float: {"type": "number"},
    bool: {"type": "boolean"},
    dict: {"type": "object"},
    datetime: {"type": "string", "format": "date-time", "description": "RFC 3339, in UTC"},
    HTTPStatus: {"type": "integer"},
    None: {"type": "null"},
    types.NoneType: {"type": "null"},
}


def _schema(shape: Any) -> Schema:
    match shape:
        case str():
            return {"$ref": f"#/components/schemas/{shape}"}
        case dict():
            members = {name: _schema(each) for name, each in shape.items()}
            return {"type": "object", "properties": members, "required": list(members)}
        case list():
            return {"type": "array", "items": _schema(shape[0])}
        case tuple():
            return {"anyOf": [_schema(each) for each in shape]}
    return _PLAIN[shape] if shape in _PLAIN else _of_type(shape)


def _of_type(kind: Any) -> Schema:
    if isinstance(kind, type) and issubclass(kind, Enum):
        words = list(kind) if issubclass(kind, StrEnum) else [each.name.lower() for each in kind]
        return {"type": "string", "enum": words}
    of = get_args(kind)
    if get_origin(kind) is Annotated:
        return _schema(of[0]) | {"description": of[1]}
    if get_origin(kind) is Literal:
        return {"type": "string", "enum": list(of)}
    if get_origin(kind) in (types.UnionType, Union):
        return _schema(of)
    assert get_origin(kind) is dict, kind
    return {"type": "object", "additionalProperties": _schema(of[1])}


SCHEMAS: dict[str, Any] = {name: _schema(shape) for name, shape in _SHAPES.items()}
SCHEMAS["Problem"]["description"] = (
    "RFC 9457: `detail` says what is wrong, `where` in which place, `mend` what to do"
)
