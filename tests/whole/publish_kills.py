"""X3: publishing is killed (KILL) again and again, while readers read every file of the output without a pause.

    python tests/whole/publish_kills.py --kills 200 --articles 700

Each kill meets a folder that has just changed (one new article, corrections, removals and a rename, another theme, or
everything to be built anew): every other one at a moment, the rest before a step on the output folder (a file opened
for writing, renamed, removed, a folder made), both picked at random from all of that run. The next run has to make it
good. Prints its figures as JSON; exit code 1 and a line for each thing that was wrong.
"""

import argparse
import gzip
import hashlib
import json
import mmap
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
from lxml import etree
from PIL import Image

ATOM = "{http://www.w3.org/2005/Atom}"
ENTRIES = 50
PREVIOUS = re.compile(rb'\s*<[a-z:]*link [^>]*rel="prev-archive"[^>]*>')
ENDS = {".html": b"</html>", ".png": b"IEND\xaeB`\x82"}
DEAD_AGAIN = 0.3  # of the runs that make a kill good, those that are killed as well
WORDS = [
    "النهر",
    "المدينة",
    "المكتبة",
    "السوق",
    "المدرسة",
    "الجسر",
    "الحديقة",
    "الناس",
    "أمس",
    "اليوم",
    "افتتح",
    "وصل",
    "عاد",
    "خبز",
    "مطر",
    "كتاب",
]


# The readers: processes of their own.


def read_forever(out: Path) -> None:
    """Read every file below *out* until TERM; then print what was seen: the hashes of each path's contents, and what
    was not whole."""
    seen: dict[str, set[str]] = {}
    torn: list[str] = []
    count, stopped = 0, []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    while not stopped:
        for path in _files(out):
            try:
                data = (out / path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
            count += 1
            hash_ = state(data)
            if hash_ not in seen.setdefault(path, set()):
                seen[path].add(hash_)
                if wrong := broken(path, data):
                    torn.append(f"{path}: {wrong}")
    json.dump(
        {"reads": count, "torn": torn, "seen": {path: [*found] for path, found in seen.items()}}, sys.stdout
    )


def _files(out: Path) -> list[str]:
    """The files that are published: what a web server would show."""
    found = []
    for folder, _, names in os.walk(out):
        place = os.path.relpath(folder, out)
        found += [os.path.normpath(os.path.join(place, name)) for name in names if name[0] != "."]  # noqa: PTH118
    return sorted(found, key=lambda path: ("/" in path, path))


def broken(path: str, data: bytes) -> str:
    """What is wrong with a document that a reader got; "" for a whole one."""
    try:
        if path.endswith(".gz"):
            return broken(path.removesuffix(".gz"), gzip.decompress(data))
        if path.endswith(".br"):
            return broken(path.removesuffix(".br"), brotli.decompress(data))
        if path.endswith((".xml", ".opml")):
            etree.fromstring(data)
        elif path.endswith(".json"):
            json.loads(data)
        elif end := next((end for ending, end in ENDS.items() if path.endswith(ending)), b""):
            return "" if data.rstrip().endswith(end) else "no end"
    except (ValueError, OSError, EOFError, brotli.error, etree.XMLSyntaxError) as error:
        return f"{type(error).__name__}: {error}"
    return "" if data else "empty"


def state(data: bytes) -> str:
    """What tells one state of a document from another. A first build writes the feeds before the archive, and again
    when there is one to name: that link is left out."""
    with suppress(OSError, EOFError):
        data = gzip.decompress(data)
    with suppress(brotli.error):
        data = brotli.decompress(data)
    return hashlib.blake2b(PREVIOUS.sub(b"", data), digest_size=12).hexdigest()


# The site, and what it should show.


class Site:
    """A site whose right output is known."""

    def __init__(self, root: Path, articles: int, chance: random.Random) -> None:
        self.root, self.out, self.chance = root, root / "feeds", chance
        self.titles: dict[int, str] = {}  # by number; a larger one is newer
        self.files: dict[int, Path] = {}
        self.ids: dict[int, str] = {}
        self.new = self.clock = 0
        self.command("init", str(root))
        shutil.rmtree(root / "articles")
        (root / "articles").mkdir()
        for _ in range(articles):
            self.write(self.number())

    def command(self, *words: str) -> int:
        """`nashir` in a process that has everything loaded: what is timed and killed is its work."""
        child = os.fork()
        if child == 0:
            self.run(*words)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def run(self, *words: str) -> None:
        """`nashir` instead of this process."""
        from publisher.cli import main

        with (self.root.parent / "said.txt").open("ab") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        sys.argv = ["nashir", *words]
        code = 1
        try:
            main()
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        except BaseException as error:
            os.write(2, f"Traceback: {error!r}\n".encode())
        os._exit(code)

    def number(self) -> int:
        self.new += 1
        return self.new

    def write(self, number: int) -> None:
        """A new article, or another version of it."""
        self.clock += 1
        self.titles[number] = f"خبر رقم {number} كما هو {self.clock}"
        path = self.files.setdefault(number, self.root / "articles" / f"{number % 7}" / f"story-{number}.md")
        path.parent.mkdir(exist_ok=True)
        date = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        text = " ".join(self.chance.choices(WORDS, k=200))
        picture = ""
        if number % 50 == 1:
            picture = f"\n![صورة](pic-{number}.png)\n"
            beside = path.parent / f"pic-{number}.png"
            Image.new("RGB", (60, 40), (number % 256, 80, 80)).save(beside)
            os.utime(beside, (1_700_000_000, 1_700_000_000))
        path.write_text(
            f"---\ntitle: {self.titles[number]}\ndate: {date.isoformat()}\ncategories: [{WORDS[number % 5]}]\n"
            f"slug: story-{number}\n---\n\n{text}\n{picture}",
            "utf-8",
        )
        os.utime(path, (1_700_000_000 + self.clock, 1_700_000_000 + self.clock))  # it rests

    def some(self, count: int) -> list[int]:
        """Articles of which most are in the feeds."""
        newest = sorted(self.titles)[-ENTRIES:]
        return self.chance.sample(newest, count)

    # What happens before a kill.

    def one(self) -> None:
        self.write(self.number())

    def corrections(self) -> None:
        for number in self.some(5):
            self.write(number)

    def removals(self) -> None:
        self.one()
        for number in self.some(2):
            self.files.pop(number).unlink()
            del self.titles[number]
            self.ids.pop(number, None)  # none where it was never shown
        (number,) = self.some(1)
        path = self.files[number]
        self.files[number] = path.with_name(f"renamed-{self.clock}-{number}.md")
        path.rename(self.files[number])

    def theme(self) -> None:
        """Every page is made anew."""
        self.clock += 1
        config = self.root / "config.toml"
        lines = [line for line in config.read_text("utf-8").splitlines() if not line.startswith("author")]
        at = lines.index("[site]") + 1
        config.write_text("\n".join([*lines[:at], f'author = "هيئة {self.clock}"', *lines[at:]]), "utf-8")

    def everything(self) -> None:
        """The first build. Renamed files are what their names say."""
        shutil.rmtree(self.root / "state")
        shutil.rmtree(self.out)
        self.ids.clear()

    # What must be true after a run that ended.

    def faults(self) -> list[str]:
        """What the output folder gets wrong."""
        wanted = [self.titles[number] for number in sorted(self.titles, reverse=True)[:ENTRIES]]
        atom = etree.fromstring((self.out / "atom.xml").read_bytes())
        rss = etree.fromstring((self.out / "rss.xml").read_bytes())
        feed = json.loads((self.out / "feed.json").read_bytes())
        entries = atom.findall(f"{ATOM}entry")
        shown = {
            "atom.xml": [each.findtext(f"{ATOM}title") for each in entries],
            "rss.xml": [each.findtext("title") for each in rss.iter("item")],
            "feed.json": [each["title"] for each in feed["items"]],
        }
        found = [
            f"{name} shows others: {_apart(titles, wanted)}"
            for name, titles in shown.items()
            if titles != wanted
        ]
        ids = [each.findtext(f"{ATOM}id") or "" for each in entries]
        found += ["an id is there twice"] if len(set(ids)) != len(ids) else []
        if [each.findtext("guid") for each in rss.iter("item")] != ids or [
            each["id"] for each in feed["items"]
        ] != ids:
            found.append("the feeds do not agree on ids")
        for entry, identity in zip(entries, ids, strict=True):
            number = int((entry.findtext(f"{ATOM}title") or "").split()[2])
            if self.ids.setdefault(number, identity) != identity:
                found.append(f"article {number} has another id")
        pages = {path.parent.name for path in self.out.glob("story-*/index.html")}
        if pages != {f"story-{number}" for number in self.titles}:
            found.append(f"pages: {_apart(pages, {f'story-{number}' for number in self.titles})}")
        temporary = list(self.out.rglob(".~*"))
        found += [f"temporary files are left: {len(temporary)}"] if temporary else []
        found += [
            f"{path}: {wrong}"
            for path in _files(self.out)
            if (wrong := broken(path, (self.out / path).read_bytes()))
        ]
        return found

    def tree(self) -> dict[str, str]:
        """The hash of every file of the output."""
        return {path: state((self.out / path).read_bytes()) for path in _files(self.out)}


def _apart(these: Any, those: Any) -> str:
    return f"{sorted(set(these) - set(those))[:3]} for {sorted(set(those) - set(these))[:3]}"


# The kills.

STEPS = frozenset(["os.rename", "os.remove", "os.mkdir", "os.rmdir"])


class Steps:
    """Counts what a child does to the output folder, and ends it before one of these steps."""

    def __init__(self, out: Path) -> None:
        self._out, self._shared = str(out), mmap.mmap(-1, 8)

    @property
    def count(self) -> int:
        return int.from_bytes(self._shared[:8], "little")

    @count.setter
    def count(self, count: int) -> None:
        self._shared[:8] = count.to_bytes(8, "little")

    def watch(self, last: int) -> None:
        """From now on, in this process and for ever; *last* is the step that is not taken, 0 for none."""
        sys.addaudithook(lambda event, words: self._step(event, words, last))

    def _step(self, event: str, words: tuple[Any, ...], last: int) -> None:
        writes = event == "open" and isinstance(words[2], int) and words[2] & (os.O_WRONLY | os.O_RDWR)
        if (writes or event in STEPS) and str(words[0]).startswith(self._out):
            self.count += 1
            if self.count == last:
                os.kill(os.getpid(), signal.SIGKILL)


class Trial:
    def __init__(self, site: Site, readers: int) -> None:
        self.site, self.wrong = site, list[str]()
        self.known: dict[str, set[str]] = {}
        self.hit = Counter[str]()
        self.takes: dict[str, tuple[float, int]] = {}  # seconds and steps of a whole run of a kind
        self.steps = Steps(site.out)
        self._readers = [
            subprocess.Popen(
                [sys.executable, __file__, "--read", str(site.out)], stdout=subprocess.PIPE, text=True
            )
            for _ in range(readers)
        ]

    def make_good(self, what: str) -> None:
        """A run that may end, and a look at what it leaves."""
        start = time.monotonic()
        code = os.waitstatus_to_exitcode(self._wait(self._publish()))
        self.takes[what] = (time.monotonic() - start, self.steps.count)
        found = [f"publish exits with {code}"] if code else self.site.faults()
        self.wrong += [f"after {what}: {each}" for each in found]
        for path, hash_ in self.site.tree().items():
            self.known.setdefault(path, set()).add(hash_)

    def kill(self, what: str, change: Callable[[], None]) -> bool:
        """Kill one run after *change*; whether it was killed and not done already."""
        change()
        while True:
            seconds, steps = self.takes[what]
            if self.site.chance.random() < 0.5:
                child = self._publish(self.site.chance.randint(1, steps))
            else:
                child = self._publish()
                time.sleep(self.site.chance.uniform(0, seconds))
                os.kill(child, signal.SIGKILL)
            killed = self._wait(child) == signal.SIGKILL
            self.hit[f"{what} killed" if killed else f"{what} done already"] += 1
            left = list(self.site.out.rglob(".~*")) if self.site.out.exists() else []
            self.hit["temporary files left"] += bool(left)
            if not killed or self.site.chance.random() > DEAD_AGAIN:
                break
            self.hit["died again"] += 1
        self.make_good(f"{what}, made good")
        return killed

    def _publish(self, last: int = 0) -> int:
        """Start a run that ends before its step *last*; its process id."""
        self.steps.count = 0
        child = os.fork()
        if child == 0:
            self.steps.watch(last)
            self.site.run("-C", str(self.site.root), "publish")
        return child

    @staticmethod
    def _wait(child: int) -> int:
        return os.waitpid(child, 0)[1]

    def rebuilt(self) -> None:
        """The store knows what stands in the folder: without it, the same bytes are written again."""
        before = self.site.tree()
        shutil.rmtree(self.site.out)
        self.make_good("output deleted")
        after = self.site.tree()
        if before != after:
            paths = sorted(
                path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
            )
            self.wrong.append(f"written again, other bytes: {paths[:5]}")

    def end(self) -> dict[str, Any]:
        """Stop the readers; the figures."""
        reads, states, strangers = 0, 0, list[str]()
        for reader in self._readers:
            reader.terminate()
            said = json.loads(reader.communicate(timeout=600)[0])
            reads += said["reads"]
            self.wrong += [f"torn: {each}" for each in said["torn"]]
            for path, hashes in said["seen"].items():
                states += len(hashes)
                strangers += [path for each in hashes if each not in self.known.get(path, ())]
        self.wrong += [f"read what no run left: {path} ({n} times)" for path, n in Counter(strangers).items()]
        return {
            "kills": sum(n for what, n in self.hit.items() if what.endswith(" killed")),
            "reads": reads,
            "states read": states,
            "torn or unknown": len([each for each in self.wrong if each.startswith(("torn", "read what"))]),
            "wrong": len(self.wrong),
            **self.hit,
        }


def trial(root: Path, kills: int, articles: int, readers: int, seed: int) -> tuple[dict[str, Any], list[str]]:
    """*kills* of each kind of change in turn; the figures, and what was wrong."""
    site = Site(root, articles, random.Random(seed))
    changes = (site.one, site.corrections, site.everything, site.removals, site.theme)
    run = Trial(site, readers)
    run.make_good("everything")
    for change in (site.one, site.corrections, site.removals, site.theme):
        change()
        run.make_good(change.__name__)
    done = tried = 0
    while done < kills:
        change = changes[tried % len(changes)]
        tried += 1
        done += run.kill(change.__name__, change)
        if tried % 40 == 0:
            run.rebuilt()
    run.rebuilt()
    said = (root.parent / "said.txt").read_text("utf-8", "replace")
    if "Traceback" in said:
        run.wrong.append(f"a traceback: {said[said.index('Traceback') :][:300]}")
    return run.end(), run.wrong


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--articles", type=int, default=60)
    parser.add_argument("--readers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        return read_forever(given.read)
    for name in ("cli", "actions.publish", "verbs.session", "verbs.writing", "actions.init"):
        __import__(f"publisher.{name}")
    with tempfile.TemporaryDirectory(prefix="nashir-kills-") as folder, suppress(KeyboardInterrupt):
        start = time.monotonic()
        figures, wrong = trial(Path(folder) / "site", given.kills, given.articles, given.readers, given.seed)
        figures |= {"articles": given.articles, "seconds": round(time.monotonic() - start, 1)}
    print(json.dumps(figures, indent=1))
    for each in wrong[:50]:
        print(each, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
