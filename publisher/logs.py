"""Door: the log on stderr, for people or as JSON lines. Configured by `nashir run`, never at import."""

import logging
import sys
from collections import deque
from collections.abc import MutableMapping
from typing import Any

import structlog

from publisher.text.mention import masked


def _masked(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whoever reads the log reads no address: not one that a mail server quotes either (P1)."""
    return {name: masked(each) if isinstance(each, str) else each for name, each in event.items()}


KEPT = 300  # lines for the editors' page
_kept: deque[str] = deque(maxlen=KEPT)


def last() -> list[str]:
    """The newest lines of this process's log, the oldest first."""
    return list(_kept)


def _keep(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remember the line as well; it holds what the log holds."""
    words = [f"{name}={value}" for name, value in event.items() if name not in _HEAD and name[:1] != "_"]
    head = [str(event.get(name, "")) for name in _HEAD]
    _kept.append(" ".join([*head, *words])[:1000])
    return event


_HEAD = ("timestamp", "level", "event")


def configure(*, as_json: bool) -> None:
    """One line for everything the daemon does; the libraries' own words from WARNING up."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=10, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, _masked, _keep, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    last: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    last += [structlog.processors.format_exc_info, _masked, _keep]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[*last, render], foreign_pre_chain=shared)
    )
    handler.addFilter(_ours)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


# What uvicorn says of requests that are none, and of answers that we broke off on purpose: anybody can fill a disk so.
_STRANGERS = ("Invalid HTTP request received", "ASGI callable returned without completing response")


def _ours(record: logging.LogRecord) -> bool:
    return not (record.name == "uvicorn.error" and record.getMessage().startswith(_STRANGERS))
