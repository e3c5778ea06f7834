"""The `nashir` command. Heavy imports wait until a verb needs them: `nashir --help` answers at once."""

import gc
import sys
from pathlib import Path

import click

from publisher import __version__
from publisher.cli import api, doctor, letters, site
from publisher.cli.admin import admin
from publisher.cli.call import Call
from publisher.cli.completion import completion
from publisher.cli.subscribers import subscribers
from publisher.errors import Exit, PublisherError


class Nashir(click.Group):
    """The group of verbs; of an option that stands behind the verb it says where it belongs."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            own = {name for each in self.get_params(ctx) for name in each.opts}
            if error.option_name not in own or error.ctx in (ctx, None):
                raise
            verb = error.ctx.command_path.removeprefix(ctx.command_path)
            told = f"{error.message} It stands before the verb: nashir {error.option_name} ...{verb}"
            raise click.NoSuchOption(error.option_name, told, ctx=error.ctx) from None
        except KeyboardInterrupt:  # click would end with 1, which says that something was found
            click.echo("nashir: interrupted", err=True)
            sys.exit(Exit.INTERRUPTED)


@click.group(cls=Nashir, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="nashir")
@click.option(
    "-C",
    "root",
    default=".",
    type=click.Path(),  # for shells to complete
    metavar="SITE",
    help="The site's folder, where config.toml stands.  [default: this one]",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON document on stdout; what is said to people goes to stderr.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an expected error too.")
@click.pass_context
def nashir(context: click.Context, root: str, *, as_json: bool, debug: bool) -> None:
    """Publish a folder of articles, right to left: feeds, pages, mailed digests."""
    context.obj = Call(Path(root), as_json)


for _verb in (
    *(
        site.init,
        site.publish,
        site.run,
        site.worker,
        site.check,
        site.status,
        doctor.doctor,
        site.lint,
        site.adopt,
        site.backup,
        site.resume,
        site.move_store,
    ),
    *(
        letters.send,
        letters.preview,
        letters.test_send,
        letters.newsletters,
        letters.editions,
        letters.correct,
    ),
    *(letters.deliveries, letters.bounces, subscribers, admin, api.api_token, completion),
):
    nashir.add_command(_verb)


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
