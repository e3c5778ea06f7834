"""The verb that looks at everything a site hangs on."""

import sys
from typing import Any

import click

from publisher.cli.call import Call, counted, now, progress
from publisher.errors import Exit

_STYLES: dict[str, dict[str, Any]] = {
    "fault": {"fg": "red"},
    "warning": {"fg": "yellow"},
    "remark": {"fg": "cyan"},
    "": {},
}


@click.command()
@click.option(
    "--dns",
    default="",
    metavar="ADDRESS",
    help="Ask this DNS server (9.9.9.9, 127.0.0.1:5353).  [default: this machine's]",
)
@click.pass_obj
def doctor(call: Call, *, dns: str) -> None:
    """Look at all that the site hangs on, and say what is to be mended; change nothing."""
    from publisher.verbs import doctoring

    with progress("doctor", show=not call.as_json) as told:
        more = {"told": told} if told else {}
        found = doctoring.doctor(call.settings(), now, running=call.running, dns=dns, **more)
    lines = (
        []
        if call.as_json
        else [click.style(line, **_STYLES[grade]) for line, grade in doctoring.lines(found)]
    )
    grades = [each["grade"] for each in found["findings"]]
    count = ", ".join(counted(grades.count(each), each) for each in ("fault", "warning", "remark"))
    call.answer(found, *lines, count)
    if "fault" in grades or "warning" in grades:
        sys.exit(Exit.FINDINGS)
