"""Door: what happens in the article folder, as inotify tells it. It only says "look now": the scan decides."""

from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileClosedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

Note = Callable[[str | None], None]


class _Handler(FileSystemEventHandler):
    def __init__(self, folder: Path, note: Note) -> None:
        self._folder, self._note = folder, note

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in {"opened", "closed_no_write"}:
            return
        whole = event.dest_path if event.event_type == "moved" else event.src_path
        if isinstance(event, FileClosedEvent) or event.event_type == "moved":
            self._note(self._relative(whole))
        else:
            self._note(None)

    def _relative(self, path: str | bytes) -> str | None:
        text = path.decode("utf-8", "surrogateescape") if isinstance(path, bytes) else path
        try:
            return Path(text).relative_to(self._folder).as_posix()
        except ValueError:
            return None


def watch(folder: Path, note: Note) -> BaseObserver:
    """Call *note* (from another thread) with the path of each file that is whole now (closed after writing, or
    moved in), and with None when something else happened. Stop with the observer's `stop`. Raises OSError when
    inotify has no watches left."""
    observer = Observer()
    observer.schedule(_Handler(folder, note), str(folder), recursive=True)
    observer.start()
    return observer
