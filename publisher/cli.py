"""The `nashir` command. Heavy imports wait until a verb needs them: `nashir --help` answers at once."""

import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from publisher import __version__
from publisher.errors import Exit, Locked, PublisherError

Told = Callable[[dict[str, Any]], None]  # hears how far a verb is
STARTING = 10  # seconds that a verb waits for a daemon that does not listen yet


@dataclass(slots=True)
class Call:
    """What the options before the verb say."""

    root: Path
    as_json: bool

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

    def say(self, line: str) -> None:
        """A person's words that are no result: always on stderr."""
        click.echo(line, err=True)

    def write(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Run a writing verb: in the running daemon, else here under the site's lock."""
        from publisher import control, layout

        settings = self.settings()
        door = settings.root / layout.STATE / layout.CONTROL
        end = time.monotonic() + STARTING
        with _progress(verb, show=not self.as_json) as told:
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

    def how_far(self, now: datetime) -> dict[str, Any]:
        """How far the letters are that a running daemon sends (None where none does), and the domains that it leaves
        alone."""
        from publisher import control, layout
        from publisher.text.dates import rfc3339

        answer = control.ask(self.settings().root / layout.STATE / layout.CONTROL, "how far", {})
        found = {"sending": None, "left_alone": answer["left_alone"] if answer else []}
        if not answer or not (how := answer["sending"]):
            return found
        left = how["left"]
        ends = None if left is None else rfc3339(now + timedelta(seconds=left))
        return found | {
            "sending": {name: how[name] for name in ("done", "total", "failed", "rate")} | {"ends": ends}
        }

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

    def read(self, verb: Callable[..., dict[str, Any]], **arguments: Any) -> dict[str, Any]:
        """Run a reading verb on the database as it is."""
        from publisher.verbs import session as sessions

        with sessions.reading(self.settings()) as house:
            return verb(house, **arguments)


def _now() -> datetime:
    return datetime.now(UTC)


def _system_zone() -> str:
    """The machine's time zone by its IANA name; UTC where it has none."""
    from zoneinfo import available_timezones

    name = (
        os.environ.get("TZ", "").removeprefix(":")
        or os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    )
    return name if name in available_timezones() else "UTC"


def _here(settings: Any, verb: str, arguments: dict[str, Any], told: Told | None) -> dict[str, Any]:
    """Run a writing verb in this process; INT and TERM finish the letters on the wire."""
    import asyncio
    import signal

    import uvloop

    from publisher.actions.pool import cores
    from publisher.verbs import session as sessions
    from publisher.verbs import writing

    extra = {"progress": told} if told else {}
    with sessions.writing(settings, _now, workers=cores()) as session:

        async def run() -> dict[str, Any]:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, session.engine.stop if verb == "send" else _interrupted)
            loop.add_signal_handler(signal.SIGTERM, session.engine.stop if verb == "send" else _interrupted)
            return await writing.run(session, verb, arguments | extra)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(run())


def _interrupted() -> None:
    """End now: every step is safe to cut off, and the next run goes on where this one was."""
    click.echo("nashir: interrupted; run it again to go on", err=True)
    os._exit(Exit.INTERRUPTED)


@contextmanager
def _progress(verb: str, *, show: bool) -> Iterator[Told | None]:
    """What shows on a terminal how far a verb is, for those that tell."""
    if verb not in ("send", "publish") or not show or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking", total=None)

        def told(how: dict[str, Any]) -> None:
            words = ", ".join((how["what"], *_pace(how)))
            progress.update(task, description=words, completed=how["done"], total=how["total"])

        yield told


def _pace(how: dict[str, Any]) -> Iterator[str]:
    """How quickly letters leave, in words."""
    if how.get("rate"):
        yield f"{how['rate']:g} a second"
    if how.get("failed"):
        yield f"{how['failed']} failed"
    if how.get("left"):
        yield f"{timedelta(seconds=round(how['left']))} left"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="nashir")
@click.option("-C", "site", default=".", metavar="SITE", help="The site's folder.  [default: this one]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--debug", is_flag=True, help="Show tracebacks of expected errors too.")
@click.pass_context
def nashir(context: click.Context, site: str, *, as_json: bool, debug: bool) -> None:
    """Publish a folder of articles, right to left: feeds, pages, mailed digests."""
    context.obj = Call(Path(site), as_json)


@nashir.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def init(call: Call, folder: Path) -> None:
    """Make a new site in FOLDER."""
    from publisher.actions.init import create

    made = create(folder, _system_zone())
    call.answer(
        {"site": str(folder), "written": [str(path) for path in made]},
        f"A new site stands in {folder}:",
        *(f"  {path}" for path in made),
        f"Next: edit {folder / 'config.toml'}, put articles into {folder / 'articles'}, then",
        f"  nashir -C {folder} run",
    )


@nashir.command()
@click.option("--accept-removals", is_flag=True, help="Articles that are gone were meant to go.")
@click.pass_obj
def publish(call: Call, *, accept_removals: bool) -> None:
    """Write feeds and pages, once."""
    done = call.write("publish", accept_removals=accept_removals)
    for note in done.pop("notes"):
        call.say(f"nashir: {note}")
    for path in done.pop("unsettled"):
        call.say(f"nashir: {path}: still being written; it is taken when it rests")
    for line in done.pop("hubs"):
        call.say(f"nashir: {line}")
    call.answer(
        done,
        f"{done['read']} files, {done['changed']} new or changed: {done['published']} articles published, "
        f"{done['quarantined']} refused, {len(done['written'])} files written in {done['seconds']:.2f} s",
    )
    if done["quarantined"]:
        call.say("nashir: `nashir check` says what was refused, and why")


def _hubs(pings: list[dict[str, Any]]) -> Iterator[str]:
    """A line for all that a hub waits for with the same answer: a site may have thousands of feeds."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for each in pings:
        alike.setdefault((each["hub"], each["state"], each["answer"]), []).append(each["topic"])
    for (hub, state, answer), topics in alike.items():
        more = f" (and {len(topics) - 1} more)" if len(topics) > 1 else ""
        yield f"hub {hub}: {topics[0]}{more} {state}" + (f", {answer}" if answer else "")


@nashir.command()
@click.argument("newsletter", required=False)
@click.option("--now", "at_once", is_flag=True, help="An edition for everybody who has unseen articles.")
@click.option("--include-existing", is_flag=True, help="Readers who never had a letter get the archive too.")
@click.pass_obj
def send(call: Call, newsletter: str | None, *, at_once: bool, include_existing: bool) -> None:
    """Plan the editions that are due and send until nothing is due."""
    if include_existing and not at_once:
        raise click.UsageError("--include-existing goes with --now")
    done = call.write("send", newsletter=newsletter, now=at_once, include_existing=include_existing)
    for line in done.pop("hubs"):
        call.say(f"nashir: {line}")
    for each in done["failures"]:
        call.say(f"nashir: {each['address']}: {each['reply']}")
    for line in _waits(done):
        call.say(f"nashir: {line}")
    call.answer(
        done,
        *(f"edition {e['id']} of {e['newsletter']}: {e['letters']} letters" for e in done["editions"]),
        f"{done['sent']} sent, {done['failed']} failed, {done['deferred']} put off, {done['unknown']} in doubt "
        f"in {done['seconds']:.2f} s",
    )
    asked = (
        {each.name for each in call.settings().newsletters if each.approve != "none"} if at_once else set()
    )
    for name in sorted({e["newsletter"] for e in done["editions"] if e["slot"].startswith("now:")} & asked):
        call.say(f"nashir: {name}: no editor was asked, since --now says that you have decided")
    for problem in done["problems"]:
        call.say(f"nashir: {problem}")
    if done["problems"]:
        sys.exit(Exit.CONFIG)
    if done["failed"]:
        sys.exit(Exit.FINDINGS)
    if done["down"]:
        sys.exit(Exit.IO)


def _waits(done: dict[str, Any]) -> Iterator[str]:
    """Why letters did not leave, for a person."""
    from publisher.verbs.held import alone_lines, stopped_lines

    if done["down"]:
        login = done["down"].startswith("53")  # RFC 4954, 6
        mend = (
            "look at mail.username and mail.password" if login else "look at mail.relay and the relay's log"
        )
        yield f"the relay cannot be used: {done['down']}. Mend: {mend}"
    yield from stopped_lines(done["stopped"])
    yield from alone_lines(done["left_alone"])
    if done["rests"]:
        yield f"letters wait: {done['rests']}"
    if done["next_try"] and not done["down"]:
        answer = f" (the last answer: {done['trouble']})" if done["trouble"] else ""
        yield f"letters that were put off are tried again from {done['next_try']} on{answer}"


@nashir.command()
@click.pass_obj
def run(call: Call) -> None:
    """Serve, watch the folder, send on schedule; until INT or TERM."""
    from publisher import daemon
    from publisher.logs import configure

    configure(as_json=call.as_json)
    daemon.run(call.settings())


@nashir.command()
@click.argument("source", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would be taken over.")
@click.option("--private", is_flag=True, help="A URL may name this machine or a private network.")
@click.pass_obj
def adopt(call: Call, source: tuple[str, ...], *, dry_run: bool, private: bool) -> None:
    """Take over ids, links and dates of an older site: each SOURCE is a feed or sitemap, a file or a URL."""
    sources = [each if "://" in each else str(Path(each).absolute()) for each in source]
    done = call.write("adopt", sources=sources, private=private, dry_run=dry_run)
    for note in done["notes"]:
        call.say(f"nashir: {note}")
    call.answer(done, *_adopted(done))


def _adopted(done: dict[str, Any]) -> list[str]:
    """What adopting did, for a person."""
    lines = []
    for feed in done["feeds"]:
        by = ", ".join(f"{n} by {sign}" for sign, n in feed["by"].items())
        lines.append(f"{feed['source']} ({feed['kind']}): {feed['entries']} entries, {feed['matched']} matched"
                     + (f" ({by})" if by else ""))  # fmt: skip
        lines += [f"  ✓ {m['path']}  by {m['by']}: {m['link'] or m['id']}" for m in feed["matches"]]
        lines += [f"  ✗ {u['title'] or u['link']}  {u['link']}: {u['why']}" for u in feed["unmatched"]]
        lines += [f"  ! {path}: in our feed, and not in the old one" for path in feed["repeated"]]
        if feed["again"] is not None:
            lines.append(f"  entries its readers will see again: {feed['again']}")
        if feed["again"]:
            lines.append(
                f"  Mend: set feeds.entries = {feed['entries']}, or adopt older pages of this feed too"
            )
        if feed["alias"]:
            lines.append(f'  Its old address: add "{feed["alias"]}" to feeds.aliases in config.toml')
    if done["moved"] or done["renamed"]:
        lines.append(
            f"This site is published already: {len(done['moved'])} articles move (their addresses of before lead to "
            f"the new ones), and {done['renamed']} are known by another id: readers who came since see those again"
        )
    lines.append(
        "Nothing was taken over: a dry run"
        if done["dry_run"]
        else "Taken over. Next: `nashir publish` (a running daemon does it within articles.scan_every)"
    )
    return lines


@nashir.command()
@click.pass_obj
def check(call: Call) -> None:
    """Say what publish would make of every file; write nothing."""
    from publisher.verbs import reading, returning
    from publisher.verbs import session as sessions

    settings = call.settings()
    with sessions.trying(settings) as house:
        found = reading.check(house, _now())
    found["problems"] += returning.faults(settings)
    lines = []
    for row in found["articles"]:
        mark = {"published": "✓", "held": "…", "skipped": "–", "quarantined": "✗"}[row["status"]]
        said = f"{row['language']} {row['direction']}  {row['title']}" if row["title"] else ""
        lines.append(f"{mark} {_place(row)}  {' — '.join(filter(None, (said, row['reason'])))}")
    for each in found["problems"]:
        lines.append(f"! {each['where']}: " + ". Mend: ".join(filter(None, (each["what"], each["mend"]))))
    call.answer(found, *lines)
    if found["problems"] or any(row["status"] == "quarantined" for row in found["articles"]):
        sys.exit(Exit.FINDINGS)


def _place(row: dict[str, Any]) -> str:
    return f"{row['path']}:{row['line']}" if row["line"] else str(row["path"])


@nashir.command()
@click.argument("source", nargs=-1, required=True)
@click.option("--private", is_flag=True, help="A URL may name this machine or a private network.")
@click.pass_obj
def lint(call: Call, source: tuple[str, ...], *, private: bool) -> None:
    """Say what readers will do wrong with anybody's feeds, and the mend: each SOURCE is a file or a URL."""
    from publisher.feeds.lint.words import lines
    from publisher.verbs import linting

    found = []
    for each in linting.lint(source, _now, private=private):
        found.append(each)
        if each.report is None:
            call.say(f"nashir: {each.source}: {each.problem}")
        elif not call.as_json:
            for line in lines(
                each.source, each.report, lambda text, style: click.style(text, **_STYLES[style])
            ):
                click.echo(line)
    if call.as_json:
        call.answer(linting.as_json(found))
    if any(each.report is None for each in found):
        sys.exit(Exit.IO)
    if any(each.report.count("error") or each.report.count("warning") for each in found if each.report):
        sys.exit(Exit.FINDINGS)


_STYLES: dict[str, dict[str, Any]] = {
    "bold": {"bold": True},
    "red": {"fg": "red"},
    "yellow": {"fg": "yellow"},
    "cyan": {"fg": "cyan"},
}


def _running(sending: dict[str, Any] | None) -> Iterator[str]:
    if sending:
        ends = f", done about {sending['ends']}" if sending["ends"] else ""
        yield f"sending: {sending['done']} of {sending['total']}, {sending['rate']:g} a second{ends}"


@nashir.command()
@click.pass_obj
def status(call: Call) -> None:
    """Say what is published, refused, subscribed, sent and due."""
    from publisher.verbs import reading
    from publisher.verbs.held import alone_lines, stopped_lines

    now = _now()
    found = call.read(reading.status, now=now) | call.how_far(now)
    call.answer(
        found,
        *(f"{name}: " + (", ".join(f"{n} {state}" for state, n in found[name].items()) or "none")
          for name in ("articles", "subscribers", "deliveries", "returned")),
        *(f"newsletter {n['name']}: next due {n['next_due']}, last edition "
          f"{n['last_edition']['planned'] if n['last_edition'] else 'none yet'}" for n in found["newsletters"]),
        *(f"edition {e['edition']} of {e['newsletter']}: {e['sent']} of {e['total']} sent, {e['failed']} failed, "
          f"{e['waiting']} to go" for e in found["under_way"]),
        *_running(found["sending"]),
        *stopped_lines(found["stopped"]),
        *alone_lines(found["left_alone"]),
        *_hubs(found["pings"]),
        *(f"✗ {_place(q)}: {q['reason']}. Mend: {q['mend']}" for q in found["quarantined"]),
    )  # fmt: skip


@nashir.command()
@click.argument("newsletter", required=False)
@click.option(
    "--open/--no-open", "show", default=None, help="Open it in the browser.  [default: on a terminal]"
)
@click.pass_obj
def preview(call: Call, newsletter: str | None, *, show: bool | None) -> None:
    """Show the next edition as a page, with what is to be mended; nothing is planned or sent."""
    from publisher.verbs import previewing

    found = call.read(previewing.preview, newsletter=newsletter, now=_now())
    for name in found["empty"]:
        call.say(f"nashir: {name} has no article to show")
    call.answer(found, *(line for each in found["previews"] for line in _previewed(each)))
    if show if show is not None else sys.stdout.isatty() and not call.as_json:
        click.launch(found["index"] or found["previews"][0]["page"])


def _previewed(one: dict[str, Any]) -> Iterator[str]:
    """The preview of a newsletter, for a person."""
    new = "" if one["new"] else "; nothing is new: these are the newest"
    yield f"{one['newsletter']}: {one['subject']}  ({_counted(one['items'], 'article')}, {one['bytes']} bytes{new})"
    readers = _counted(one["readers"], "reader")
    yield f"  next due {one['next_due'] or 'with the next article'}; {readers} would get it now"
    kinds: dict[str, dict[str, Any]] = {}  # of findings, each with its first place
    where: dict[str, list[str]] = {}
    for each in one["findings"]:
        kinds.setdefault(each["name"], each)
        where.setdefault(each["name"], []).append(each["in"])
    levels = Counter(each["level"] for each in kinds.values())
    told = ", ".join(_counted(levels[level], level) for level in _LEVELS if levels[level])
    yield f"  {one['page']}: {told or 'nothing to mend'}"
    for each in sorted(kinds.values(), key=lambda each: _LEVELS.index(each["level"])):
        letters = ", ".join(dict.fromkeys(where[each["name"]]))
        said = f"{each['where']}: {each['found']}" if each["found"] else each["where"]
        yield f"  {each['level']} {each['name']} ({letters})  {said}. Mend: {each['mend']}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


@nashir.command("test-send")
@click.argument("address")
@click.option("--newsletter", help="Only this one.  [default: all]")
@click.option("--language", help="The language of its words, one that Nashir speaks.  [default: the site's]")
@click.pass_obj
def test_send(call: Call, address: str, newsletter: str | None, language: str | None) -> None:
    """Mail what `preview` shows to ADDRESS, through the relays of mail.relay; no ledger knows of it."""
    from publisher.verbs import previewing
    from publisher.verbs import session as sessions

    settings = call.settings()
    with sessions.reading(settings) as house:
        found = previewing.test_send(
            sessions.signing(house),
            sessions.ways(settings),
            address=address,
            newsletter=newsletter,
            language=language,
            now=_now(),
        )
    for name in found["empty"]:
        call.say(f"nashir: {name} has no article to show")
    lines = []
    for each in found["letters"]:
        for passed in each["passed"]:
            call.say(f"nashir: {passed}; the next relay was tried")
        said = f"{each['code'] or 'no reply'} {each['reply']}".strip()
        if each["taken"]:
            lines.append(f"{each['newsletter']}: {each['relay']} took it for {each['address']}: {said}")
        elif each["taken"] is None:
            call.say(
                f"nashir: nobody knows whether {each['relay']} took it: the letter was out, and no answer came "
                f"({each['stage']}): {said}. Mend: look into the mailbox and the relay's log before you send another"
            )
        else:
            call.say(
                f"nashir: {each['relay']} did not take it ({each['stage']}): {said}. Mend: {_MENDS[each['stage']]}"
            )
    call.answer(found, *lines)
    if any(not each["taken"] and not each["code"] for each in found["letters"]):
        sys.exit(Exit.IO)
    if not all(each["taken"] for each in found["letters"]):
        sys.exit(Exit.FINDINGS)


_LEVELS = ("error", "warning", "note")
_MENDS = {
    "connect": "look at mail.relay and the relay's log",
    "mail": "look at mail.from: may this relay send for it?",
    "rcpt": "look at the address",
    "data": "look at the relay's log",
    "content": "look at the relay's log: it had the letter and did not want it",
}


@nashir.command()
@click.pass_obj
def newsletters(call: Call) -> None:
    """List the digests: schedule, next due, last edition, readers."""
    from publisher.verbs import reading

    found = call.read(reading.newsletters, now=_now())
    call.answer(
        found,
        *(
            f"{n['name']}  {n['title']}  {n['schedule']}  next due {n['next_due']}  {n['active']} readers"
            for n in found["newsletters"]
        ),
    )


@nashir.group()
def subscribers() -> None:
    """Readers: add, list, import."""


@subscribers.command()
@click.argument("address")
@click.option("--newsletter", help="Only this one.  [default: all]")
@click.option("--confirmed", is_flag=True, help="You vouch for the reader's consent: letters go out at once.")
@click.option("--language", help="The language this reader wants, a tag such as ar, fa or he.")
@click.pass_obj
def add(call: Call, address: str, newsletter: str | None, *, confirmed: bool, language: str | None) -> None:
    """Subscribe ADDRESS."""
    done = call.write(
        "subscribers add", address=address, newsletter=newsletter, confirmed=confirmed, language=language
    )
    lines = [
        f"{done['address']}: {name}: {state or 'not mailed'}" for name, state in done["newsletters"].items()
    ]
    if "pending" in done["newsletters"].values():
        lines.append("pending: no letters until the reader's consent is vouched for with --confirmed")
    if None in done["newsletters"].values():
        lines.append(
            "not mailed: this reader complained, or mail to them came back; see `nashir subscribers show`"
        )
    if "ended" in done["newsletters"].values():
        lines.append("ended: this reader unsubscribed and stays so; no command lifts it")
    call.answer(done, *lines)


@subscribers.command("list")
@click.pass_obj
def list_subscribers(call: Call) -> None:
    """List the readers."""
    from publisher.verbs import reading

    found = call.read(reading.subscribers)
    lines = [
        f"{s['id']}  {s['address']}  {s['state']}  "
        + ", ".join(f"{name}: {wish}" for name, wish in s["newsletters"].items())
        for s in found["subscribers"]
    ]
    call.answer(found, *lines)


@subscribers.command()
@click.argument("address")
@click.option("--newsletter", help="Only this one.  [default: all they are subscribed to]")
@click.option(
    "--schedule", help='When it comes: "daily 08:00", "weekly sat 09:30"; "": as the newsletter does.'
)
@click.option("--zone", help='On the clock of which time zone: "Asia/Baghdad"; "": the site\'s.')
@click.option("--category", "categories", multiple=True, help="Only articles in this one; may be repeated.")
@click.option("--any-category", is_flag=True, help="Articles in every category again.")
@click.option("--language", help="The language this reader wants, a tag such as ar, fa or he.")
@click.option(
    "--text-only/--html", "text_only", default=None, help="Letters as plain text only, or with HTML."
)
@click.option(
    "--pause", is_flag=False, flag_value="", metavar="[DAY]", help="No letters, until DAY where given."
)
@click.option("--resume", is_flag=True, help="Letters come again.")
@click.pass_obj
def choose(call: Call, /, address: str, newsletter: str | None, **chosen: Any) -> None:
    """Set what the reader with this ADDRESS wants of a newsletter."""
    wanted = _wanted(**chosen)
    if not any(value is not None for value in wanted.values()):
        raise click.UsageError("say what to change: --schedule, --zone, --category, --pause ...")
    done = call.write("subscribers choose", address=address, newsletter=newsletter, **wanted)
    call.answer(done, *_known(done))


def _wanted(
    categories: tuple[str, ...], *, any_category: bool, pause: str | None, resume: bool, **others: Any
) -> dict[str, Any]:
    """The arguments of the verb; None: nothing is said of it."""
    if categories and any_category:
        raise click.UsageError("--category and --any-category exclude each other")
    if resume and pause is not None:
        raise click.UsageError("--pause and --resume exclude each other")
    others["categories"] = list(categories) if categories or any_category else None
    if resume or pause is not None:
        others |= {"paused": not resume, "until": pause or ""}
    return others


@subscribers.command("show")
@click.argument("address")
@click.pass_obj
def show_subscriber(call: Call, address: str) -> None:
    """Show what is known of a reader, and when their letters are due."""
    from publisher.verbs import choosing

    found = call.read(choosing.show, address=address, now=_now())
    call.answer(found, *_known(found))


def _known(reader: dict[str, Any]) -> Iterator[str]:
    yield f"{reader['id']}  {reader['address']}  {reader['state']}" + (
        f"  reads {reader['language']}" if reader["language"] else ""
    )
    for each in reader["newsletters"]:
        words = [
            each["state"],
            f"{each['schedule']} ({each['zone']})",
            f"{_counted(each['letters'], 'letter')} so far",
        ]
        words += ["only " + ", ".join(each["categories"])] if each["categories"] else []
        words += ["plain text"] if each["text_only"] else []
        words += [f"until {each['resumes']}"] if each["resumes"] else []
        words += [f"next due {each['next_due']}"] if each["next_due"] else []
        yield f"  {each['name']}: {', '.join(words)}"
    for each in reader["returned"]:
        about = f" of edition {each['edition']} ({each['newsletter']})" if each["edition"] else ""
        said = " ".join(filter(None, [each["code"], each["note"]]))
        yield f"  {each['at']}: {each['kind']}{about}" + (f": {said}" if said else "")


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--newsletter", help="Only this one.  [default: all]")
@click.option("--confirmed", is_flag=True, help="You vouch for the readers' consent.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken.")
@click.pass_obj
def import_subscribers(
    call: Call, file: Path, newsletter: str | None, *, confirmed: bool, dry_run: bool
) -> None:
    """Subscribe every address of FILE (CSV)."""
    done = call.write(
        "subscribers import",
        file=str(file.absolute()),
        newsletter=newsletter,
        confirmed=confirmed,
        dry_run=dry_run,
    )
    for each in done["rejected"]:
        call.say(f"{file}:{each['line']}: {each['reason']}")
    call.answer(
        done,
        f"{done['added']} {'would be added' if dry_run else 'added'}, {done['already']} were there, "
        f"{done['kept']} had left, {len(done['rejected'])} refused, in {done['seconds']:.2f} s",
    )


@nashir.group(invoke_without_command=True)
@click.pass_context
def editions(context: click.Context) -> None:
    """List the editions with their letters by state; hold, release or cancel one."""
    from publisher.verbs import reading
    from publisher.verbs.held import stopped_lines

    if context.invoked_subcommand:
        return
    call: Call = context.obj
    found = call.read(reading.editions_list)
    call.answer(
        found,
        *(
            f"{e['id']}  {e['newsletter']}  {e['slot']}  {e['release']}  {_letters(e)}"
            for e in found["editions"]
        ),
        *stopped_lines(found["stopped"]),
    )


def _letters(edition: dict[str, Any]) -> str:
    return ", ".join(f"{n} {state}" for state, n in edition["deliveries"].items()) or "no letters"


def _decide(call: Call, edition: int, decision: str) -> None:
    done = call.write("editions decide", edition=edition, decision=decision)
    row = done["edition"]
    call.answer(done, f"edition {row['id']} of {row['newsletter']} is {row['release']}: {_letters(row)}")
    if not done["changed"]:
        call.say(f"nashir: nothing changed: {done['reason']}")


@editions.command()
@click.argument("edition", type=int)
@click.pass_obj
def hold(call: Call, edition: int) -> None:
    """Let nothing more of EDITION leave but what is on the wire."""
    _decide(call, edition, "hold")


@editions.command()
@click.argument("edition", type=int)
@click.pass_obj
def release(call: Call, edition: int) -> None:
    """Let EDITION leave: at its time, or what is left of it now."""
    _decide(call, edition, "release")


@editions.command()
@click.argument("edition", type=int)
@click.pass_obj
def cancel(call: Call, edition: int) -> None:
    """Do not send what has not left of EDITION; its articles are in the next one."""
    _decide(call, edition, "cancel")


@nashir.command()
@click.argument("article")
@click.argument("text")
@click.pass_obj
def correct(call: Call, article: str, text: str) -> None:
    """Say what was wrong in ARTICLE (its path, slug, URL or id): by mail to all who had it, in feeds, on its page."""
    done = call.write("correct", article=article, text=text)
    lines = [f"edition {e['id']} of {e['newsletter']}: {e['letters']} letters" for e in done["editions"]] or [
        "nobody was mailed it: its feed entries and its page say what was wrong"
    ]
    call.answer(done, f"{done['article']['title']} is corrected", *lines)
    if done["editions"]:
        call.say("nashir: `nashir send` or the daemon sends them")


@nashir.command()
@click.option("--edition", type=int, help="Only this edition.")
@click.option("--failed", "states", flag_value="failed", multiple=True, help="Refused for good.")
@click.option("--unknown", "states", flag_value="unknown", multiple=True, help="In doubt: sent, no reply.")
@click.option("--not-sent", is_flag=True, help="Everything that is not sent.")
@click.option("--retry", is_flag=True, help="Queue them again (the failed, or those in doubt).")
@click.pass_obj
def deliveries(
    call: Call, edition: int | None, states: tuple[str, ...], *, not_sent: bool, retry: bool
) -> None:
    """List the ledger: what became of every letter."""
    from publisher.verbs import reading
    from publisher.verbs import session as sessions

    wanted = list(states)
    if retry:
        done = call.write("deliveries --retry", edition=edition, states=wanted or _ENDED[not_sent])
        call.answer(
            done, f"{_counted(done['queued'], 'letter')} queued again; `nashir send` or the daemon sends them"
        )
        if done["gone"]:
            call.say(
                f"nashir: {done['gone']} of them were refused since the address does not exist: to try such again and "
                "again costs your name. `nashir deliveries --failed` lists them; `nashir editions hold` stops them"
            )
        if done["expired"]:
            call.say(
                f"nashir: {_counted(done['expired'], 'letter')} cannot go any more: their edition's life is over (S3)"
            )
        return
    if not_sent and not wanted:
        wanted = ["queued", "claimed", "sending", "failed", "unknown", "cancelled"]
    with sessions.reading(call.settings()) as house:
        call.pour("deliveries", reading.deliveries(house, edition=edition, states=wanted), _delivery)
        gone = reading.gone(house, edition=edition, states=wanted)
        call.ends(gone=gone)
    if gone:
        number = _counted(sum(gone.values()), "more letter")
        call.say(f"nashir: {number}: of old ones only the numbers are kept (S8): " + _tallied(gone))


_ENDED = {False: ["failed"], True: ["failed", "unknown"]}  # what --retry queues again, with --not-sent


def _delivery(one: dict[str, Any]) -> str:
    words = f"{one['edition']}  {one['address']}  {one['state']}  {one['attempts']} tries"
    return f"{words}  {one['code'] or ''} {one['note']}"


def _tallied(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in numbers.items())


@nashir.command()
@click.argument("source", required=False)
@click.option(
    "--accept", type=int, metavar="EDITION", help="The addresses it could not reach are no use: it counts."
)
@click.pass_obj
def bounces(call: Call, source: str | None, accept: int | None) -> None:
    """Take in what came back by mail: from SOURCE, a Maildir, a file or - for a message on the standard input."""
    if source and accept is not None:
        raise click.UsageError("--accept goes without SOURCE")
    if source != "-":
        _returned(
            call, call.write("bounces", source=source and str(Path(source).absolute()), accept=accept), accept
        )
        return
    try:
        _piped(call, sys.stdin.buffer.read())
    except (PublisherError, OSError) as error:
        # Whatever is wrong, the mail server keeps the message and tries again (sysexits.h, EX_TEMPFAIL).
        call.say(f"nashir: {error}")
        sys.exit(Exit.LOCKED)


def _piped(call: Call, message: bytes) -> None:
    """The message lies safely in state/ first; where nobody can deal with it now, the mail server keeps it instead."""
    from publisher import layout
    from publisher.verbs import returning

    path = returning.keep(call.settings().root / layout.STATE, message)
    try:
        _returned(call, call.write("bounces", source="-"))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _returned(call: Call, done: dict[str, Any], edition: int | None = None) -> None:
    for line in done["troubles"]:
        call.say(f"nashir: {line}")
    messages = ", ".join(f"{n} {what}" for what, n in done["messages"].items()) or "nothing came back"
    if done["accepted"] is not None:
        bounced = sum(each["state"] == "bounced" for each in done["changed"])
        count = _counted(done["accepted"], "hard bounce")
        messages = f"{count} of edition {edition} count; readers now bounced: {bounced}"
    lines = [f"{each['address']} is {each['state']}" for each in done["changed"]]
    lines += [
        f"too many readers of edition {n} do not exist; it counts against nobody. What has not left of it is held. "
        f"Mend: see where the addresses are from, then `nashir bounces --accept {n}` or `nashir editions release {n}`"
        for n in done["stopped"]
    ]
    lines += [f"{done['kept']} messages wait where they lie for a person to look at"] if done["kept"] else []
    call.answer(done, messages, *lines)


@nashir.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(call: Call, file: Path) -> None:
    """Write all that a restore needs into FILE, beside a running daemon; `tar -xf FILE` unpacks it."""
    from publisher.verbs import saving

    done = call.read(saving.save, file=file, now=_now())
    call.answer(done, f"{done['file']}: {done['bytes']} bytes in {done['seconds']:.2f} s")


@nashir.command()
@click.option("--dry-run", is_flag=True, help="Only say what would leave.")
@click.pass_obj
def resume(call: Call, *, dry_run: bool) -> None:
    """After a restore: say that this database is the right one, so that letters leave again."""
    done = call.write("resume", dry_run=dry_run)
    call.answer(done, *_resumed(done))


def _resumed(done: dict[str, Any]) -> Iterator[str]:
    """What `resume` did, or would do, for a person."""
    if not done["was"]:
        yield "nothing was held back"
        return
    yield f"{'letters would leave' if done['dry_run'] else 'letters leave'} again; they did not since {done['was']}"
    letters, names = _counted(done["letters"], "letter"), ", ".join(done["newsletters"])
    if done["on_unknown"] == "resend":
        if done["letters"]:
            yield f"{letters} not sent, as this database has it: whoever was sent one since gets it twice"
        if names:
            yield f"due since, and made now: {names}. Their articles may have been mailed already"
    else:
        if done["letters"]:
            yield f"{letters} that may have left since: in doubt, and not sent (`nashir deliveries --unknown`)"
        if names:
            yield f"due since, and passed over: {names}. `nashir send NEWSLETTER --now`, if it did not come"
    if done["letters"] or names:
        yield "what readers did since the database was made (leaving, choosing) is not in it"


def main() -> None:
    """The console script. Expected errors are one line and an exit code; anything else is a bug of ours."""
    gc.set_threshold(10_000)  # modules and articles that are loaded are no garbage: look for it less often
    try:
        nashir(prog_name="nashir")
    except PublisherError as error:
        if "--debug" in sys.argv:
            raise
        click.echo(f"nashir: {error}", err=True)
        sys.exit(error.exit)
    except OSError as error:
        if "--debug" in sys.argv:
            raise
        place = f"{error.filename}: " if error.filename else ""
        click.echo(
            f"nashir: {place}{error.strerror or error}. Mend: look at its rights, and at the disk", err=True
        )
        sys.exit(Exit.IO)
