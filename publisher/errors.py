"""What is raised on purpose. Each error is one line for a person: what is wrong, where, how to mend it."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every verb (docs/cli.md)."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    IO = 74
    LOCKED = 75
    CONFIG = 78
    INTERRUPTED = 130


class PublisherError(Exception):
    """What is wrong (`what`), where (`where`: file:line or a name) and how to mend it (`mend`)."""

    exit = Exit.CONFIG

    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(what, where, mend)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        mend = f" Mend: {self.mend}" if self.mend else ""
        return f"{place}{self.what.rstrip('.')}.{mend}"


class BadConfig(PublisherError):
    """A setting cannot be used."""


class BadState(PublisherError):
    """The state folder cannot be trusted: corrupt, from a newer program, or not a site."""


class Damaged(BadState):
    """The database is no healthy one: nothing can be done with it."""


class NotASite(PublisherError):
    """There is no config.toml here."""

    exit = Exit.USAGE


class BadInput(PublisherError):
    """An argument of a verb (an address, a newsletter's name, a file) cannot be used."""

    exit = Exit.USAGE


class Unknown(BadInput):
    """There is nothing of this number or name."""


class Locked(PublisherError):
    """Another process holds the site's lock; *serving*: it is a daemon, which takes verbs when it is up."""

    exit = Exit.LOCKED

    def __init__(self, what: str, where: str = "", mend: str = "", *, serving: bool = False) -> None:
        super().__init__(what, where, mend)
        self.serving = serving


class Elsewhere(PublisherError):
    """What needs the article folder is another process's to do."""

    exit = Exit.LOCKED


class Unwritable(PublisherError):
    """The disk refused: full, read-only or broken."""

    exit = Exit.IO


class Unreachable(PublisherError):
    """Another machine gave no answer that can be used."""

    exit = Exit.IO


class Unreadable(PublisherError):
    """An article cannot be published; it is quarantined with the line and the mend."""

    def __init__(self, what: str, mend: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(what, "" if line is None else f"line {line}", mend)


class Empty(Unreadable):
    """A file holds nothing yet: a note just begun. It is passed over, unless it was an article before."""
