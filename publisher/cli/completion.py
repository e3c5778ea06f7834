"""What shells complete: the script that asks, and what is answered beyond verbs and options."""

from pathlib import Path

import click

from publisher.errors import PublisherError

SHELLS = ("bash", "zsh", "fish")
ASKS = "_NASHIR_COMPLETE"  # the variable by which click knows that a shell asks


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script by which SHELL (bash, zsh or fish) completes verbs, options and newsletters."""
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    assert kind
    # Not of bash's own class, which starts a bash to see how old it is; 4.4 is of 2016.
    click.echo(ShellComplete.source(kind(context.find_root().command, {}, "nashir", ASKS)))


def newsletters(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The newsletters whose names begin so; none where there is no site, or its settings cannot be used."""
    from publisher.cli.call import Call

    root = context.find_root().params.get("root") or "."
    try:
        found = Call(Path(root), as_json=False).settings().newsletters
    except (PublisherError, OSError):
        return []
    return [each.name for each in found if each.name.startswith(begun)]
