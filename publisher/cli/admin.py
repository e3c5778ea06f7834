"""The verb about the editors' pages."""

import sys

import click

from publisher import private
from publisher.cli.call import Call
from publisher.errors import BadConfig, BadInput

LEAST = 12  # characters


@click.group()
def admin() -> None:
    """Set the password of the editors' pages below /admin/."""


@admin.command()
@click.option(
    "--stdin",
    "piped",
    is_flag=True,
    help="Read it from standard input, its first line, instead of asking twice.",
)
@click.pass_obj
def password(call: Call, *, piped: bool) -> None:
    """Set the password of the editors' pages; who is logged in is logged out."""
    from argon2 import PasswordHasher

    settings = call.settings()
    if not settings.web.admin.password_file:
        raise BadConfig(
            "the editors' pages are off",
            str(settings.source.path),
            'write password_file = "state/admin.password" below [web.admin]',
        )
    if piped:
        word = sys.stdin.readline().rstrip("\r\n")
    else:
        word = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if not LEAST <= len(word) <= 200:
        raise BadInput(f"the password has {len(word)} characters", "", f"take {LEAST} to 200 of them")
    path = settings.root / settings.web.admin.password_file
    private.put(path, f"{PasswordHasher().hash(word)}\n".encode("ascii"))
    call.answer({"written": str(path)}, f"written to {path}")
