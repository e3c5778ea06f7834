"""The verbs and their options, as click knows them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

from publisher import cli


class Option(NamedTuple):
    """Its names, what it takes ("" for a switch), and its meaning, as `--help` has them."""

    names: list[str]
    takes: str
    meaning: str


class Verb(NamedTuple):
    """How it is typed behind `nashir` ("subscribers add"), and its command."""

    name: str
    command: click.Command

    @property
    def arguments(self) -> str:
        """ "ARTICLE TEXT", "[NEWSLETTER]"."""
        taken = [each for each in self.command.params if isinstance(each, click.Argument)]
        return " ".join(str(each.name) if each.required else f"[{each.name}]" for each in taken).upper()

    @property
    def typed(self) -> str:
        """ "nashir send [NEWSLETTER]"."""
        return " ".join(filter(None, ("nashir", self.name, self.arguments)))

    @property
    def summary(self) -> str:
        """What the verb says of itself, in one paragraph."""
        return " ".join((self.command.help or "").split())

    @property
    def options(self) -> list[Option]:
        return list(_shown(self.command.params, click.Context(self.command)))


def top() -> Verb:
    return Verb("", cli.nashir)


def before_the_verb() -> list[Option]:
    """The options of `nashir` itself, with `--version` and `--help`."""
    context = click.Context(cli.nashir, **cli.nashir.context_settings)
    return list(_shown(cli.nashir.get_params(context), context))


def every(group: click.Group = cli.nashir, *above: str) -> Iterator[Verb]:
    """Every verb that does something, in the order of the commands."""
    for name, command in group.commands.items():
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield Verb(" ".join((*above, name)), command)
        if isinstance(command, click.Group):
            yield from every(command, *above, name)


def _shown(parameters: Sequence[click.Parameter], context: click.Context) -> Iterator[Option]:
    for each in parameters:
        record = each.get_help_record(context) if isinstance(each, click.Option) else None
        if isinstance(each, click.Option) and record:
            takes = "" if each.is_flag else each.make_metavar(context)
            meaning, _, by_itself = record[1].removesuffix("]").partition("  [")
            meaning = meaning.rstrip(".") + (f" ({by_itself})" if by_itself else "")
            yield Option([*each.opts, *each.secondary_opts], takes, meaning)
