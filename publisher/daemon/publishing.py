"""Door: the article folder is watched, and what changes in it is published."""

import asyncio
import time
from collections.abc import Callable

from publisher import watcher
from publisher.actions.publish import Published
from publisher.articles.folder import shown
from publisher.daemon.common import Common, log, now
from publisher.errors import Elsewhere, PublisherError

SLICE = 100  # articles whose outputs are made before the next change is looked at
QUIET = 0.1  # seconds a burst of file events is gathered


class Publishing:
    """Publishes when something says "look now"."""

    def __init__(self, common: Common) -> None:
        self._common, self._session, self._settings = common, common.session, common.settings
        self._closed: set[str] = set()  # files to look at
        self._whole, self._verify = True, True  # the whole folder; also whether the output misses something
        self._looked = False
        self._changed = self._written = 0  # since the log said so
        self._session.on_published, self._session.on_planned = self._published, common.look.set
        self._session.slice = SLICE

    def watch(self) -> Callable[[], None]:
        """Hear of files that change, until what it returns is called."""
        loop = asyncio.get_running_loop()

        def note(path: str | None) -> None:
            loop.call_soon_threadsafe(self.noted, path)

        try:
            observer = watcher.watch(self._session.house.folder.absolute(), note)
        except OSError as error:
            every = self._settings.articles.scan_every
            log.warning("watcher", problem=f"inotify: {error}", effect=f"changes are seen every {every:g} s")
            return lambda: None

        def end() -> None:
            observer.stop()
            observer.join()

        return end

    async def look_at_all(self) -> None:
        """Look at the whole folder, and at the output."""
        self._verify = True
        self.noted(None)

    def noted(self, path: str | None) -> None:
        """Look at the file *path*; at the whole folder where None."""
        if path is None:
            self._whole = True
        else:
            self._closed.add(path)
        self._common.look.set()

    async def publish_forever(self) -> None:
        """Publish when something says "look now": a file that was closed at once, a burst of other events as one."""
        common = self._common
        while await common.turn(common.look):
            if self._whole:
                await asyncio.sleep(QUIET)
            common.look.clear()
            closed, self._closed = frozenset(self._closed), set()
            whole, self._whole = self._whole, False
            verify, self._verify = self._verify, False
            begun = time.monotonic()
            try:
                done = await self._session.publish(closed, whole=whole, verify=verify)
                common.published_at, common.publishing = now(), time.monotonic() - begun
            except PublisherError as error:
                if not isinstance(error, Elsewhere):  # whoever leads now looks at the whole folder
                    common.problems.trouble("publish", error)
                self._closed |= closed  # with whatever happens next
                self._whole, self._verify = True, self._verify or verify
                continue
            common.problems.over("publish")
            if done.more:
                common.look.set()
            if done.again or done.unsettled:
                rested = self._settings.articles.settle + 0.05
                asyncio.get_running_loop().call_later(rested, self.noted, None)

    def _published(self, done: Published) -> None:
        self._common.news.set()
        for note in done.notes:
            log.warning("article", problem=note)
        self._changed += done.changed
        self._written += len(done.written)
        if not done.more and (self._changed or self._written or not self._looked):
            log.info(
                "published",
                changed=self._changed,
                articles=done.published,
                quarantined=done.quarantined,
                written=self._written,
            )
            self._looked, self._changed, self._written = True, 0, 0
        for finding in done.refused:
            log.warning(
                "quarantined",
                path=shown(finding.path) + (f":{finding.line}" if finding.line else ""),
                reason=finding.reason,
                mend=finding.mend,
            )
