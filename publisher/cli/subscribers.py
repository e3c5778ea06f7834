"""Verbs about readers."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from publisher.cli.call import Call, counted
from publisher.cli.completion import newsletters as names

UNCONFIRMED = (
    "pending: they get no letters, and none asks them; after 7 days these subscriptions end, unless they sign up "
    "and confirm themselves, or you import the list again with --confirmed"
)
SHOWN = 20  # rejected rows on a terminal


@click.group()
def subscribers() -> None:
    """Add, list and show readers, choose for them, import, export and erase them."""


@subscribers.command()
@click.argument("address")
@click.option("--newsletter", metavar="NAME", shell_complete=names, help="This one only.  [default: all]")
@click.option(
    "--confirmed", is_flag=True, help="You vouch for the reader's consent; else a letter asks them."
)
@click.option("--language", metavar="TAG", help="The language this reader wants, such as ar, fa or he.")
@click.pass_obj
def add(call: Call, address: str, newsletter: str | None, *, confirmed: bool, language: str | None) -> None:
    """Subscribe ADDRESS."""
    done = call.write(
        "subscribers add",
        address=address,
        newsletters=[newsletter] if newsletter is not None else None,
        confirmed=confirmed,
        language=language,
    )
    lines = [f"{done['address']}: {name}: {state or 'none'}" for name, state in done["newsletters"].items()]
    if done["letter"] == "confirm":
        lines.append(
            "a letter asks them: it is theirs to confirm, within 7 days; `nashir run` or `send` mails it"
        )
    elif done["letter"] == "capped":
        lines.append(
            "nothing was written: this address was asked within the last 24 hours, or three times in 30 days"
        )
    if "pending" in done["newsletters"].values():
        lines.append(
            "pending: no letters until they confirm, or you vouch for their consent with --confirmed"
        )
    if None in done["newsletters"].values() and done["letter"] != "capped":
        lines.append(
            "not mailed: this reader complained, or mail to them came back; see `nashir subscribers show`"
        )
    if "ended" in done["newsletters"].values():
        lines.append("ended: this reader unsubscribed and stays so; no command lifts it, only their own yes")
    call.answer(done, *lines)


@subscribers.command("list")
@click.pass_obj
def list_subscribers(call: Call) -> None:
    """List the readers."""
    found = call.read("subscribers list")
    lines = [
        f"{s['id']}  {s['address']}  {s['state']}  "
        + ", ".join(f"{name}: {wish}" for name, wish in s["newsletters"].items())
        for s in found["subscribers"]
    ]
    call.answer(found, *lines)


@subscribers.command()
@click.argument("address")
@click.option(
    "--newsletter", metavar="NAME", help="Of this one only.  [default: of all they are subscribed to]"
)
@click.option(
    "--schedule",
    metavar="WHEN",
    help=(
        'When it comes: "daily 08:00", "weekly sat 09:30", "monthly 1 07:00", within the newsletter\'s '
        'frequencies; "": when the newsletter does.'
    ),
)
@click.option(
    "--zone", metavar="NAME", help='On the clock of which time zone: "Asia/Baghdad"; "": the site\'s.'
)
@click.option(
    "--category",
    "categories",
    multiple=True,
    metavar="WORD",
    help="Only articles in this one; may be repeated.",
)
@click.option("--any-category", is_flag=True, help="Articles in every category again.")
@click.option("--language", metavar="TAG", help="The language this reader wants, such as ar, fa or he.")
@click.option("--text-only/--html", "text_only", default=None, help="Letters as plain text, or with HTML.")
@click.option(
    "--pause",
    is_flag=False,
    flag_value="",
    metavar="[DAY]",
    help=(
        "No letters, until DAY (2026-12-31: the first with letters again) or until --resume; stands after "
        "the address."
    ),
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
    found = call.read("subscribers show", address=address)
    call.answer(found, *_known(found))


def _known(reader: dict[str, Any]) -> Iterator[str]:
    yield f"{reader['id']}  {reader['address']}  {reader['state']}" + (
        f"  reads {reader['language']}" if reader["language"] else ""
    )
    for each in reader["newsletters"]:
        words = [
            each["state"],
            f"{each['schedule']} ({each['zone']})",
            f"{counted(each['letters'], 'letter')} so far",
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


@subscribers.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase(call: Call, address: str, *, yes: bool) -> None:
    """Erase the reader with this ADDRESS: nothing tells of them any more, and no import brings them back."""
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("this cannot be undone: say --yes")
        click.confirm(f"Erase {address} for good?", abort=True, err=True)
    done = call.write("subscribers erase", address=address)
    why = done["problem"] or "a letter on its way, or a reader of the database, holds up the rest"
    rest = "" if done["done"] else f"; {why}"
    call.answer(done, f"erased in {done['seconds']:.2f} s{rest}")


@subscribers.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json"]),
    default="csv",
    show_default=True,
    help="What it is written as.",
)
@click.option(
    "--newsletter", metavar="NAME", help="Only those who have a subscription to it.  [default: all]"
)
@click.option(
    "--state",
    metavar="WORD",
    help=(
        "Only reachable readers with a subscription in this state (pending, active, paused, ended), or "
        "those who are themselves (reachable, bounced, complained, suppressed)."
    ),
)
@click.option(
    "--person", metavar="ADDRESS", help="Instead: everything that is held on this one reader, as JSON."
)
@click.pass_obj
def export(
    call: Call, file: Path | None, form: Any, newsletter: str | None, state: str | None, person: str | None
) -> None:
    """Write the list of readers to FILE, or to the standard output."""
    from publisher.model.people import Reach, Wish

    if person:
        if file or newsletter or state:
            raise click.UsageError("--person goes with no other option")
        found = call.read("subscribers dossier", address=person)
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    states = [*Wish, *(each for each in Reach if each is not Reach.ERASED)]
    if state and state not in states:
        raise click.UsageError(f"there is no state {state!r}; the states are: {', '.join(states)}")
    if file is None and call.as_json:
        form = "json"
    out = sys.stdout.buffer
    done = call.read("subscribers export", file=file, out=out, form=form, newsletter=newsletter, state=state)
    if file:
        call.answer(done, f"{file}: {counted(done['readers'], 'reader')} in {done['seconds']:.2f} s")


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--newsletter", metavar="NAME", shell_complete=names, help="This one only.  [default: all]")
@click.option(
    "--confirmed",
    is_flag=True,
    help="You vouch for the consent of all of them; else nobody is mailed, or asked.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would become of the rows.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A CSV file (0600, when all is done) that says what became of every row.",
)
@click.pass_obj
def import_subscribers(
    call: Call, file: Path, newsletter: str | None, report: Path | None, *, confirmed: bool, dry_run: bool
) -> None:
    """Subscribe the readers of FILE: CSV, JSON, or what another program exported."""
    done = call.write(
        "subscribers import",
        file=str(file.absolute()),
        newsletter=newsletter,
        confirmed=confirmed,
        dry_run=dry_run,
        report=str(report.absolute()) if report else None,
    )
    for each in done["rejected"][:SHOWN]:
        where = f"{file}/{each['file']}" if each["file"] else str(file)
        call.say(f"{where}:{each['line']}: {each['reason']}")
    if done["refused"] > SHOWN:
        call.say(f"... and {done['refused'] - SHOWN} more" + ("" if report else "; --report FILE has all"))
        for reason, number in done["reasons"].items():
            call.say(f"{number:>8}  {reason}")
    call.answer(
        done,
        f"{done['added']} {'would be added' if dry_run else 'added'}, {done['already']} were there, "
        f"{done['kept']} had left, {done['gone']} are not mailed since the list says so, "
        f"{done['refused']} refused, in {done['seconds']:.2f} s",
        *([] if confirmed or not done["added"] else [UNCONFIRMED]),
    )
