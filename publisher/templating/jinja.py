"""Two sandboxed Jinja2 environments over the same folders: with escaping and without."""

import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from os.path import isfile, normpath
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from publisher.errors import BadConfig


class Environments:
    """What `Templates` renders with."""

    def __init__(self, folders: Sequence[Path], *, watched: bool = True) -> None:
        """*watched*: a template that is changed is compiled again."""
        self._watched = watched
        self._loader = _Folders(folders)
        self._html = self._environment(autoescape=True)
        self._text = self._environment(autoescape=False)

    def _environment(self, *, autoescape: bool) -> ImmutableSandboxedEnvironment:
        return _Sandbox(
            loader=self._loader,
            auto_reload=self._watched,
            autoescape=autoescape,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def source(self, name: str) -> str:
        """The file *name* as it is. Raises BadConfig where it cannot be read."""
        try:
            return self._loader.get_source(self._text, name)[0]
        except Exception as error:
            raise _explained(error, name) from error

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """The template file *name* with *values*. Raises BadConfig with the template's file and line."""
        environment = self._html if name.endswith(".html.j2") else self._text
        try:
            return environment.get_template(name).render(values)
        except Exception as error:
            raise _explained(error, name) from error

    def render_string(self, source: str, where: str, values: Mapping[str, object]) -> str:
        """The template *source*, one line from the configuration at *where*, without escaping."""
        try:
            return self._text.from_string(source).render(values)
        except Exception as error:
            raise _explained(error, where) from error


_SIGN = re.compile("[&<>'\"]").search
_SHORT = 100  # characters: markupsafe goes through longer words sooner
_OF_TABLES = frozenset(dir(dict))  # these come before a table's own entries


class _Generator(CodeGenerator):
    """What compiles templates: those with escaping escape by `_Sandbox.shown`."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.shown(")


class _Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox; what it thinks of an attribute depends on its name and the type of what has it, and is kept."""

    code_generator_class = _Generator

    @staticmethod
    def shown(value: Any) -> str:
        """*value* escaped, where a page puts its parts together. A hundred of them are words without a sign."""
        kind = type(value)
        if kind is Markup or (kind is str and len(value) < _SHORT and not _SIGN(value)):
            words: str = value
            return words
        return escape(value)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._safe: dict[tuple[type, str], bool] = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """See SandboxedEnvironment.getattr. Most of what is asked for are the entries of our tables and words in our
        values, and those are got the short way: a page asks for forty."""
        if type(obj) is dict and attribute in obj and attribute not in _OF_TABLES:
            return obj[attribute]
        if self._safe.get((type(obj), attribute)):
            value = getattr(obj, attribute)
            if isinstance(value, str):
                return value
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """See SandboxedEnvironment.is_safe_attribute."""
        key = (type(obj), attr)
        if (known := self._safe.get(key)) is None:
            known = self._safe[key] = super().is_safe_attribute(obj, attr, value)
        return known


class _Folders(FileSystemLoader):
    """The folders in order; a template kept from a later one is dropped when an earlier one gets its own."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """See FileSystemLoader.get_source."""
        try:
            source, found, unchanged = super().get_source(environment, template)
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            what = f"is not UTF-8: there is a byte 0x{byte:02X} at {error.start}"
            raise BadConfig(what, str(self._first(template)), "save it as UTF-8") from error

        def up_to_date() -> bool:
            return self._first(template) == found and unchanged()

        return source, found, up_to_date

    def _first(self, template: str) -> str | None:
        """Asked three times for every page that is made while its templates are watched: pathlib takes too long."""
        places = (normpath(f"{root}/{template}") for root in self.searchpath)
        return next((place for place in places if isfile(place)), None)  # noqa: PTH113


def _explained(error: Exception, where: str) -> Exception:
    """What went wrong in a template, or with its file, as one line; an error of ours that is of none, as it is."""
    if isinstance(error, BadConfig):
        return error
    line, name = getattr(error, "lineno", None), getattr(error, "filename", None)
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith((".j2", "<template>"))
    ]
    if (
        line is None and frames
    ):  # an error while it runs: Jinja writes the template's lines into the traceback
        line, name = frames[-1].lineno, frames[-1].filename.replace("<template>", where)
    if not isinstance(error, (TemplateError, OSError)) and not frames:
        return error
    name = name or getattr(error, "name", None) or where
    place = f"{name}:{line}" if line else str(name)
    return BadConfig(
        f"the template cannot be used: {_words(error)}",
        place,
        "see docs/templates.md for the variables of each template",
    )


def _words(error: Exception) -> str:
    said = getattr(error, "message", None) or getattr(error, "strerror", None)
    text = said or str(error) or type(error).__name__
    return " ".join(text.split())
