"""Each route of the API: method, path, the verb it runs, and what of the verb it does not offer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from publisher.verbs.table import TABLE, Parameter, Verb
from publisher.web.api import shapes

ROOT = "/api/v1"
# How a part of a path is written. A number that no key can be is no such path.
_PARTS = {"number": r"[1-9][0-9]{0,18}", "name": r"[a-z0-9][a-z0-9_-]{0,62}"}
_HOLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """A method on a path. What stands in the path in braces, and *fixed*, are arguments of the verb; the rest of what
    it takes comes in the query of a GET, in the body of any other. *gives* names the answer's shape."""

    method: str
    path: str  # below ROOT: "/subscribers/{subscriber}"
    verb_name: str
    gives: str
    tag: str
    meaning: str = ""  # where the verb's own line says something else
    status: int = 200
    fixed: Mapping[str, Any] = field(default_factory=dict)
    without: frozenset[str] = frozenset()

    @property
    def verb(self) -> Verb:
        """The row of the table."""
        return TABLE[self.verb_name]

    @cached_property
    def says(self) -> str:
        """One line: what it does."""
        return self.meaning or self.verb.meaning

    @cached_property
    def holes(self) -> tuple[str, ...]:
        """The arguments in the path."""
        return tuple(_HOLE.findall(self.path))

    @cached_property
    def parameters(self) -> list[Parameter]:
        """What comes in the query or the body."""
        taken = {*self.holes, *self.fixed, *self.without}
        return [each for each in self.verb.parameters if each.name not in taken]

    @cached_property
    def shape(self) -> shapes.Schema:
        """The schema of what comes in the query or the body."""
        found = shapes.body(self.parameters)
        if self.method == "GET":  # a text cannot say null
            found["properties"] = {name: _there(each) for name, each in found["properties"].items()}
            if "limit" in found["properties"]:
                found["properties"]["limit"] |= {"minimum": 1, "maximum": 500}
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        numbers = {each.name for each in self.verb.parameters if each.kind in (int, int | None)}
        kinds = {name: _PARTS["number" if name in numbers else "name"] for name in self.holes}
        return re.compile(_HOLE.sub(lambda hole: f"(?P<{hole[1]}>{kinds[hole[1]]})", self.path))

    def match(self, path: str) -> dict[str, Any] | None:
        """The arguments in *path*, which is below ROOT; None for another path."""
        found = self._pattern.fullmatch(path)
        if found is None:
            return None
        texts = found.groupdict().items()
        values = {name: text if name == "newsletter" else int(text) for name, text in texts}
        numbers = [value for value in values.values() if isinstance(value, int)]
        return None if max(numbers, default=0) > shapes.LARGEST else values


def _there(schema: shapes.Schema) -> shapes.Schema:
    kind = schema["type"]
    enum = {"enum": [each for each in schema["enum"] if each is not None]} if "enum" in schema else {}
    return schema | {"type": kind[0] if isinstance(kind, list) else kind} | enum


def _decide(decision: str, meaning: str) -> Route:
    path = f"/editions/{{edition}}/{decision}"
    return Route(
        "POST", path, "editions decide", "Decided", "editions", meaning, fixed={"decision": decision}
    )


_READER = "/subscribers/{subscriber}"
_ADDRESS = frozenset(["address"])
ROUTES = (
    Route("GET", "/status", "status", "Status", "site"),
    Route("POST", "/publish", "publish", "Published", "site"),
    Route("POST", "/corrections", "correct", "Corrected", "site"),
    Route("GET", "/subscribers", "subscribers page", "Subscribers", "subscribers"),
    Route("POST", "/subscribers", "subscribers add", "Added", "subscribers"),
    Route("GET", _READER, "subscribers show", "Subscriber", "subscribers", without=_ADDRESS),
    Route("PATCH", _READER, "subscribers choose", "Subscriber", "subscribers", without=_ADDRESS),
    Route("DELETE", _READER, "subscribers erase", "Erased", "subscribers", without=_ADDRESS),
    Route("DELETE", f"{_READER}/newsletters/{{newsletter}}", "subscribers leave", "Left", "subscribers"),
    Route("GET", "/newsletters", "newsletters", "Newsletters", "newsletters"),
    Route("POST", "/newsletters/{newsletter}/send", "plan", "Planned", "newsletters", status=202),
    Route("GET", "/editions", "editions page", "Editions", "editions"),
    Route("GET", "/editions/{edition}", "editions show", "Edition", "editions"),
    _decide("hold", "Hold an edition: none of its letters leaves"),
    _decide("release", "Release an edition: approve it, or let a held one go on"),
    _decide("cancel", "Cancel an edition: its letters are not sent, and its articles are in the next one"),
    Route("GET", "/deliveries", "deliveries page", "Deliveries", "deliveries"),
    Route("POST", "/deliveries/retry", "deliveries --retry", "Retried", "deliveries"),
)
