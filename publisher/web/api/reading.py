"""What a request says: its body as JSON, its query as values; strict, and bounded before it is parsed."""

import json
import re
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from publisher.web.api.shapes import Schema

LARGEST = 64 * 1024  # bytes of a body
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)


class Malformed(ValueError):
    """The text says why."""


def document(data: bytes) -> Any:
    """A body (RFC 8259; UTF-8). Raises Malformed: no JSON, a name twice, NaN, too deep, half a character."""
    try:
        text = data.decode("utf-8")
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # a lone surrogate
    except RecursionError:
        raise Malformed("the body is nested too deeply") from None
    except UnicodeError:
        raise Malformed("the body is not UTF-8, or holds half a character") from None
    except Malformed:
        raise
    except ValueError as error:
        raise Malformed(f"the body is not JSON: {str(error)[:200]}") from None
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"{twice[:100]!r} stands twice in one object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise Malformed(f"{constant} is no JSON (RFC 8259, 6)")


def query(raw: bytes, known: dict[str, Schema]) -> dict[str, Any]:
    """The query's parameters, each as its schema's type; unknown ones and what is no number stay text. Raises
    Malformed: one twice, or what is not UTF-8."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=50
        )
    except ValueError:
        raise Malformed("the query is not percent-encoded UTF-8, or too long") from None
    found: dict[str, Any] = {}
    for name, text in pairs:
        if name in found:
            raise Malformed(f"{name[:100]!r} stands twice in the query")
        kinds = known.get(name, {}).get("type", "string")
        found[name] = int(text) if "integer" in kinds and _INTEGER.fullmatch(text) else text
    return found
