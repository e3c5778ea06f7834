"""The verb table: what command line, control socket and API can do, each verb once.

A verb that reads is a function of the house, runs beside a daemon and changes nothing; one that writes is a coroutine
of the session, run by whoever holds the lock. What a verb takes stands in its signature, and nowhere else. Its module
is loaded when the verb is asked for: `publish` loads nothing that sends.
"""

import asyncio
import importlib
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from publisher.actions.house import House
from publisher.errors import BadInput, BadState, PublisherError
from publisher.store.state import GO_ON
from publisher.verbs.session import Session

# What a database takes though another one goes on; what sends has words of its own for that.
STILL = frozenset(["resume", "move-store", "how far", "send", "plan", "deliveries --retry"])
GIVEN = frozenset(["session", "house", "now", "progress", "by"])  # what a verb takes of whoever runs it


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a verb takes: *kind* is the annotation (str, int | None, list[str], a Literal)."""

    name: str
    kind: Any
    required: bool


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb by its name, and where its function stands: a module of this room, and its name there."""

    name: str
    module: str
    called: str

    @property
    def function(self) -> Callable[..., Any]:
        """What it does."""
        found: Callable[..., Any] = getattr(
            importlib.import_module(f"publisher.verbs.{self.module}"), self.called
        )
        return found

    @property
    def writes(self) -> bool:
        """Whether only who holds the lock may run it."""
        return inspect.iscoroutinefunction(self.function)

    @property
    def meaning(self) -> str:
        """One line: the first sentence of its docstring."""
        return (
            " ".join((self.function.__doc__ or "").partition("\n\n")[0].split())
            .partition(". ")[0]
            .rstrip(".")
        )

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What it takes, in its order."""
        return _parameters(self.function)


@cache
def _parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    kinds = typing.get_type_hints(function)
    return tuple(
        Parameter(name, kinds[name], each.default is inspect.Parameter.empty)
        for name, each in inspect.signature(function).parameters.items()
        if _asked_for(function, name)
    )


def _asked_for(function: Callable[..., Any], name: str) -> bool:
    """`send` takes a word *now*, which is no time."""
    return name not in GIVEN or (name == "now" and inspect.iscoroutinefunction(function))


TABLE: Mapping[str, Verb] = {
    name: Verb(name, module, called)
    for name, module, called in (
        ("status", "reading", "status"),
        ("newsletters", "reading", "newsletters"),
        ("preview", "previewing", "preview"),
        ("backup", "saving", "save"),
        ("subscribers list", "reading", "subscribers"),
        ("subscribers page", "paging", "subscribers"),
        ("subscribers show", "choosing", "show"),
        ("subscribers dossier", "exporting", "person"),
        ("subscribers export", "exporting", "everybody"),
        ("editions", "reading", "editions_list"),
        ("editions page", "paging", "editions"),
        ("editions show", "paging", "edition"),
        ("deliveries page", "paging", "deliveries"),
        ("publish", "writing", "publish"),
        ("send", "writing", "send"),
        ("plan", "writing", "plan"),
        ("adopt", "adopting", "adopt"),
        ("subscribers add", "people", "add"),
        ("subscribers import", "people", "import_file"),
        ("subscribers erase", "people", "erase"),
        ("subscribers choose", "choosing", "choose"),
        ("subscribers leave", "choosing", "leave"),
        ("deliveries --retry", "writing", "deliveries_retry"),
        ("resume", "writing", "resume"),
        ("move-store", "relocating", "move_store"),
        ("how far", "delivering", "how_far"),
        ("editions decide", "editing", "decide"),
        ("correct", "editing", "correct"),
        ("bounces", "returning", "bounces"),
    )
}


def look(house: House, verb: str, arguments: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Run the reading verb of this name. Raises PublisherError."""
    function = _found(verb).function
    moment = {"now": now} if "now" in inspect.signature(function).parameters else {}
    return function(house, **arguments, **moment)  # type: ignore[no-any-return]


async def run(
    session: Session, verb: str, arguments: Mapping[str, Any], by: str = "operator"
) -> dict[str, Any]:
    """Run the verb of this name, as *by* asks; one that reads, in a thread. Raises PublisherError."""
    found = _found(verb)
    if not found.writes:
        return await asyncio.to_thread(partial(look, session.house, verb, arguments, session.clock()))
    if session.left and verb not in STILL:
        where = session.house.store.database.where
        raise BadState(f"nothing is changed here: {session.fenced}", where, GO_ON)
    who = {"by": by} if "by" in inspect.signature(found.function).parameters else {}
    try:
        return await found.function(session, **arguments, **who)  # type: ignore[no-any-return]
    except ExceptionGroup as group:
        raise next((e for e in group.exceptions if isinstance(e, PublisherError)), group) from group


def _found(verb: str) -> Verb:
    if verb not in TABLE:
        raise BadInput(f"there is no verb {verb!r}", "", "see `nashir --help`")
    return TABLE[verb]
