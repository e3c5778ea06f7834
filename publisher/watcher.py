"""Door: what happens in the article folder, as inotify tells it. It only says where to look: the scan decides."""

import os
from collections.abc import Callable
from pathlib import Path

from watchdog.events import (
    FileAttribEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyObserver

from publisher.articles import names

Note = Callable[[str | None], None]

# A file that is opened or written is looked at when it is closed; a folder's change is told of what changed in it.
_PASSING = frozenset(("opened", "closed_no_write", "modified"))


class _Handler(FileSystemEventHandler):
    def __init__(self, folder: Path, note: Note) -> None:
        self._folder, self._note = folder, note

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _PASSING:
            return
        source, target = self._relative(event.src_path), self._relative(event.dest_path)
        if event.event_type == "created" and not event.is_directory:
            if _is_linked(event.src_path):  # whole at once; any other file is closed soon
                self._note(source)
        elif isinstance(event, (FileClosedEvent, FileAttribEvent)):  # rights too: they may be the mend
            self._note(source)
        elif (
            isinstance(event, FileMovedEvent)
            and target
            and (not source or names.verdict(source)[0] == "skipped")
        ):
            self._note(target)  # moved in, or an editor's temporary file that takes its place
        else:
            self._note(None)  # first: a new name alone, without the old one that is gone, were a copy (A9)
            if event.event_type == "moved" and target:
                self._note(target)

    def _relative(self, path: str | bytes) -> str | None:
        text = path.decode("utf-8", "surrogateescape") if isinstance(path, bytes) else path
        try:
            return Path(text).relative_to(self._folder).as_posix()
        except ValueError:
            return None


def _is_linked(path: str | bytes) -> bool:
    """Whether *path* is another name of a file that was there before (link(2))."""
    try:
        return os.lstat(path).st_nlink > 1
    except OSError:
        return False


def watch(folder: Path, note: Note) -> BaseObserver:
    """Call *note* (from another thread) with the path of each file that is whole now (closed after writing, or
    moved in), and with None when something else happened that only a look at the whole folder tells. Stop with the
    observer's `stop`. Raises OSError when inotify has no watches left."""
    observer = InotifyObserver(generate_full_events=True)  # else a file moved in looks like one being written
    observer.schedule(_Handler(folder, note), str(folder), recursive=True)
    observer.start()
    return observer
