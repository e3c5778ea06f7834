"""The site's templates/ first, then the packaged ones, file by file (R10)."""

import hashlib
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.errors import BadConfig

if TYPE_CHECKING:
    from publisher.templating.jinja import Environments

_PROGRAM = Path(__file__).parent.parent
PACKAGED = next(
    folder for folder in (_PROGRAM / "templates", _PROGRAM.parent / "templates") if folder.is_dir()
)


class Templates:
    """The templates of a site. Autoescape is on for *.html.j2 and off for *.txt.j2 and strings (a subject);
    article and reader text is data, never a template."""

    def __init__(self, folders: Sequence[Path] = (), *, watched: bool = True) -> None:
        self._folders, self._watched = [*folders, PACKAGED], watched

    def __reduce__(self) -> tuple[Any, ...]:
        """A process that is handed these templates compiles each of them once, and never asks whether it changed: it
        does not live long."""
        return _shared, (tuple(self._folders[:-1]),)

    @cached_property
    def _jinja(self) -> "Environments":
        """Loaded at first use: a run that renders nothing does not wait for Jinja."""
        from publisher.templating.jinja import Environments

        return Environments(self._folders, watched=self._watched)

    def fingerprint(self, folder: str) -> bytes:
        """A hash of every template and style sheet of *folder* as this site sees it. Raises BadConfig."""
        digest = hashlib.blake2b(digest_size=16)
        for root in self._folders:
            for path in sorted((root / folder).rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    digest.update(f"{path.relative_to(root)}\0".encode() + _bytes(path))
        return digest.digest()

    def source(self, name: str) -> str:
        """A file that stands beside the templates, as it is (the style sheet). Raises BadConfig."""
        return self._jinja.source(name)

    def render(self, name: str, **values: object) -> str:
        """The template file *name* with *values*. Raises BadConfig with the template's file and line."""
        return self._jinja.render(name, values)

    def render_string(self, source: str, where: str, **values: object) -> str:
        """The template *source*, one line from the configuration at *where*, without escaping."""
        return self._jinja.render_string(source, where, values)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # an editor is saving it: the next look finds it
        return b""
    except OSError as error:
        raise BadConfig(f"cannot be read: {error.strerror}", str(path), "look at its rights") from error


@cache
def _shared(folders: tuple[Path, ...]) -> Templates:
    return Templates(folders, watched=False)
