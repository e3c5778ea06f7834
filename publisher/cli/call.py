"""What the options before a verb say, and how a verb is run: in the daemon, or here."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from publisher.errors import Exit, Locked

Told = Callable[[dict[str, Any]], None]  # hears how far a verb is
STARTING = 20  # seconds that a verb waits for a daemon that does not listen yet, or begins anew


@dataclass(slots=True)
class Call:
    """What the options before the verb say."""

    root: Path
    as_json: bool
    _zone: Any = None  # the site's, once it is asked for

    def settings(self) -> Any:
        """The site's settings. Raises NotASite, BadConfig."""
        from publisher.config import load

        return load(self.root, os.environ)

    def answer(self, result: dict[str, Any], *lines: str) -> None:
        """One JSON document on stdout, or lines for a person."""
        if self.as_json:
            click.echo(json.dumps(result, ensure_ascii=False, indent=1))
        else:
            for line in lines:
                click.echo(line)

    def local(self, moment: str | None) -> str:
        """A *moment* (RFC 3339) by the site's clocks, for a person: "2026-11-30 07:00 (Asia/Baghdad)"; "" for none."""
        if not moment:
            return ""
        if self._zone is None:
            self._zone = self.settings().site.timezone
        return f"{datetime.fromisoformat(moment).astimezone(self._zone):%Y-%m-%d %H:%M} ({self._zone})"

    def say(self, line: str) -> None:
        """A person's words that are no result: always on stderr."""
        click.echo(line, err=True)

    def write(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Run a writing verb: in the running daemon, else here under the site's lock."""
        from publisher import control, layout

        settings = self.settings()
        door = settings.root / layout.STATE / layout.CONTROL
        end = time.monotonic() + STARTING
        with progress(verb, show=not self.as_json) as told:
            while True:
                try:
                    answer = control.ask(door, verb, arguments, told)
                except KeyboardInterrupt:
                    self.say("nashir: the daemon goes on with it; `nashir status` says how far it is")
                    sys.exit(Exit.INTERRUPTED)
                try:
                    return answer if answer is not None else _here(settings, verb, arguments, told)
                except Locked as error:
                    if not error.serving or time.monotonic() > end:
                        raise
                time.sleep(0.1)  # a daemon holds the lock before it listens, and for a moment after

    def how_far(self, at: datetime) -> dict[str, Any]:
        """How far the letters are that a running daemon sends (None where none does), and the domains that it leaves
        alone."""
        from publisher import control, layout
        from publisher.text.dates import rfc3339

        answer = control.ask(self.settings().root / layout.STATE / layout.CONTROL, "how far", {})
        found = {"sending": None, "left_alone": answer["left_alone"] if answer else []}
        if not answer or not (how := answer["sending"]):
            return found
        left = how["left"]
        ends = None if left is None else rfc3339(at + timedelta(seconds=left))
        return found | {
            "sending": {name: how[name] for name in ("done", "total", "failed", "rate")} | {"ends": ends}
        }

    @property
    def running(self) -> bool:
        """Whether a daemon takes verbs."""
        from publisher import control, layout

        return control.listens(self.settings().root / layout.STATE / layout.CONTROL)

    def pour(self, name: str, rows: Iterator[dict[str, Any]], line: Callable[[dict[str, Any]], str]) -> None:
        """Many *rows*, each when it comes: the list *name* of a JSON document that `ends` ends, or lines."""
        out = sys.stdout  # not flushed for every row
        if not self.as_json:
            for row in rows:
                out.write(line(row) + "\n")
            return
        lead = f'{{\n "{name}": ['
        write = json.JSONEncoder(ensure_ascii=False).encode
        for row in rows:
            out.write(f"{lead}\n  {write(row)}")
            lead = ","
        click.echo("\n ]" if lead == "," else f"{lead}]", nl=False)

    def ends(self, **rest: Any) -> None:
        """What else that document holds."""
        if self.as_json:
            for name, value in rest.items():
                click.echo(f',\n "{name}": {json.dumps(value, ensure_ascii=False)}', nl=False)
            click.echo("\n}")

    def read(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Run a reading verb on the database as it is."""
        from publisher.verbs import session as sessions
        from publisher.verbs import table

        with sessions.reading(self.settings()) as house:
            return table.look(house, verb, arguments, now())


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def counted(number: int, what: str) -> str:
    """ "1 letter", "2 letters"."""
    return f"{number} {what}{'s' * (number != 1)}"


def ends_well() -> None:
    """INT and TERM end a process that only starts, until it has its own way to stop: nothing is begun yet, and every
    step of opening a site is safe to cut off. HUP asks for settings that are just being read."""
    import signal

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: os._exit(Exit.DONE))
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # not under nohup
        signal.signal(signal.SIGHUP, lambda *_: None)


def _here(settings: Any, verb: str, arguments: dict[str, Any], told: Told | None) -> dict[str, Any]:
    """Run a writing verb in this process; INT and TERM finish the letters on the wire."""
    import asyncio
    import signal

    import uvloop

    from publisher.actions.pool import cores
    from publisher.verbs import session as sessions
    from publisher.verbs import table

    extra = {"progress": told} if told else {}
    tries = bool(arguments.get("dry_run"))  # what only looks upgrades nothing
    with sessions.writing(settings, now, workers=cores(), upgrades=not tries) as session:
        if session.upgraded:
            click.echo(f"nashir: {session.upgraded}", err=True)

        async def run() -> dict[str, Any]:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, session.stop if verb == "send" else _interrupted)
            loop.add_signal_handler(signal.SIGTERM, session.stop if verb == "send" else _interrupted)
            return await table.run(session, verb, arguments | extra)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(run())


def _interrupted() -> None:
    """End now: every step is safe to cut off, and the next run goes on where this one was."""
    click.echo("nashir: interrupted; run it again to go on", err=True)
    os._exit(Exit.INTERRUPTED)


@contextmanager
def progress(verb: str, *, show: bool) -> Iterator[Told | None]:
    """What shows on a terminal how far a verb is, for those that tell."""
    if (
        verb not in ("send", "publish", "subscribers import", "move-store", "doctor")
        or not show
        or not sys.stderr.isatty()
    ):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("looking", total=None)

        def told(how: dict[str, Any]) -> None:
            words = ", ".join((how["what"], *_pace(how)))
            shown.update(task, description=words, completed=how["done"], total=how["total"])

        yield told


def _pace(how: dict[str, Any]) -> Iterator[str]:
    """How quickly letters leave, in words."""
    if how.get("rate"):
        yield f"{how['rate']:g} a second"
    if how.get("failed"):
        yield f"{how['failed']} failed"
    if how.get("left"):
        yield f"{timedelta(seconds=round(how['left']))} left"
