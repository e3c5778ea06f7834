"""Raw values of TOML to dataclasses: keys known, values of the right type."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any, TypeVar

from publisher.config.places import Keys, header
from publisher.config.reading import MENDS, Reading
from publisher.config.written import KEYS, ONE_OR_MANY, NewsletterTable
from publisher.mail.settings import DomainSettings, one_or_many

T = TypeVar("T")

# What a key of each kind should be, and how it is written.
_KINDS: dict[Any, tuple[str, str]] = {
    str: ("text", 'write it in double quotes: {} = "..."'),
    int: ("a whole number", "write a number: {} = {}"),
    float: ("a number", "write a number: {} = {}"),
    bool: ("true or false", "write it without quotes: {} = {}"),
    tuple[str, ...]: ("a list of texts", 'write {} = ["...", "..."]'),
}
_TEXTS = "text or a list of texts"  # of a key in ONE_OR_MANY


def table(reading: Reading, kind: type[T], raw: object, at: Keys) -> T:
    """*raw* as a *kind*: its keys known, its values of the right type. Raises BadConfig."""
    if not isinstance(raw, dict):
        raise reading.bad(at, f"{at[-1]} is not a table", f"write {header(at)} on a line of its own")
    known = {KEYS.get((kind, f.name), f.name): f for f in fields(kind)}  # type: ignore[arg-type]
    for key in raw:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            mend = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
            raise reading.bad((*at, key), f"{key} is no setting", mend)
    values = {f.name: _value(reading, f, raw[key], (*at, key)) for key, f in known.items() if key in raw}
    missing = [key for key, f in known.items() if key not in raw and _required(f)]
    if missing:
        what = f"{missing[0]} = ... to {header(at)}" if at else header(missing)
        raise reading.bad(at, f"{missing[0]} is missing", f"add {what}")
    return kind(**values)


def _required(wanted: Field[Any]) -> bool:
    return wanted.default is MISSING and wanted.default_factory is MISSING


def _value(reading: Reading, wanted: Field[Any], raw: object, at: Keys) -> object:
    kind = wanted.type
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
        return table(reading, kind, raw, at)
    if kind == Mapping[str, DomainSettings]:
        if not isinstance(raw, dict):
            raise reading.bad(at, "domains is no list of tables", 'write [mail.domains."example.org"]')
        return {name: _domain(reading, each, (*at, name)) for name, each in raw.items()}
    if kind == tuple[NewsletterTable, ...]:
        if not isinstance(raw, list):
            raise reading.bad(at, "newsletters is no list of tables", "write [[newsletters]]")
        return tuple(table(reading, NewsletterTable, each, (*at, n)) for n, each in enumerate(raw))
    if (at[0], at[-1]) in ONE_OR_MANY and isinstance(raw, str):
        raw = one_or_many(raw)
    if type(raw) is kind:
        return raw
    if kind == tuple[str, ...] and isinstance(raw, (list, tuple)) and all(type(e) is str for e in raw):
        return tuple(raw)
    return _converted(reading, wanted, raw, at)


def _domain(reading: Reading, raw: object, at: Keys) -> DomainSettings:
    """A table of [mail.domains]."""
    parts, inner = at, raw
    limits = {each.name for each in fields(DomainSettings)}
    while isinstance(inner, dict) and (
        deeper := next((key for key in inner if key not in limits and isinstance(inner[key], dict)), "")
    ):
        parts, inner = (*parts, deeper), inner[deeper]
    if parts != at:  # [mail.domains.gmail.com] is "com" in "gmail"
        name = ".".join(map(str, parts[2:]))
        mend = f"write it in quotes: {header((*parts[:2], name))}"
        raise reading.bad(parts, f"the name of the domain {name} is not in quotes", mend)
    return table(reading, DomainSettings, raw, at)


def _converted(reading: Reading, wanted: Field[Any], raw: object, at: Keys) -> object:
    kind: Any = wanted.type
    # Only what is of another kind waits for pydantic to be loaded: it converts it, or says what is wrong.
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python(raw)
    except ValidationError as error:
        what, mend = _KINDS.get(kind, ("", "see docs/configuration.md"))
        if (at[0], at[-1]) in ONE_OR_MANY:
            what = _TEXTS
        what = what or error.errors()[0]["msg"].removeprefix("Input should be ")
        shown = "" if at[0] == "mail" else f", it is {_shown(raw)}"  # a relay's URL may hold a password
        usual = json.dumps(None if wanted.default is MISSING else wanted.default)
        mend = MENDS.get(str(at[-1])) or mend.format(at[-1], usual)
        raise reading.bad(at, f"{at[-1]} should be {what}{shown}", mend) from error


def _shown(raw: object) -> str:
    try:
        return repr(raw)
    except ValueError:  # Python writes no number of more than some thousand digits
        return "a number with too many digits"


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
