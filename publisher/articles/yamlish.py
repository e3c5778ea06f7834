"""YAML front matter as words: no scalar becomes a number, a date or a truth (`title: 404`, `title: no`; A4).

Built from the parser's events, so nesting costs no recursion and nothing is ever constructed.
"""

import json
import re
from typing import TypeAlias

import yaml

from publisher.errors import Unreadable
from publisher.model.article import Warn
from publisher.text import clean

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
Mapping: TypeAlias = dict[str, Value]

DEPTH = 20
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")
)
_QUOTE = "put the value in quotes"
_CLOSE = "close the bracket, with commas between what is in it, or put the value in quotes"

_KEY = re.compile(r"(?P<key>[^\s\"'#\[\]{}&*!|>%@`:-][^:]{0,100}?)[ ]*:(?:[ ]+(?P<value>.*))?\Z")
_PLAIN = r"[^\W_][^,\[\]{}:#?\"'\n\t]*"
_LINE = re.compile(
    r"(?:(?P<key>[^\W\d_][\w -]{0,60}(?<! )):(?: (?:(?P<words>[^\W_](?:[^:#\n\t]*[^:#\s]|:(?=\S)|(?<=\S)#)*+)"
    rf"|\[(?P<items>{_PLAIN}(?:, ?{_PLAIN})*)\]"
    r"|\"(?P<quoted>[^\"\\\n\t]*)\"|'(?P<single>[^'\n\t]*)')?)? *)?"
)
_ITEM = re.compile(r"[ ]*-[ ]+(?P<value>.*)\Z")
_COMMENT = re.compile(r"[^\s\"'\[{|>#][^:]*:[ ]+[^\s\"'\[{|>][^\"']* #")


def load(source: str, line: int) -> tuple[Mapping, list[Warn]]:
    """Read the mapping *source*, whose first line is *line* of the file; every scalar is a str.

    One-line values that YAML cannot read (`title: خبر: عاجل`) are taken as written, with a warning. Raises
    Unreadable for what is no mapping, has anchors or tags, is nested deeper than 20, or cannot be mended so.
    """
    if (simple := _simple(source)) is not None:
        return simple, []
    warnings = [
        Warn("what follows # is a comment in YAML; put the value in quotes if it is text", line + number)
        for number, text in enumerate(source.split("\n"))
        if _COMMENT.match(text)
    ]
    try:
        value, found = _build(source, line)
    except yaml.YAMLError as error:
        problem, where, mend = _explained(error, line)
        lenient = _as_written(source)
        if lenient is None:
            mend = "indent with blanks, not tabs" if "\n\t" in source else mend
            raise Unreadable(f"the front matter is not YAML: {problem}", mend, where) from error
        value, found = lenient, [Warn(f"not YAML, read as written ({problem}). Mend: {mend}", where)]
    if value in ("", []):
        return {}, warnings
    if not isinstance(value, dict):
        raise Unreadable(
            "the front matter has no `key: value` lines", "write `title: ...` between the --- lines", line
        )
    return value, warnings + found


def _simple(source: str) -> Mapping | None:
    """*source* if every line of it is a key and a word, a line of words or a list that YAML cannot read in two ways:
    so are most, and its parser takes five times as long. None if there is anything else."""
    mapping: Mapping = {}
    for line in source.split("\n"):
        found = _LINE.fullmatch(line)
        if found is None or (key := found["key"]) in mapping:
            return None
        if key is None:
            continue
        if (items := found["items"]) is not None:
            mapping[key] = [item.strip(" ") for item in items.split(",")]
        else:
            mapping[key] = found["words"] or found["quoted"] or found["single"] or ""
    return mapping or None


def _explained(error: yaml.YAMLError, line: int) -> tuple[str, int, str]:
    """What is wrong, on which line, and the mend. What a bracket opens is wrong where the bracket stands: YAML sees it
    only where the next line goes on."""
    problem = getattr(error, "problem", None) or "a character it does not allow"
    opened = getattr(error, "context_mark", None) if "flow" in (getattr(error, "context", "") or "") else None
    mark = opened or getattr(error, "problem_mark", None)
    return problem, line + (mark.line if mark else 0), _CLOSE if opened else _QUOTE


class _Frame:
    """A sequence or mapping that is still open: its children, and the line each began on."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.lines: list[int] = []

    def add(self, value: Value, line: int) -> None:
        self.values.append(value)
        self.lines.append(line)


def _build(source: str, first: int) -> tuple[Value, list[Warn]]:
    warnings: list[Warn] = []
    frames = [_Frame()]
    for event in yaml.parse(source, Loader=yaml.CSafeLoader):
        line = first + (event.start_mark.line if event.start_mark else 0)
        _refuse_magic(event, line)
        if isinstance(event, yaml.ScalarEvent):
            value, found = _scalar(event, line)
            warnings += found
            frames[-1].add(value, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(frames) > DEPTH:
                raise Unreadable(f"the front matter is nested deeper than {DEPTH}", _QUOTE, line)
            frames.append(_Frame())
        elif isinstance(event, yaml.SequenceEndEvent):
            frame = frames.pop()
            frames[-1].add(frame.values, line)
        elif isinstance(event, yaml.MappingEndEvent):
            mapping, found = _mapping(frames.pop())
            warnings += found
            frames[-1].add(mapping, line)
    return (frames[0].values or [""])[0], warnings


def _refuse_magic(event: yaml.Event, line: int) -> None:
    """Anchors and aliases make small files huge, tags make them programs; no article needs either."""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise Unreadable("the front matter has an anchor or alias (& or *)", _QUOTE, line)
    tag = getattr(event, "tag", None)
    if tag and tag not in _PLAIN_TAGS:
        raise Unreadable(f"the front matter has the tag {tag}", _QUOTE, line)


def _scalar(event: yaml.ScalarEvent, line: int) -> tuple[str, list[Warn]]:
    if event.style != '"':
        return event.value, []
    value, found = clean.tidy(event.value)  # escapes (\u202e) come in past the door
    return value, [Warn(warning.what, line) for warning in found]


def _mapping(frame: _Frame) -> tuple[Mapping, list[Warn]]:
    mapping: Mapping = {}
    warnings = []
    children = zip(frame.values, frame.lines, strict=True)
    for (key, line), (value, _) in zip(children, children, strict=True):
        if not isinstance(key, str):
            raise Unreadable("a key of the front matter is not a word", _QUOTE, line)
        if key in mapping:
            warnings.append(Warn(f"{key} is there twice; the last one counts", line))
        mapping[key] = value
    return mapping, warnings


def _as_written(source: str) -> Mapping | None:
    """`key: value` lines and lists of one level; None if there is anything else."""
    mapping: Mapping = {}
    last = ""
    for line in source.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        item, found = _ITEM.match(line), _KEY.match(line)
        if item and last and isinstance(items := mapping[last] or [], list):
            mapping[last] = [*items, _unquoted(item["value"])]
        elif found and (value := (found["value"] or "").strip()) not in ("|", ">", "|-", ">-"):
            last = found["key"]
            mapping[last] = _flat(value)
        else:
            return None
    return mapping or None


def _flat(value: str) -> Value:
    if value.startswith("[") and value.endswith("]") and "[" not in value[1:]:
        return [_unquoted(part.strip()) for part in value[1:-1].split(",")]
    return _unquoted(value)


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return clean.tidy(str(json.loads(value)))[0]
        except ValueError:
            return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value
