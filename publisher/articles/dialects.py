"""Front matter that is not YAML: TOML, JSON, and bare `Key: value` headers (A3). As in yamlish, every scalar is a
str: what the author wrote, not what a format makes of it."""

import json
import re
import tomllib
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from publisher.articles.fields import field_of
from publisher.articles.yamlish import DEPTH, Mapping, Value
from publisher.errors import Unreadable
from publisher.model.article import Warn
from publisher.text import clean

Result = TypeVar("Result")

_MOST = 200_000  # characters of JSON
_MENDS = 50  # lines of TOML that are read as written before the file is given up

_TOML_LINE = re.compile(r"[ \t]*(?P<key>\"[^\"]*\"|[^\s=\[\]\"'#][^=\"'#]*?)[ \t]*=[ \t]*(?P<value>.*)\Z")
_TOML_TABLE = re.compile(r"[ \t]*\[(?P<key>[^\[\]\"'.]+)\][ \t]*\Z")
# Dotted keys nest, and tomllib's time is the square of their dots.
_TOML_DEEP = re.compile(rf"(?:^|[{{,])[ \t]*\[{{0,2}}(?:[\w\"'-]+[ \t]*\.[ \t]*){{{DEPTH}}}", re.MULTILINE)
_TOML_WHERE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)\Z")
_FIT_KEY = re.compile(r"[A-Za-z0-9_.-]+|\".*\"")

_HEADER = re.compile(r"(?P<key>[^\W\d_][^:\n]{0,60}?)[ ]*:(?:[ \t]+(?P<value>.*))?\Z")
_CONTINUED = re.compile(r"[ \t]+\S")


def toml(source: str, line: int) -> tuple[Mapping, list[Warn]]:
    """Read *source*, whose first line is *line* of the file (TOML 1.0).

    A line that TOML refuses (an Arabic key or a text without quotes, 30 February) is taken as written, with a
    warning. Raises Unreadable for what cannot be mended so, or is nested deeper than 20.
    """
    if deep := _TOML_DEEP.search(source):
        raise _too_deep(line + source.count("\n", 0, deep.start()))
    lines, warnings = source.rstrip("\n").split("\n"), []
    for _ in range(_MENDS):
        try:
            values = _shallow(lambda: tomllib.loads("\n".join(lines), parse_float=str), line)
        except ValueError as error:
            found = _TOML_WHERE.search(str(error))
            number = int(found["line"]) if found and found["line"] else len(lines)
            problem = _TOML_WHERE.sub("", str(error))
            mended = _quoted(lines[number - 1])
            if mended is None or mended == lines[number - 1]:
                where = line + number - 1
                raise Unreadable(
                    f"the front matter is not TOML: {problem}", "put the value in quotes", where
                ) from None
            lines[number - 1] = mended
            warnings.append(
                Warn(f"not TOML, read as written ({problem}); put it in quotes", line + number - 1)
            )
            continue
        return _mapping(values, line, warnings), warnings
    raise Unreadable("the front matter is not TOML", "put keys and values in quotes", line)


def _quoted(line: str) -> str | None:
    """*line* with its key in quotes, else with its value; None if it is something else."""
    if (table := _TOML_TABLE.match(line)) and not _FIT_KEY.fullmatch(table["key"]):
        return f"[{_string(table['key'])}]"
    found = _TOML_LINE.match(line)
    if found is None:
        return None
    if not _FIT_KEY.fullmatch(found["key"]):
        return f"{_string(found['key'])} = {found['value']}"
    if found["value"][:1] in ('"', "'", "[", "{"):
        return None
    return f"{found['key']} = {_string(found['value'].partition(' #')[0])}"


def _string(text: str) -> str:
    return json.dumps(text.strip(), ensure_ascii=False)


def json_object(text: str, start: int, line: int) -> tuple[Mapping, list[Warn], int]:
    """Read the object that begins at *start* of *text*, on *line* of the file (RFC 8259); where it ends, too.

    Raises Unreadable if it is broken or nested deeper than 20.
    """
    warnings: list[Warn] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        values = dict(pairs)
        if len(values) < len(pairs):
            warnings.append(Warn("a key is there twice; the last one counts", line))
        return values

    decoder = json.JSONDecoder(
        object_pairs_hook=once, parse_int=str, parse_float=str, parse_constant=str, strict=False
    )
    try:
        # No more is read than front matter may have, and what tells that it has more.
        value, end = _shallow(lambda: decoder.raw_decode(text[: start + _MOST], start), line)
    except json.JSONDecodeError as error:
        if len(text) > start + _MOST and error.pos > start + _MOST // 2:
            raise Unreadable(
                "the front matter is larger than 64 kB", "move its text below the front matter", line
            ) from None
        where = line + text.count("\n", start, error.pos)
        raise Unreadable(f"the front matter is not JSON: {error.msg}", "see that line", where) from None
    return _mapping(value, line, warnings), warnings, end


def headers(lines: list[str], line: int) -> tuple[Mapping, list[Warn]] | None:
    """Read *lines*, of which the first is *line* of the file, as `Key: value` headers (Pelican, MultiMarkdown);
    an indented line goes on with the one above.

    None if they are no headers: every line must be one, and they must name the title, a date that holds a digit,
    or two fields that are known. A paragraph that begins "CNN: ..." does not.
    """
    values: dict[str, str] = {}
    warnings: list[Warn] = []
    last = ""
    for number, text in enumerate(lines):
        found = _HEADER.match(text)
        if found and len(found["key"].split()) <= 4:
            last = found["key"]
            if last in values:
                warnings.append(Warn(f"{last} is there twice; the last one counts", line + number))
            values[last] = (found["value"] or "").strip()
        elif last and _CONTINUED.match(text):
            values[last] = f"{values[last]} {text.strip()}".strip()
        else:
            return None
    known = {field_of(key): value for key, value in values.items() if field_of(key)}
    dated = any(char.isdecimal() for char in known.get("date", ""))
    return (dict(values), warnings) if "title" in known or dated or len(known) > 1 else None


def _shallow(read: Callable[[], Result], line: int) -> Result:
    try:
        return read()
    except RecursionError:
        raise _too_deep(line) from None


def _mapping(values: object, line: int, warnings: list[Warn]) -> Mapping:
    value = _words(values, line, warnings, DEPTH)
    assert isinstance(value, dict)
    return value


def _words(value: object, line: int, warnings: list[Warn], depth: int) -> Value:
    """*value* with words for its scalars."""
    if depth < 0:
        raise _too_deep(line)
    match value:
        case dict():
            return {
                _text(key, line, warnings): _words(inner, line, warnings, depth - 1)
                for key, inner in value.items()
            }
        case list():
            return [_words(inner, line, warnings, depth - 1) for inner in value]
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case datetime() | date():
            return value.isoformat()
    return _text(str(value), line, warnings)


def _text(text: str, line: int, warnings: list[Warn]) -> str:
    text, found = clean.tidy(text)  # escapes (\\u202e) come in past the door
    warnings += [Warn(warning.what, line) for warning in found]
    return text


def _too_deep(line: int) -> Unreadable:
    return Unreadable(f"the front matter is nested deeper than {DEPTH}", "write it flat", line)
