"""Door: config.toml and the variables that override it.

`NASHIR__MAIL__RELAY=smtp://127.0.0.1:2525` overrides `relay` of `[mail]`.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher import private
from publisher.config import backup, mail, newsletters, outputs, site, store, typed, web
from publisher.config.places import Keys, Source
from publisher.config.reading import Reading
from publisher.config.settings import Settings
from publisher.config.written import File
from publisher.errors import BadConfig, NotASite

FILE = "config.toml"
PREFIX = "NASHIR__"
_DIGITS = 10  # of a number that counts the tables of a list: none has as many


def load(root: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of the site in *root*. Raises NotASite where there is no config.toml, BadConfig with file, line
    and mend for the first thing that cannot be used."""
    path = root / FILE
    text = _text(path)
    raw = _parsed(path, text)
    reading = Reading(Source(path, text, _overridden(raw, environment)))
    return _settings(reading, typed.table(reading, File, raw, ()))


def _settings(reading: Reading, file: File) -> Settings:
    """What the tables mean together."""
    ours = site.site(reading, file)
    outputs.check(reading, file)  # before what must not lie in the output folder
    file = mail.passwords(reading, file)
    mail.check(reading, file)
    web.check(reading, file)
    store.check(reading, file)
    backup.check(reading, file)
    return Settings(
        reading.root,
        ours,
        file.articles,
        file.feeds,
        file.pages,
        file.mail,
        newsletters.newsletters(reading, file, ours),
        file.web,
        file.store,
        file.backup,
        reading.source,
    )


def _text(path: Path) -> str:
    try:
        text = private.plain(path)[1].decode("utf-8-sig")
    except FileNotFoundError:
        raise NotASite(
            "there is no config.toml", str(path.parent), "`nashir init DIR` makes a site; -C names one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadConfig(f"cannot be read: {why}", str(path), "it must be a readable file in UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise BadConfig(
            "lists and tables stand too deep in each other", str(path), "write them flat"
        ) from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{path}:{line[1] if line else len(text.splitlines())}"
        raise BadConfig(f"not TOML: {error}", where, "write key = value, text in double quotes") from error
    except ValueError as error:  # Python reads no number of more than some thousand digits, and names no line
        where = f"{path}:{_longest_number(text)}"
        raise BadConfig("a number has too many digits", where, "write one that is meant") from error


def _longest_number(text: str) -> int:
    """The line (1 = first) with the longest row of digits."""
    lengths = [max(map(len, re.findall(r"[\d_]+", line)), default=0) for line in text.split("\n")]
    return lengths.index(max(lengths)) + 1


def _overridden(raw: dict[str, Any], environment: Mapping[str, str]) -> dict[Keys, str]:
    """Put what the environment says into *raw*; returns the names of the variables that say it."""
    return {
        _override(raw, name, value): name
        for name, value in sorted(environment.items())
        if name.startswith(PREFIX)
    }


def _override(raw: dict[str, Any], name: str, value: str) -> Keys:
    keys: Keys = tuple(
        int(key) if key.isascii() and key.isdecimal() and len(key) < _DIGITS else key.lower()
        for key in name.removeprefix(PREFIX).split("__")
    )
    place: Any = raw
    try:
        for key in keys[:-1]:
            place = place.setdefault(key, {}) if isinstance(place, dict) else place[key]
        place[keys[-1]] = _plain_or_json(value)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadConfig(
            "names no setting", name, "write NASHIR__TABLE__KEY, as NASHIR__MAIL__RELAY"
        ) from error
    return keys


def _plain_or_json(value: str) -> Any:
    """A list or table is written as JSON in the environment; everything else is the text itself."""
    try:
        return json.loads(value) if value[:1] in {"[", "{"} else value
    except (ValueError, RecursionError):
        return value
