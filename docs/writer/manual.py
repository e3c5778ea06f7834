"""The manual pages: `nashir.1`, and one for each verb or group of verbs."""

import re
from collections.abc import Sequence
from itertools import pairwise

from docs.writer import roff, verbs
from docs.writer.page import Part, parts
from docs.writer.verbs import Option, Verb
from publisher import __version__, cli


def pages(text: str) -> dict[str, str]:
    """The pages by file name, from docs/cli.md with this *text*."""
    found = list(parts(text))
    written = {"nashir.1": _overview(found)}
    for name, command in cli.nashir.commands.items():
        own = [part for part in found if part.verb.partition(" ")[0] == name]
        written[f"nashir-{name}.1"] = _of_verb(Verb(name, command), own)
    return {name: _joined(lines) for name, lines in written.items()}


_ELSEWHERE = (
    "Everything else is in the folder docs/ of the program's source: docs/README.md says who reads what. An id such as "
    "A13 or S3 is that of a rule; the pages there state each under its id (grep -rn S3 docs)."
)


def _joined(lines: Sequence[str]) -> str:
    """The page; right below a heading a paragraph begins by itself."""
    return re.sub(r"(?m)^(\.S[HS] .*)\n\.PP$", r"\1", "\n".join(filter(None, lines)) + "\n")


def _begin(name: str, summary: str) -> Sequence[str]:
    title = f'.TH "{roff.literal(name.upper())}" "1" "" "Nashir {__version__}" "Nashir"'
    words = summary[:1].lower() + summary[1:].rstrip(".")
    return (
        title,
        ".nh",
        ".ad l",
        roff.heading("NAME"),
        f"{roff.literal(name)} \\- {roff.prose(words)}",
        roff.heading("SYNOPSIS"),
    )


def _overview(found: Sequence[Part]) -> list[str]:
    main = verbs.top()
    lines = [*_begin("nashir", main.summary), f"{roff.bold('nashir')} [OPTIONS] VERB ..."]
    lines += [roff.heading("DESCRIPTION"), roff.blocks(found[0].behind)]
    lines += [roff.heading("OPTIONS"), _options(verbs.before_the_verb()), roff.heading("VERBS")]
    seen = {""}
    for part, after in pairwise([*found[1:], Part("", "", "")]):
        name = part.verb.partition(" ")[0]
        if name not in seen:
            seen.add(name)
            summary = Verb(name, cli.nashir.commands[name]).summary
            lines.append(roff.item(roff.bold(f"nashir-{name}") + "(1)", roff.prose(summary)))
        elif not part.verb and after.verb:
            lines.append(roff.heading(part.heading.lstrip("# "), deep=True))
    for part, after in pairwise([*found[1:], Part("", "", "")]):
        if not part.verb and not after.verb:
            lines += [roff.heading(part.heading.lstrip("# ").upper()), roff.blocks(part.behind)]
    return [*lines, roff.heading("SEE ALSO"), roff.prose(_ELSEWHERE)]


def _of_verb(top: Verb, own: Sequence[Part]) -> list[str]:
    """The page of a verb, or of a group with all its verbs."""
    known = {each.name: each for each in verbs.every()}
    lines = [*_begin(f"nashir-{top.name}", top.summary)]
    several = len(own) > 1
    for part in own:
        verb = known[part.verb]
        options = " [OPTIONS]" if verb.options else ""
        lines += [".br"] if part is not own[0] else []
        lines.append(f"{roff.bold(f'nashir {verb.name}')}{options} {roff.literal(verb.arguments)}".rstrip())
    for part in own:
        verb = known[part.verb]
        lines.append(roff.heading(verb.typed if several else "DESCRIPTION"))
        whole = "\n\n".join(filter(None, (part.before, part.behind)))
        prose, json = _apart(whole)
        lines += [roff.blocks(verb.summary), roff.blocks(prose)]
        if verb.options:
            lines += [roff.heading("OPTIONS", deep=several), _options(verb.options)]
        if json:
            lines += [roff.heading("JSON", deep=several), roff.blocks(json)]
    also = f"{roff.bold('nashir')}(1), also for what exit codes mean"
    return [*lines, roff.heading("SEE ALSO"), also, ".PP", roff.prose(_ELSEWHERE)]


def _apart(prose: str) -> tuple[str, str]:
    """Prose, and what stands from the paragraph on that shows JSON."""
    paragraphs = prose.split("\n\n")
    first = next((place for place, each in enumerate(paragraphs) if '`{"' in each), len(paragraphs))
    return "\n\n".join(paragraphs[:first]), "\n\n".join(paragraphs[first:])


def _options(options: Sequence[Option]) -> str:
    items = []
    for each in options:
        names = ", ".join(map(roff.bold, each.names))
        items.append(
            roff.item(f"{names} {roff.italic(each.takes)}" if each.takes else names, roff.prose(each.meaning))
        )
    return "\n".join(items)
