"""The verb about the editors' pages."""

import os
import secrets
import sys
from pathlib import Path

import click

from publisher.cli.call import Call
from publisher.errors import BadConfig, BadInput

LEAST = 12  # characters


@click.group()
def admin() -> None:
    """The editors' pages below /admin/."""


@admin.command()
@click.option("--stdin", "piped", is_flag=True, help="Read it from standard input, its first line.")
@click.pass_obj
def password(call: Call, *, piped: bool) -> None:
    """Set the password. Who is logged in is logged out."""
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
    _write(path, PasswordHasher().hash(word))
    call.answer({"written": str(path)}, f"written to {path}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
