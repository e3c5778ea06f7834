"""Verbs about the site: its folder, its outputs, its state."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import click

from publisher.cli.call import Call, counted, ends_well, now
from publisher.errors import Exit, PublisherError

NAMED = 50  # warnings of `publish` on a terminal


def _system_zone() -> str:
    """The machine's time zone by its IANA name; UTC where it has none."""
    from zoneinfo import available_timezones

    name = (
        os.environ.get("TZ", "").removeprefix(":")
        or os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    )
    return name if name in available_timezones() else "UTC"


def _zone(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    from zoneinfo import available_timezones

    if value and value not in available_timezones():
        raise click.BadParameter(f"{value!r} is no time zone; write Asia/Baghdad")
    return value


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--language",
    type=click.Choice(["ar", "fa", "he", "ur", "ckb", "en"]),
    default="ar",
    show_default=True,
    help="Of the site, its first article and its newsletter's title; any other is a matter of config.toml.",
)
@click.option(
    "--title",
    default="",
    metavar="WORDS",
    help='What the site is called.  [default: "My site" in its language]',
)
@click.option(
    "--url",
    "address",
    metavar="URL",
    help="How readers reach it; letters come from news@ its host.  [default: http://127.0.0.1:8080]",
)
@click.option(
    "--timezone",
    metavar="ZONE",
    callback=_zone,
    help="Whose hours count, such as Asia/Tehran.  [default: this machine's]",
)
@click.pass_obj
def init(
    call: Call, folder: Path, language: str, title: str, address: str | None, timezone: str | None
) -> None:
    """Make a new site in FOLDER."""
    from publisher.actions.init import HERE, create

    made = create(folder, timezone or _system_zone(), language, title, address or HERE)
    call.answer(
        {"site": str(folder), "written": [str(path) for path in made]},
        f"A new site stands in {folder}:",
        *(f"  {path}" for path in made),
        f"Next: edit {folder / 'config.toml'}, put articles into {folder / 'articles'}, then",
        f"  nashir -C {folder} run",
    )


@click.command()
@click.option(
    "--accept-removals",
    is_flag=True,
    help=(
        "More than a fifth of the files (on PostgreSQL: or all, however few) are gone at once, and that is "
        "meant."
    ),
)
@click.pass_obj
def publish(call: Call, *, accept_removals: bool) -> None:
    """Bring feeds and pages up to the article folder, once."""
    done = call.write("publish", accept_removals=accept_removals)
    notes = done.pop("notes")
    for note in notes[:NAMED]:
        call.say(f"nashir: {note}")
    if (more := len(notes) - NAMED) > 0:
        call.say(f"nashir: {counted(more, 'more warning')}: `nashir check` names them all")
    for path in done.pop("unsettled"):
        call.say(f"nashir: {path}: still being written; it is taken when it rests")
    for line in done.pop("untold"):
        call.say(f"nashir: {line}")
    call.answer(
        done,
        f"{counted(done['read'], 'file')}, {done['changed']} new or changed: "
        f"{counted(done['published'], 'article')} published, {done['quarantined']} refused, "
        f"{counted(len(done['written']), 'file')} written in {done['seconds']:.2f} s",
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


def _engines(waiting: dict[str, Any] | None) -> Iterator[str]:
    if waiting:
        said = f", {waiting['answer']}" if waiting["answer"] else ""
        what = f"{waiting['pages']} page{'s' * (waiting['pages'] != 1)}"
        yield f"indexnow {waiting['endpoint']}: {what} {waiting['state']}{said}"


@click.command()
@click.option(
    "--role",
    type=click.Choice(["scheduler", "web"]),
    help=(
        "scheduler: only publish, plan, and tell workers what is due; web: only serve what a scheduler "
        "publishes. Both need PostgreSQL."
    ),
)
@click.pass_obj
def run(call: Call, role: Literal["scheduler", "web"] | None) -> None:
    """Serve, watch the folder, send on schedule; until INT or TERM."""
    ends_well()
    from publisher import daemon
    from publisher.logs import configure

    configure(as_json=call.as_json)
    with _last_words(call):
        daemon.run(call.settings, role or "all")


@click.command()
@click.pass_obj
def worker(call: Call) -> None:
    """Send letters from this host, beside others on PostgreSQL; until INT or TERM."""
    ends_well()
    from publisher import daemon
    from publisher.logs import configure

    configure(as_json=call.as_json)
    with _last_words(call):
        daemon.work(call.settings)


@contextmanager
def _last_words(call: Call) -> Iterator[None]:
    """With --json the error that ends a process is a line of its log as well: who reads that reads JSON alone."""
    try:
        yield
    except PublisherError as error:
        if not call.as_json or "--debug" in sys.argv:
            raise
        import structlog

        structlog.get_logger().error("ended", problem=error.what, where=error.where, mend=error.mend)
        sys.exit(error.exit)


@click.command()
@click.argument("source", nargs=-1, required=True, type=click.Path(allow_dash=True))  # for shells to complete
@click.option("--dry-run", is_flag=True, help="Only say what would be taken over.")
@click.option("--private", is_flag=True, help="A URL may name this machine or a private network.")
@click.pass_obj
def adopt(call: Call, source: tuple[str, ...], *, dry_run: bool, private: bool) -> None:
    """Take over ids, links and dates of an older site. Each SOURCE is a feed or sitemap, a file or a URL."""
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


@click.command()
@click.pass_obj
def check(call: Call) -> None:
    """Say what publish would make of every file; write nothing."""
    from publisher.verbs import reading, returning
    from publisher.verbs import session as sessions

    settings = call.settings()
    with sessions.trying(settings) as house:
        found = reading.check(house, now())
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


@click.command()
@click.argument("source", nargs=-1, required=True, type=click.Path(allow_dash=True))  # for shells to complete
@click.option("--private", is_flag=True, help="A URL may name this machine or a private network.")
@click.pass_obj
def lint(call: Call, source: tuple[str, ...], *, private: bool) -> None:
    """Say what readers will do wrong with anybody's feeds, and the mend: each SOURCE is a file or a URL."""
    from publisher.errors import NotASite, PublisherError
    from publisher.feeds.lint.words import lines
    from publisher.verbs import linting

    site = None
    try:
        site = linting.asking(call.settings())
    except NotASite:
        pass
    except PublisherError as error:
        call.say(f"nashir: the feeds are judged without this site: {error}")
    found = []
    for each in linting.lint(source, now, private=private, site=site):
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


def _saved(backup: dict[str, Any] | None) -> Iterator[str]:
    if backup:
        yield f"backup: {backup['file']}, {backup['bytes']} bytes"


@click.command()
@click.pass_obj
def status(call: Call) -> None:
    """Say what is published, refused, subscribed, sent and due."""
    from publisher.actions.agreement import line as differ
    from publisher.verbs.held import alone_lines, stopped_lines

    at, here = now(), call.local
    found = call.read("status") | call.how_far(at)
    call.answer(
        found,
        *(f"{name}: " + (", ".join(f"{n} {state}" for state, n in found[name].items()) or "none")
          for name in ("articles", "subscribers", "deliveries", "returned")),
        *(f"newsletter {n['name']}: next due {here(n['next_due']) or 'with the next article'}, last edition "
          f"{here(n['last_edition']['planned']) if n['last_edition'] else 'none yet'}" for n in found["newsletters"]),
        *(f"edition {e['edition']} of {e['newsletter']}: {e['sent']} of {e['total']} sent, {e['failed']} failed, "
          f"{e['waiting']} to go" for e in found["under_way"]),
        *([f"sending on: {', '.join(found['workers'])}"] if found["workers"] else []),
        *_running(found["sending"]),
        *_saved(found["backup"]),
        *filter(None, [found["unmailed"], differ(found["differs"])]),
        *stopped_lines(found["stopped"]),
        *alone_lines(found["left_alone"]),
        *_hubs(found["pings"]),
        *_engines(found["indexnow"]),
        *(f"✗ {_place(q)}: {q['reason']}. Mend: {q['mend']}" for q in found["quarantined"]),
    )  # fmt: skip


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(call: Call, file: Path) -> None:
    """Write all that a restore needs into FILE, beside a running daemon; `tar -xf FILE` unpacks it."""
    done = call.read("backup", file=file)
    call.answer(done, f"{done['file']}: {done['bytes']} bytes in {done['seconds']:.2f} s")


@click.command("move-store")
@click.argument("url")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=(
        "It holds the password (0600 or 0640); a path relative to SITE.  [default: it is in the URL, in "
        "PGPASSWORD or in ~/.pgpass]"
    ),
)
@click.pass_obj
def move_store(call: Call, url: str, password_file: Path | None) -> None:
    """Move all that the site knows into the empty database at URL (postgresql://user@host/name), or back into
    state/nashir.db ("sqlite")."""
    secret = str(password_file) if password_file else None  # relative to the site, as in config.toml
    done = call.write("move-store", url=url, password_file=secret)
    for name, count in done["mended"].items():
        call.say(
            f"nashir: {name}: {counted(count, 'row')} had a NUL, which is a \N{REPLACEMENT CHARACTER} there"
        )
    call.answer(
        done,
        f"{counted(done['rows'], 'row')} moved to {done['to']} in {done['seconds']:.2f} s, and compared",
        "Write into config.toml:",
        *(f"  {line}" for line in done["config"]),
        f"Until then no letter leaves. {done['from']} stays as it is, and sends nothing any more",
    )


@click.command()
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
    letters, names = counted(done["letters"], "letter"), ", ".join(done["newsletters"])
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
