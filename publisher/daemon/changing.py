"""Door: config.toml and the files of keys that it names, while the process runs: what they say now is judged, and
counts from now on or is refused."""

import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path

import structlog

from publisher.config import Settings
from publisher.errors import BadConfig, PublisherError

LOOK = 1.0  # seconds between two looks: a few calls of stat, which also see what inotify does not (mounts, links)
Load = Callable[[], Settings]
Must = Callable[[Settings], object]
Versions = Mapping[Path, tuple[int, ...] | None]

log = structlog.get_logger()


def anything(_: Settings) -> None:
    """Nothing keeps a process with these settings from beginning."""


class Changing:
    """The settings of one process, from its beginning to its end."""

    def __init__(self, load: Load, must: Must) -> None:
        """*must* raises what would keep the process from beginning, or from sending, with the settings it is given.
        Raises as *load*, which reads config.toml."""
        self._load, self._must = load, must
        self.settings = load()  # that count
        self.wanted: Settings | None = None  # that are to count as soon as nothing is in the way
        self.refused = ""  # what is wrong with what is written and does not count; "": nothing
        self._taking = ""  # what is said as soon as it counts
        self.asked = False  # somebody said that it is to be taken now, whether it changed or not
        self._watched = [self.settings.source.path, *_keys(self.settings)]
        self._judged: Versions = {}  # none: what was written since it was read is seen at the first looks
        self._resting: Versions = {}  # what the last look found
        self._read: Versions = {}  # the files of keys, as those that count found them

    def begin(self, settings: Settings) -> None:
        """From here on these count."""
        self.settings = settings
        self._read = _versions(_keys(settings))  # before anybody reads them

    def look(self, answers: Callable[[], object]) -> None:
        """Judge what is written where it is new, and as it was at the last look: an editor may just be writing it.
        Nothing is taken while the database does not answer (*answers* raises): the process could not begin anew."""
        found = _versions(self._watched)
        rests, self._resting = found == self._resting, found
        if not self.asked and (found == self._judged or not rests):
            return
        asked, self.asked = self.asked, False  # before it is read: who asks again means what is written then
        try:
            new = _loaded(self._load, self.settings.source.path)
            self._watched = [new.source.path, *dict.fromkeys([*_keys(new), *_keys(self.settings)])]
            must_stay(self.settings, new)
            if not asked:
                _must_be_whole(self.settings, new)
            self._must(new)
        except PublisherError as error:
            self.refuse(error, again=asked)
            if (place := Path(error.where)) not in self._watched:  # the file of a key that nobody knew of yet
                self._watched.append(place)
        else:
            try:
                answers()
            except PublisherError:
                self.asked = self.asked or asked
                return
            self._want(new, found, asked=asked)
        self._judged = {path: found.get(path, _version(path)) for path in self._watched}

    def _want(self, new: Settings, found: Versions, *, asked: bool) -> None:
        was, self.refused = self.refused, ""
        keys = {path: found[path] for path in _keys(self.settings)}
        if asked or keys != self._read or [*_changed(self.settings, new)]:
            self.wanted = new
            return
        self.wanted = None
        if was:
            log.info("settings", taken="nothing: it says again what it said")

    def take(self) -> Settings | None:
        """What is wanted, if anything is: it is going to count."""
        new, self.wanted = self.wanted, None
        if new:
            self._taking = ", ".join(_changed(self.settings, new)) or "all of it, anew"
            log.info("settings", taking=self._taking)
        return new

    def began(self) -> None:
        """The process works with what was taken: nothing stands in the way, as a port that is somebody else's."""
        if self._taking:
            log.info("settings", taken=self._taking)
        self._taking = ""

    def refuse(self, error: PublisherError, *, again: bool = False) -> None:
        """What is written cannot be used; what counted before goes on. Told once, and *again* to who asks."""
        line = f"config.toml is not taken, and what it said before goes on: {error}"
        if again or line != self.refused:
            what = f"config.toml is not taken, and what it said before goes on: {error.what}"
            log.error("settings", problem=what, where=error.where, mend=error.mend)
        self.refused, self.wanted, self._taking = line, None, ""


def _loaded(load: Load, path: Path) -> Settings:
    """What *load* reads from the file at *path*. Raises PublisherError, whatever *load* raises: no mistake in a file
    ends a process that has worked for months. No word of the file is quoted, which may be a password."""
    try:
        return load()
    except PublisherError:
        raise
    except Exception as error:
        *_, last = traceback.extract_tb(error.__traceback__)
        what = (
            f"it cannot be judged: {type(error).__name__} at line {last.lineno} of {Path(last.filename).name}"
        )
        raise BadConfig(what, str(path), "this is a bug, tell us; until then write it otherwise") from error


def must_stay(old: Settings, new: Settings) -> None:
    """Raises BadConfig where *new* is another site than *old*, or has another database."""
    if new.site.id != old.site.id:
        what = f"id is another than that of the site that is at work here, {old.site.id}"
        mend = "put that back; for another site, stop this process first"
        raise BadConfig(what, new.source.place(("site", "id")), mend)
    before, after = (replace(each.store, password_file="").database(each.root).where for each in (old, new))
    if before != after:
        what = f"url is another database than the one that is open, {before}"
        mend = "put that back, or stop this process first; `nashir move-store` takes the site along"
        raise BadConfig(what, new.source.place(("store", "url")), mend)


def _must_be_whole(old: Settings, new: Settings) -> None:
    """Raises BadConfig where every newsletter is gone at once: so looks a copy that was cut off between two tables,
    and its readers would get nothing more."""
    if old.newsletters and not new.newsletters:
        what = "every [[newsletters]] is gone, as from a file that was cut off"
        mend = "put the rest of the file back; where that is meant, send HUP (`systemctl reload nashir`)"
        raise BadConfig(what, str(new.source.path), mend)


def _changed(old: Settings, new: Settings) -> Iterator[str]:
    """The tables that say something else, as they are written."""
    for each in fields(Settings):
        if each.name not in ("root", "source") and getattr(old, each.name) != getattr(new, each.name):
            yield f"[[{each.name}]]" if each.name == "newsletters" else f"[{each.name}]"


def _keys(settings: Settings) -> Iterator[Path]:
    """The files that it names and that are read once. Others are read whenever they are needed."""
    mail, dkim = settings.mail, settings.mail.dkim
    for name in (
        *(mail.password_file, mail.bounces.password_file, dkim.key_file, dkim.ed25519_key_file),
        *(settings.web.metrics_token_file, settings.store.password_file),
    ):
        if name:
            yield settings.root / name


def _versions(paths: Iterator[Path] | list[Path]) -> Versions:
    return {path: _version(path) for path in paths}


def _version(file: Path) -> tuple[int, ...] | None:
    """Tells one version of a *file* from another, and from one with other rights; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
