"""Verbs about letters: newsletters, editions, deliveries, and what comes back."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from publisher.cli.call import Call, counted, now
from publisher.cli.completion import newsletters as names
from publisher.errors import Exit, PublisherError


@click.command()
@click.argument("newsletter", required=False, shell_complete=names)
@click.option(
    "--now",
    "at_once",
    is_flag=True,
    help=(
        "Also an edition, out of turn, for everybody who has unseen articles; of NEWSLETTER only, where it "
        "is named."
    ),
)
@click.option(
    "--include-existing",
    is_flag=True,
    help="With --now: readers who never had a letter get what was published before they came, too.",
)
@click.pass_obj
def send(call: Call, newsletter: str | None, *, at_once: bool, include_existing: bool) -> None:
    """Plan the editions that are due and send until nothing is due."""
    if include_existing and not at_once:
        raise click.UsageError("--include-existing goes with --now")
    done = call.write("send", newsletter=newsletter, now=at_once, include_existing=include_existing)
    for line in done.pop("untold"):
        call.say(f"nashir: {line}")
    for each in done["failures"]:
        call.say(f"nashir: {each['address']}: {each['reply']}")
    for line in _waits(done, call.local):
        call.say(f"nashir: {line}")
    quiet = not any(done[each] for each in _HAPPENED)
    call.answer(
        done,
        *map(_edition, done["editions"]),
        *_others(done["others"]),
        *([_NOTHING[at_once]] if quiet else []),
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


_NOTHING = {True: "nothing new for anybody", False: "nothing is due"}
_HAPPENED = ("editions", "sent", "failed", "deferred", "unknown", "others", "problems", "down")


def _others(number: int) -> list[str]:
    return [f"{counted(number, 'other letter')} sent: to confirm, to welcome, to editors"] if number else []


def _edition(each: dict[str, Any]) -> str:
    return f"edition {each['id']} of {each['newsletter']}: {counted(each['letters'], 'letter')}"


def _waits(done: dict[str, Any], local: Callable[[str], str]) -> Iterator[str]:
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
        yield f"letters that were put off are tried again from {local(done['next_try'])} on{answer}"


@click.command()
@click.argument("newsletter", required=False, shell_complete=names)
@click.option(
    "--open/--no-open", "show", default=None, help="Open it in the browser.  [default: on a terminal]"
)
@click.pass_obj
def preview(call: Call, newsletter: str | None, *, show: bool | None) -> None:
    """Show the next edition as a page, with what is to be mended; nothing is planned or sent."""
    found = call.read("preview", newsletter=newsletter)
    for name in found["empty"]:
        call.say(f"nashir: {name} has no article to show")
    call.answer(found, *(line for each in found["previews"] for line in _previewed(each, call.local)))
    if show if show is not None else sys.stdout.isatty() and not call.as_json:
        click.launch(found["index"] or found["previews"][0]["page"])


def _previewed(one: dict[str, Any], local: Callable[[str | None], str]) -> Iterator[str]:
    """The preview of a newsletter, for a person."""
    new = "" if one["new"] else "; nothing is new: these are the newest"
    yield f"{one['newsletter']}: {one['subject']}  ({counted(one['items'], 'article')}, {one['bytes']} bytes{new})"
    readers = counted(one["readers"], "reader")
    yield f"  next due {local(one['next_due']) or 'with the next article'}; {readers} would get it now"
    kinds: dict[str, dict[str, Any]] = {}  # of findings, each with its first place
    where: dict[str, list[str]] = {}
    for each in one["findings"]:
        kinds.setdefault(each["name"], each)
        where.setdefault(each["name"], []).append(each["in"])
    levels = Counter(each["level"] for each in kinds.values())
    told = ", ".join(counted(levels[level], level) for level in _LEVELS if levels[level])
    yield f"  {one['page']}: {told or 'nothing to mend'}"
    for each in sorted(kinds.values(), key=lambda each: _LEVELS.index(each["level"])):
        letters = ", ".join(dict.fromkeys(where[each["name"]]))
        said = f"{each['where']}: {each['found']}" if each["found"] else each["where"]
        yield f"  {each['level']} {each['name']} ({letters})  {said}. Mend: {each['mend']}"


@click.command("test-send")
@click.argument("address")
@click.option(
    "--newsletter", metavar="NAME", shell_complete=names, help="This one only.  [default: a letter of each]"
)
@click.option(
    "--language",
    metavar="TAG",
    help=(
        "The language of the words around the articles (ar, fa, he, ur, ckb, en), and the version of "
        "articles that are there in several.  [default: the site's]"
    ),
)
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
            now=now(),
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


@click.command()
@click.pass_obj
def newsletters(call: Call) -> None:
    """List the digests: schedule, next due, last edition, readers."""
    found = call.read("newsletters")
    call.answer(
        found,
        *(
            f"{n['name']}  {n['title']}  {n['schedule']}  next due "
            f"{call.local(n['next_due']) or 'with the next article'}  {counted(n['active'], 'reader')}"
            for n in found["newsletters"]
        ),
    )


@click.group(invoke_without_command=True)
@click.pass_context
def editions(context: click.Context) -> None:
    """List the editions with their letters by state; hold, release or cancel one."""
    if context.invoked_subcommand:
        return
    from publisher.verbs.held import stopped_lines

    call: Call = context.obj
    found = call.read("editions")
    call.answer(
        found,
        *(
            f"{e['id']}  {e['newsletter']}  {_slot(e['slot'], call.local)}  {e['release']}  {_letters(e)}"
            for e in found["editions"]
        ),
        *stopped_lines(found["stopped"]),
    )


def _slot(slot: str, local: Callable[[str], str]) -> str:
    """When an edition was due, by the site's clock; what is no time ("correct:5") as it is."""
    out_of_turn = slot.startswith("now:")
    try:
        at = local(slot.removeprefix("now:"))
    except ValueError:
        return slot
    return f"now, {at}" if out_of_turn else at


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


@click.command()
@click.argument("article", type=click.Path())  # for shells to complete
@click.argument("text")
@click.pass_obj
def correct(call: Call, article: str, text: str) -> None:
    """Say what was wrong in ARTICLE (its path, slug, URL or id): by mail to all who had it, in feeds, on its page."""
    done = call.write("correct", article=article, text=text)
    nobody = "nobody who was mailed it is still a reader" if done["carried"] else "nobody was mailed it"
    lines = [*map(_edition, done["editions"])] or [
        f"{nobody}: its feed entries and its page say what was wrong"
    ]
    call.answer(done, f"{done['article']['title']} is corrected", *lines)
    if done["editions"]:
        call.say("nashir: `nashir send` or the daemon sends them")


@click.command()
@click.option("--edition", type=int, metavar="N", help="Only this edition.")
@click.option("--failed", "states", flag_value="failed", multiple=True, help="Refused for good, or too late.")
@click.option(
    "--unknown", "states", flag_value="unknown", multiple=True, help="In doubt: sent, and no answer came."
)
@click.option("--not-sent", is_flag=True, help="All that are not sent, whatever the reason.")
@click.option(
    "--retry",
    is_flag=True,
    help="Queue them again: those that failed; with --unknown those in doubt; with --not-sent both.",
)
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
            done, f"{counted(done['queued'], 'letter')} queued again; `nashir send` or the daemon sends them"
        )
        if done["gone"]:
            call.say(
                f"nashir: {done['gone']} of them were refused since the address does not exist: to try such again and "
                "again costs your name. `nashir deliveries --failed` lists them; `nashir editions hold` stops them"
            )
        if done["expired"]:
            call.say(
                f"nashir: {counted(done['expired'], 'letter')} cannot go any more: their edition's life is over (S3)"
            )
        return
    if not_sent and not wanted:
        wanted = ["queued", "claimed", "sending", "failed", "unknown", "cancelled"]
    with sessions.reading(call.settings()) as house:
        call.pour("deliveries", reading.deliveries(house, edition=edition, states=wanted), _delivery)
        gone = reading.gone(house, edition=edition, states=wanted)
        call.ends(gone=gone)
    if gone:
        number = counted(sum(gone.values()), "more letter")
        call.say(f"nashir: {number}: of old ones only the numbers are kept (S8): " + _tallied(gone))


_ENDED = {False: ["failed"], True: ["failed", "unknown"]}  # what --retry queues again, with --not-sent


def _delivery(one: dict[str, Any]) -> str:
    tries = "1 try" if one["attempts"] == 1 else f"{one['attempts']} tries"
    words = f"{one['edition']}  {one['address']}  {one['state']}  {tries}"
    return f"{words}  {one['code'] or ''} {one['note']}"


def _tallied(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in numbers.items())


@click.command()
@click.argument("source", required=False, type=click.Path(allow_dash=True))  # for shells to complete
@click.option(
    "--accept",
    type=int,
    metavar="EDITION",
    help="The hard bounces of this edition, which was stopped for them, count after all.",
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
        count = counted(done["accepted"], "hard bounce")
        messages = f"{count} of edition {edition} count; readers now bounced: {bounced}"
    lines = [f"{each['address']} is {each['state']}" for each in done["changed"]]
    lines += [
        f"too many readers of edition {n} do not exist; it counts against nobody. What has not left of it is held. "
        f"Mend: see where the addresses are from, then `nashir bounces --accept {n}` or `nashir editions release {n}`"
        for n in done["stopped"]
    ]
    lines += [f"{done['kept']} messages wait where they lie for a person to look at"] if done["kept"] else []
    call.answer(done, messages, *lines)
