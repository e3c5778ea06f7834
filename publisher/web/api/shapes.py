"""Shapes of JSON: the JSON Schema (2020-12) of what a verb takes, made from its signature, and the check of a value by
it. One schema is both what the document shows and what is checked."""

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from publisher.verbs.table import Parameter

Schema = dict[str, Any]
LARGEST = 2**63 - 1  # a key of the database
LONGEST, MANY = 10_000, 1_000  # characters of a text, items of a list
_KINDS: dict[type, str] = {str: "string", bool: "boolean", int: "integer"}


def of(kind: Any) -> Schema:
    """The schema of an annotation: str, int, bool, a Literal of texts, a list of these, and each or None."""
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        parts = [of(each) for each in typing.get_args(kind) if each is not type(None)]
        assert len(parts) == 1, kind
        none = {"enum": [*parts[0]["enum"], None]} if "enum" in parts[0] else {}
        return parts[0] | {"type": [parts[0]["type"], "null"]} | none
    if typing.get_origin(kind) is typing.Literal:
        return {"type": "string", "enum": list(typing.get_args(kind))}
    if typing.get_origin(kind) is list:
        return {"type": "array", "items": of(typing.get_args(kind)[0]), "maxItems": MANY}
    limits = {str: {"maxLength": LONGEST}, int: {"minimum": 0, "maximum": LARGEST}, bool: {}}[kind]
    return {"type": _KINDS[kind], **limits}


def body(parameters: list[Parameter]) -> Schema:
    """The object that holds these."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {each.name: of(each.kind) for each in parameters},
        "required": [each.name for each in parameters if each.required],
    }


def faults(value: Any, schema: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """What is wrong with *value*, a line for each: the keywords that `of` and `body` write."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if _kind(value) not in kinds:
        yield f"{where or 'the body'} should be {' or '.join(kinds)}, not {_kind(value)}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where} should be one of {', '.join(str(each) for each in schema['enum'] if each is not None)}"
    elif isinstance(value, str) and len(value) > schema.get("maxLength", LONGEST):
        yield f"{where} has more than {schema.get('maxLength', LONGEST)} characters"
    elif isinstance(value, int) and not isinstance(value, bool):
        if not schema["minimum"] <= value <= schema["maximum"]:
            yield f"{where} is not between {schema['minimum']} and {schema['maximum']}"
    elif isinstance(value, list):
        if len(value) > MANY:
            yield f"{where} has more than {MANY} items"
        for number, each in enumerate(value[:MANY]):
            yield from faults(each, schema["items"], f"{where}[{number}]")
    elif isinstance(value, dict):
        yield from _members(value, schema)


def _members(value: dict[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    known = schema["properties"]
    for name in schema["required"]:
        if name not in value:
            yield f"{name} is missing"
    for name, each in value.items():
        if name in known:
            yield from faults(each, known[name], name)
        else:
            yield f"{name[:100]!r} is not known here; known: {', '.join(known) or 'none'}"


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object", float: "number"}
    return names[type(value)]
