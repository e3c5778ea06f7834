"""One sandboxed Jinja2 environment: the site's templates/ first, then the packaged ones, file by file (R10)."""

import hashlib
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from publisher.errors import BadConfig

PACKAGED = next(
    folder
    for folder in (Path(__file__).parent / "templates", Path(__file__).parent.parent / "templates")
    if folder.is_dir()
)


class Templates:
    """The templates of a site. Autoescape is on for *.html.j2 and off for *.txt.j2 and strings (a subject);
    article and reader text is data, never a template."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = [*folders, PACKAGED]
        loader = _Folders(self._folders)
        self._html = self._environment(loader, autoescape=True)
        self._text = self._environment(loader, autoescape=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """A process that is handed these templates compiles each of them once."""
        return _shared, (tuple(self._folders[:-1]),)

    @staticmethod
    def _environment(loader: FileSystemLoader, *, autoescape: bool) -> ImmutableSandboxedEnvironment:
        return ImmutableSandboxedEnvironment(
            loader=loader,
            autoescape=autoescape,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def fingerprint(self, folder: str) -> bytes:
        """A hash of every template and style sheet of *folder* as this site sees it."""
        digest = hashlib.blake2b(digest_size=16)
        for root in self._folders:
            for path in sorted((root / folder).rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
        return digest.digest()

    def source(self, name: str) -> str:
        """A file that stands beside the templates, as it is (the style sheet)."""
        return self._text.loader.get_source(self._text, name)[0] if self._text.loader else ""

    def render(self, name: str, **values: object) -> str:
        """The template file *name* with *values*. Raises BadConfig with the template's file and line."""
        environment = self._html if name.endswith(".html.j2") else self._text
        try:
            return environment.get_template(name).render(**values)
        except Exception as error:
            raise _explained(error, name) from error

    def render_string(self, source: str, where: str, **values: object) -> str:
        """The template *source*, one line from the configuration at *where*, without escaping."""
        try:
            return self._text.from_string(source).render(**values)
        except Exception as error:
            raise _explained(error, where) from error


@cache
def _shared(folders: tuple[Path, ...]) -> Templates:
    return Templates(folders)


class _Folders(FileSystemLoader):
    """The folders in order; a template kept from a later one is dropped when an earlier one gets its own."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """See FileSystemLoader.get_source."""
        source, found, unchanged = super().get_source(environment, template)

        def up_to_date() -> bool:
            first = next((p for p in (Path(root, template) for root in self.searchpath) if p.is_file()), None)
            return first == Path(found) and unchanged()

        return source, found, up_to_date


def _explained(error: Exception, where: str) -> Exception:
    """What went wrong in a template, as one line; an error of ours that has nothing to do with one, as it is."""
    line, name = getattr(error, "lineno", None), getattr(error, "filename", None)
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith((".j2", "<template>"))
    ]
    if (
        line is None and frames
    ):  # an error while it runs: Jinja writes the template's lines into the traceback
        line, name = frames[-1].lineno, frames[-1].filename.replace("<template>", where)
    if not isinstance(error, (TemplateError, UnicodeDecodeError)) and not frames:
        return error
    name = name or getattr(error, "name", None) or where
    place = f"{name}:{line}" if line else str(name)
    return BadConfig(
        f"the template cannot be used: {_words(error)}",
        place,
        "see docs/templates.md for the variables of each template",
    )


def _words(error: Exception) -> str:
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    return " ".join(text.split())
