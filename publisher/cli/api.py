"""The verb about the JSON API."""

import click

from publisher.cli.call import Call


@click.command("api-token")
@click.argument("name")
@click.option(
    "--write", "may_write", is_flag=True, help="It may change things too.  [default: it may only read]"
)
@click.pass_obj
def api_token(call: Call, name: str, *, may_write: bool) -> None:
    """Make a token of the JSON API for the program called NAME, and show it: once, since only its hash is kept."""
    from publisher.errors import BadConfig
    from publisher.verbs import api_tokens

    settings = call.settings()
    if not settings.web.api.token_file:
        what = "there is no file for tokens"
        mend = 'add [web.api] with token_file = "keys/api-tokens"'
        raise BadConfig(what, str(settings.source.path), mend)
    scope: api_tokens.Scope = "write" if may_write else "read"
    file = settings.root / settings.web.api.token_file
    token = api_tokens.make(file, name, scope)
    call.say(
        f"nashir: keep it now, nobody can show it again; delete the line of {name} in {file} to take it back"
    )
    call.answer({"name": name, "scope": scope, "token": token}, token)
