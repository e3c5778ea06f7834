"""A whole site in a folder, without its command: real SQLite, real folders, a real Maildir."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import hypothesis
import pytest

from publisher.actions.house import House
from publisher.actions.publish import Published, publish
from publisher.articles.settings import ArticleSettings
from publisher.feeds.settings import FeedSettings
from publisher.layout import Layout
from publisher.mail.settings import MailSettings
from publisher.model.article import Article
from publisher.model.digest import Newsletter
from publisher.model.site import Site
from publisher.pages.settings import PageSettings
from publisher.store import articles
from publisher.store.database import Database
from publisher.store.postgres import Postgres
from publisher.store.sqlite import Sqlite
from publisher.store.state import State
from publisher.store.store import Store
from publisher.subscribers.tokens import Keys
from publisher.templating import Templates
from tests import postgres, quick

URL = "https://news.example.org"
# The tests that run with SQLite and with PostgreSQL: these folders, without those files that ask nothing of the
# database which others do not ask as well; and the files of other folders that do.
BOTH = {"store", "actions", "engine", "subscribers"}
ONCE = {
    f"test_{each}.py"
    for each in ("addresses", "bad_folder", "broken_disk", "compressed", "dialogue", "faults")
}
ONCE |= {f"test_{each}.py" for each in ("glance", "icon", "linking", "relations")}
# What these ask of the database, those of their tests ask that are marked `postgresql`: the rest is about files.
ONCE |= {
    f"test_{each}.py"
    for each in ("announcing", "assets", "label_feeds", "lists", "pings", "publish", "sitemaps")
}
MORE = {f"test_{each}.py" for each in ("admin", "intake", "own", "reckoning")}
ONE_LAYOUT = Layout(URL, lists=())  # no page lists articles but the home page
ONE_FEED = FeedSettings(per=(), archive=False)  # the site's own alone: what most tests look at
SITE = Site(
    id="5a0f5a52-0f3c-4f29-9a0b-6f1a3d1b7c11",
    title="جريدة المثال",
    description="أخبار كل صباح",
    url=URL,
    language="ar",
    direction="rtl",
    region="IQ",
    timezone=ZoneInfo("Asia/Baghdad"),
    author="هيئة التحرير",
)
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # a memory file system, and the bytes it must have free
FIRST = {
    folder: place
    for place, folder in enumerate(("whole", "tests", "moving", "engine", "returning", "actions"))
}
# The longest files, before all others: none of them is begun last.
LONGEST = {
    f"test_{each}.py": place
    for place, each in enumerate(
        ("year", "guides", "hostile_html", "publish_kills", "letters_in_browser", "cluster_faults", "faults")
    )
}
DAILY = Newsletter(
    name="daily",
    title="نشرة الصباح",
    subject="",
    schedule="daily 07:00",
    categories=(),
    template="digest",
    max_items=20,
    max_lateness=6 * 3600,
)


# How long an example takes says nothing where other processes run.
hypothesis.settings.register_profile("nashir", deadline=None)
hypothesis.settings.load_profile("nashir")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: many tests wait for processes, servers and clocks."""
    return (os.cpu_count() or 1) * 3 // 2


def pytest_configure() -> None:
    """The commands that tests start find compiled what those before them compiled, as where they are installed."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # Their folders are in memory where it is large: half of the time went into waiting for the disk, and a process
    # that is killed finds there what it would find on a disk.
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)
        tempfile.tempdir = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that start processes and browsers go first: the last file that is begun is a short one, so that both
    workers are busy to the end."""
    items.sort(
        key=lambda item: (
            LONGEST.get(item.path.name, len(LONGEST)),
            FIRST.get(item.path.parent.name, len(FIRST)),
        )
    )


@pytest.fixture(scope="session", autouse=True)
def _quick() -> None:
    quick.begin()


class Clock:
    """What tests turn; `now` is a moment after every file that `write` wrote."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday, 15:00 in Baghdad

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """As timedelta has it: `hours=3`."""
        self.now += timedelta(**span)


class MakeHouse(Protocol):
    def __call__(self, root: Path, /, **changes: Any) -> House: ...


Write = Callable[[House, str, str | bytes], Path]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What the store is asked to keep, it keeps in both databases: those tests run with each (X9, X10)."""
    if "make_database" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("sqlite")  # about what only that one has
        asked = metafunc.definition.get_closest_marker("postgresql")
        path = metafunc.definition.path
        folder = path.parent.name
        both = path.name in MORE or (folder in BOTH and path.name not in ONCE) or asked
        shared = folder == "daemon"  # what stands there is about many processes
        kinds = ["postgresql"] if shared else ["sqlite", "postgresql"] if both and not alone else ["sqlite"]
        metafunc.parametrize("spoken", kinds)


@pytest.fixture
def make_database(spoken: str) -> Iterator[Callable[[Path], Database]]:
    """The database of the site whose state folder is at a path."""
    urls: dict[Path, str] = {}
    with ExitStack() as given:

        def make(state: Path) -> Database:
            if spoken == "sqlite":
                return Sqlite(State(state).database)
            if state not in urls:
                urls[state] = postgres.database()
                given.callback(postgres.give_back, urls[state])
            return Postgres(urls[state])

        yield make


@pytest.fixture
def make_house(make_database: Callable[[Path], Database]) -> Iterator[MakeHouse]:
    """Opens the site in a folder, with the lock held by nobody: `make_house(folder, feeds=FeedSettings(...))`.
    Without such words it has one feed and one list; by itself a site has `FeedSettings()` and `Layout(URL)`."""
    with ExitStack() as opened:

        def make(root: Path, /, **changes: Any) -> House:
            state = State(root / "state")
            state.make()
            store = opened.enter_context(closing(Store(make_database(state.folder), writing=True)))
            house = House(
                root=root,
                site=SITE,
                layout=ONE_LAYOUT,
                templates=Templates(),
                store=store,
                keys=Keys({1: bytes(32)}),
                articles=ArticleSettings(),
                feeds=ONE_FEED,
                pages=PageSettings(),
                mail=MailSettings(sender="جريدة المثال <news@example.org>"),
                newsletters={DAILY.name: DAILY},
            )
            house.folder.mkdir(exist_ok=True)
            return replace(house, **changes)

        yield make


@pytest.fixture
def house(make_house: MakeHouse, tmp_path: Path) -> House:
    root = tmp_path / "site"
    root.mkdir()
    return make_house(root)


@pytest.fixture
def write() -> Write:
    """Writes an article: a file that rested, whose time is new at every write."""
    seconds = count(1_700_000_000)

    def make(house: House, name: str, text: str | bytes) -> Path:
        path = house.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        second = next(seconds)
        os.utime(path, (second, second))
        return path

    return make


@pytest.fixture
def publishes(clock: Clock) -> Callable[..., Published]:
    """Publishes at the clock's time."""

    def run(house: House, **options: Any) -> Published:
        return publish(house, clock(), **options)

    return run


@pytest.fixture
def on_site() -> Callable[[House], dict[str, Article]]:
    """The published articles by path, in the order of first publication."""

    def read(house: House) -> dict[str, Article]:
        found = house.store.read(articles.newest)
        return {article.path: article for article in sorted(found, key=lambda article: article.seq)}

    return read
