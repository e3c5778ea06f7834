"""What lies where: nothing private in a folder that is published. Each raises ValueError: what is wrong, "; ", the
mend."""

from pathlib import Path

from publisher.config.written import File
from publisher.layout import STATE
from publisher.mail.settings import relays


def returned_mail_aside(root: Path, file: File) -> None:
    """Mail that comes back lies where it is neither published nor taken for articles, nor for letters that left."""
    written = file.mail.bounces.maildir
    if not written:
        return
    folder = (root.resolve() / written).resolve()
    if found := _public(root, folder, file):
        raise ValueError(f'{written!r} lies in {found}; name a Maildir elsewhere, as "/var/mail/bounces"')
    for relay in relays(file.mail):
        if relay.scheme == "maildir" and folder == (root.resolve() / relay.path).resolve():
            raise ValueError(
                f"{written!r} is where letters go, the relay; name the Maildir they come back to"
            )


def letters_unpublished(root: Path, file: File) -> None:
    """Letters hold personal links: a Maildir they go to is neither published nor taken for articles."""
    for relay in relays(file.mail):
        if relay.scheme == "maildir" and (found := _public(root, (root / relay.path).resolve(), file)):
            raise ValueError(f'{relay.path!r} lies in {found}; name a Maildir elsewhere, as "maildir:outbox"')


def backups_apart(root: Path, file: File) -> None:
    """Backups hold addresses and the secret: they lie where nothing is published, nor lost with what they are for."""
    written = file.backup.folder
    folder = (root.resolve() / written).resolve()
    found = _public(root, folder, file)
    if not written or folder == root.resolve():
        raise ValueError(f'{written!r} is no folder of their own; write "backups", or one on another disk')
    if not found and folder.is_relative_to((root / STATE).resolve()):
        found = f"{STATE!r}, and would be lost with it"
    if found:
        raise ValueError(f'{written!r} lies in {found}; write "backups", or one on another disk')


def secret_hidden(root: Path, file: File, written: str) -> None:
    """A file with a secret lies where nothing is published."""
    if written and (found := _public(root, (root / written).resolve(), file)):
        raise ValueError(f'{written!r} lies in {found}; write "keys/{Path(written).name}"')


def output_apart(root: Path, out: str, articles: str) -> None:
    """The output is served to everybody: it must not be, hold or lie in what is not meant for them."""
    root = root.resolve()
    output = (root / out).resolve()
    for private in (root / "config.toml", root / STATE, root / "templates", root / articles):
        if private.resolve().is_relative_to(output) or output.is_relative_to(private.resolve()):
            raise ValueError(
                f'{out!r} would publish {private.name}; give the output a folder of its own, "feeds"'
            )


def _public(root: Path, folder: Path, file: File) -> str:
    """Which folder of the site that others see *folder* lies in, in words; "" where it lies in none."""
    root = root.resolve()
    for out, what in ((file.feeds.folder, "is published"), (file.articles.folder, "holds articles")):
        if folder.is_relative_to((root / out).resolve()):
            return f"{out!r}, which {what}"
    return ""
