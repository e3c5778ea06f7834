"""The shapes of what the API answers, as the verbs of the table give them (JSON Schema 2020-12)."""

from typing import Any

from publisher.model.delivery import State
from publisher.model.digest import Release
from publisher.model.people import Reach, Wish
from publisher.web.api.shapes import Schema

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time", "description": "RFC 3339, in UTC"}
TALLY: Schema = {"type": "object", "additionalProperties": COUNT}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _the(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**members: Schema) -> Schema:
    return {"type": "object", "properties": members, "required": list(members)}


def _page(name: str, of: str, following: Schema) -> Schema:
    after = _maybe(following) | {"description": "what `after` of the next page is; null: this is the last"}
    return _object(**{name: _list(_the(of)), "next": after})


_WISH: Schema = {"type": "string", "enum": list(Wish)}
_REACH: Schema = {"type": "string", "enum": list(Reach)}
_RELEASE: Schema = {"type": "string", "enum": list(Release)}
_LETTER: Schema = {"type": "string", "enum": [state.name.lower() for state in State]}
_WISHES: Schema = {"type": "object", "additionalProperties": _WISH}
_STATES: Schema = {"type": "object", "additionalProperties": _maybe(_WISH)}

SCHEMAS: dict[str, Any] = {
    "Problem": _object(type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT)
    | {
        "description": "RFC 9457: `detail` says what is wrong, `where` in which place, `mend` what to do",
    },
    "Row": _object(
        id=COUNT, address=TEXT, state=_REACH, language=_maybe(TEXT), newsletters=_WISHES, since=TIME
    ),
    "Subscribers": _page("subscribers", "Row", COUNT),
    "Added": _object(id=COUNT, address=TEXT, newsletters=_STATES),
    "Left": _object(id=COUNT, newsletter=TEXT, state=_WISH),
    "Subscriber": _object(
        id=COUNT,
        address=TEXT,
        state=_REACH,
        language=_maybe(TEXT),
        newsletters=_list(
            _object(
                name=TEXT,
                state=_WISH,
                schedule=TEXT,
                zone=TEXT,
                categories=_list(TEXT),
                text_only=FLAG,
                resumes=_maybe(TIME),
                letters=COUNT,
                next_due=_maybe(TIME),
            )
        ),
        returned=_list(_object(edition=_maybe(COUNT), kind=TEXT, code=TEXT, note=TEXT, at=TIME)),
    ),
    "Newsletters": _object(
        newsletters=_list(
            _object(
                name=TEXT,
                title=TEXT,
                schedule=TEXT,
                next_due=_maybe(TIME),
                last_edition=_maybe(_the("Edition")),
                active=COUNT,
            )
        )
    ),
    "Edition": _object(
        id=COUNT,
        newsletter=TEXT,
        slot=TEXT,
        kind=TEXT,
        release=_RELEASE,
        stopped=TEXT,
        planned=TIME,
        expires=TIME,
        deliveries=TALLY,
    ),
    "Editions": _page("editions", "Edition", COUNT),
    "Decided": _object(edition=_the("Edition"), changed=FLAG, reason=TEXT),
    "Planned": _object(
        editions=_list(_object(id=COUNT, newsletter=TEXT, slot=TEXT, letters=COUNT)), problems=_list(TEXT)
    ),
    "Delivery": _object(
        edition=COUNT,
        newsletter=TEXT,
        subscriber=COUNT,
        address=TEXT,
        state=_LETTER,
        attempts=COUNT,
        code=COUNT,
        note=TEXT,
        message_id=TEXT,
    ),
    "Deliveries": _page("deliveries", "Delivery", TEXT),
    "Retried": _object(queued=COUNT, gone=COUNT, expired=COUNT),
    "Corrected": _object(
        article=_object(id=TEXT, title=TEXT, url=TEXT),
        editions=_list(_object(id=COUNT, newsletter=TEXT, letters=COUNT)),
        letters=COUNT,
    ),
    "Published": _object(
        read=COUNT,
        changed=COUNT,
        published=COUNT,
        quarantined=COUNT,
        written=_list(TEXT),
        seconds=NUMBER,
    ),
    "Status": _object(
        articles=TALLY,
        subscribers=TALLY,
        deliveries=TALLY,
        returned=TALLY,
        newsletters=_list({"type": "object"}),
        under_way=_list({"type": "object"}),
        stopped=_list({"type": "object"}),
        pings=_list({"type": "object"}),
        indexnow=_maybe({"type": "object"}),
        quarantined=_list({"type": "object"}),
    ),
}
