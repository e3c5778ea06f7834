"""Where a key of config.toml is written: its line, or the variable that overrides it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Keys = tuple[str | int, ...]  # the path to a key: ("newsletters", 0, "name")

_PARTS = re.compile(r"""\s*("[^"]*"|'[^']*'|[^."'\s]+)""")  # of a key: a."b.c".d
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w.-])+)\s*=""")


@dataclass(frozen=True, slots=True)
class Source:
    """What the settings were read from."""

    path: Path
    text: str = field(repr=False)  # may hold a password
    variables: Mapping[Keys, str]  # names of those that override a key

    def place(self, at: Keys) -> str:
        """Where the key at this path is written, for a person: file and line, or the variable."""
        if variable := self.variables.get(at):
            return f"the environment's {variable}"
        return f"{self.path}:{line_of(self.text, at)}"


def header(at: Sequence[str | int]) -> str:
    """The line that begins the table at this path: [mail.domains."gmail.com"], [[newsletters]]."""
    names = [str(key) for key in at if isinstance(key, str)]
    name = ".".join(key if re.fullmatch(r"[\w-]+", key, re.ASCII) else f'"{key}"' for key in names)
    return f"[[{name}]]" if isinstance(at[-1], int) or name == "newsletters" else f"[{name}]"


def line_of(source: str, at: Sequence[str | int]) -> int:
    """The line (1 = first) of a TOML *source* where the key at this path stands; else its table's line; else 1."""
    tables: dict[str, int] = {}
    here: Keys = ()
    best, depth = 1, 0
    for number, line in enumerate(source.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        key = _KEY.match(line)
        if header:
            name = header[2]
            if header[1] == "[[":
                tables[name] = tables.get(name, -1) + 1
                here = (*name.split("."), tables[name])
            else:
                here = tuple(part.strip("\"'") for part in _PARTS.findall(name))
            found = here
        elif key:
            found = (*here, *(part.strip("\"'") for part in _PARTS.findall(key[1])))
        else:
            continue
        common = min(len(found), len(at))
        if tuple(at[:common]) == found[:common] and common > depth:
            best, depth = number, common
    return best
