"""A folder of articles to feeds: Nashir beside Hugo, Eleventy and Pelican, on the same files in the same minutes.

    .venv/bin/python benchmarks/folder_to_feeds.py --articles 1000 10000 --peers ~/.cache/nashir-peers

Jobs: the first build; a run with nothing changed; a run with one article changed; one article changed while the daemon
runs (file closed to new /atom.xml on disk); a look at the folder by the daemon when nothing changed, beside the least
such a look can cost. Every feed is read back with feedparser: 50 entries, whole texts, the same titles in the same
order, or the run ends. With a page for every article: pages.py.

Tools take turns; the table has medians. Prints it and writes benchmarks/folder_to_feeds.json. benchmarks/README.md says
how to read it.
"""

import argparse
import itertools
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import corpus
import feedparser
import measure
import tools
from measure import Cost, Failed
from tools import ENTRIES, Tool

MANY = 20_000  # articles from which on a slow tool runs once
SPREAD = 20  # the newest articles, which are changed in turn
PAUSE = 1.0  # seconds between two changes under a daemon: what it does later is done

# What docs promise: (job, articles) to (share of Hugo's time, MB); None where nothing is promised.
TARGETS: dict[tuple[str, int], tuple[float | None, float | None]] = {
    ("first build", 10_000): (0.6, 80),
    ("first build", 100_000): (0.4, 150),
    ("one article changed", 10_000): (0.2, None),
}
DAEMON_TARGET = 0.050  # seconds, 95 of 100 changes
SCAN_TARGET = 1.4  # times the floor


@dataclass(slots=True)
class Folder:
    """The articles of a run: hard links to the corpus, and copies of the files that will be changed."""

    path: Path
    count: int
    changes: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def of(cls, source: Path, path: Path, count: int) -> "Folder":
        path.mkdir()
        for number in range(count):
            here, there = f"{path}/{corpus.name(number)}", f"{source}/{corpus.name(number)}"
            if number >= count - SPREAD:
                shutil.copy2(there, here)
            else:
                try:
                    os.link(there, here)
                except OSError:
                    shutil.copy2(there, here)
        return cls(path, count)

    def change(self, *, old: bool) -> tuple[str, float]:
        """Add a paragraph to one of the newest articles. Returns the word to look for, and the moment the file was
        closed. *old*: it looks as if it had been changed long ago, so that nobody waits for it to come to rest."""
        turn = next(self.changes)
        number = self.count - 1 - turn % SPREAD
        word = f"nashirchange{turn}z"
        return word, self._write(number, f"{corpus.article(number).markdown}\n{word}\n", turn if old else 0)

    def add(self, *, old: bool = True) -> float:
        """One more article, newer than all others; *old* as in `change`. Returns the moment the file was closed."""
        self.count += 1
        turn = next(self.changes)
        return self._write(self.count - 1, corpus.article(self.count - 1).markdown, turn if old else 0)

    def _write(self, number: int, text: str, turn: int) -> float:
        path, data = self.path / corpus.name(number), text.encode()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, data)
        os.close(descriptor)
        closed = time.perf_counter()
        if turn:
            os.utime(path, (corpus.OLD + turn, corpus.OLD + turn))
        return closed


class Run:
    """All tools over one corpus."""

    def __init__(self, work: Path, folder: Folder, asked: argparse.Namespace) -> None:
        self.work, self.folder, self.asked = work, folder, asked
        self.costs: dict[str, dict[str, list[Cost]]] = {}
        self.memory: dict[str, dict[str, float]] = {}
        self.daemon: dict[str, dict[str, Any]] = {}
        self.scan: dict[str, Any] = {}

    def everything(self, chosen: list[Tool]) -> None:
        for number in range(self.asked.rounds + 1):
            for tool in chosen:
                if number and tool.slow and self.folder.count > MANY:
                    continue
                self.round(tool, number)
        for tool in chosen:
            if tool.watch and self.asked.changes:
                self.watched(tool)

    def round(self, tool: Tool, number: int) -> None:
        """Round 0 warms the page cache, takes the memory and reads the feeds back; where a slow tool runs once, it is
        timed too."""
        say(f"  round {number}: {tool.name} (load {os.getloadavg()[0]:.2f})")
        tool.clean()
        cost = self.job(tool, "first build", number)
        if not number:
            verify(tool, self.folder.count, "")
        self.job(tool, "nothing changed", number)
        word, _ = self.folder.change(old=True)
        self.job(tool, "one article changed", number)
        if not number:
            verify(tool, self.folder.count, word)
        assert cost.seconds

    def job(self, tool: Tool, name: str, number: int) -> Cost:
        cost = measure.run(tool.build, tool.root, tool.environment, sampled=not number)
        if not number:
            self.memory.setdefault(tool.name, {})[name] = cost.memory
        if number or (tool.slow and self.folder.count > MANY):
            self.costs.setdefault(tool.name, {}).setdefault(name, []).append(cost)
        return cost

    def watched(self, tool: Tool) -> None:
        """Changes under the running daemon, one after the other."""
        say(f"  daemon: {tool.name} (load {os.getloadavg()[0]:.2f})")
        tool.clean()
        slow = tool.slow and self.folder.count >= MANY / 2
        changes = min(self.asked.changes, 5) if slow else self.asked.changes
        with measure.running(tool.watch, tool.root, tool.environment, tool.ready) as process:
            measure.wait_for(lambda: tool.atom.exists() and tool.rss.exists(), 0.05)
            time.sleep(2 * PAUSE)
            found = [self._seen(tool) for _ in range(changes)]
            resident = measure.memory(process.pid)
            if tool.name == "nashir":
                self.scan = self._scans(tool)
        self.daemon[tool.name] = {"seconds": found, "resident_mb": resident, "load": os.getloadavg()[0]}

    def _seen(self, tool: Tool) -> float:
        """Seconds from a file closed to the feed with the change in it on disk."""
        before = _mark(tool.atom)
        text, closed = self.folder.change(old=False)
        word = text.encode()
        measure.wait_for(lambda: _mark(tool.atom) != before and word in _bytes(tool.atom))
        seconds = time.perf_counter() - closed
        time.sleep(PAUSE)
        return seconds

    def _scans(self, tool: Tool) -> dict[str, Any]:
        """Looks of the daemon at a folder in which nothing changed, and the floor, in turns."""
        floor, ours = Floor(self.folder.path), list[float]()
        least = list[float]()
        measure.run(tool.build, tool.root, tool.environment)  # what the last change left to be written
        for _ in range(7):
            least.append(floor.look())
            said = json.loads(measure.run(tool.build, tool.root, tool.environment).output)
            if said["changed"] or said["written"]:
                raise Failed(f"nothing changed, and yet: {said}")
            ours.append(said["seconds"])
        return {"floor": least[1:], "nashir": ours[1:]}


class Floor:
    """The least a look at a folder can cost: list it, ask for every file's size and time, compare."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known = self._scan()

    def _scan(self) -> dict[str, tuple[int, int, int]]:
        found = {}
        with os.scandir(self.path) as entries:
            for entry in entries:
                stat = entry.stat(follow_symlinks=False)
                found[entry.name] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return found

    def look(self) -> float:
        start = time.perf_counter()
        found = self._scan()
        changed = [name for name, mark in found.items() if self.known.get(name) != mark]
        gone = self.known.keys() - found.keys()
        assert not changed and not gone
        return time.perf_counter() - start


def _mark(path: Path) -> tuple[int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0, 0)
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def verify(tool: Tool, count: int, word: str) -> None:
    """Read the feeds back, the site's and those of all tags: the newest 50, newest first, each with its whole text;
    *word* in one of the site's. Raises Failed."""
    every = range(count - 1, -1, -1)
    wanted = [corpus.article(number) for number in every[:ENTRIES]]
    for path in (tool.rss, tool.atom):
        texts = _whole(path, wanted)
        if word and not any(word in text for text in texts):
            raise Failed(f"{path}: the change is not in it")
    tagged: dict[str, list[corpus.Text]] = {tag: [] for tag in corpus.TAGS}
    for number in every:
        each = corpus.article(number)
        for tag in each.tags:
            if len(tagged[tag]) < ENTRIES:
                tagged[tag].append(each)
        if all(len(found) == ENTRIES for found in tagged.values()):
            break
    for tag, newest in tagged.items():
        for name in ("rss.xml", "atom.xml"):
            _whole(tool.root / tool.out / tool.tags / tag / name, newest)


def _whole(path: Path, wanted: list[corpus.Text]) -> list[list[str]]:
    """The words of the entries at *path*, which are *wanted*, whole and in that order. Raises Failed."""
    if not path.exists():
        raise Failed(f"{path} is not there")
    read = feedparser.parse(path.read_bytes())
    if [entry.title for entry in read.entries] != [each.title for each in wanted]:
        raise Failed(f"{path}: other titles than the newest {ENTRIES}, newest first")
    texts = [
        _words(entry.content[0].value if "content" in entry else entry.summary) for entry in read.entries
    ]
    for text, each in zip(texts, wanted, strict=True):
        written = re.sub(
            r"\]\([^)]*\)|[*\[\]]|^(## |> |- )", "", "\n".join(each.paragraphs), flags=re.MULTILINE
        )
        if missing := Counter(_words(written)) - Counter(text):
            raise Failed(f"{path}: {each.title}: without {' '.join(missing)}")
    return texts


def _words(html: str) -> list[str]:
    plain = re.sub(
        r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\u061c]", "", unescape(re.sub(r"<[^>]+>", " ", html))
    )
    return re.findall(r"\w+", plain)


# --- what was found ---------------------------------------------------------------------------------------------------


def say(line: str) -> None:
    """A line for whoever waits."""
    print(line, file=sys.stderr, flush=True)


def table(run: Run, count: int) -> list[str]:
    """The figures of one corpus, beside Hugo's and what is promised."""
    lines = [
        f"{count:,} articles" + " " * 14,
        f"  {'job':28} {'tool':9} {'wall s':>8} {'cpu s':>8} {'/ hugo':>7} {'cpu/':>6} {'MB':>6} {'load':>5}  promised",
    ]
    jobs = list(dict.fromkeys(job for costs in run.costs.values() for job in costs))
    for job in jobs:
        hugo = run.costs.get("hugo", {}).get(job)
        for name, costs in run.costs.items():
            if job not in costs:
                continue
            wall, cpu = _middle(costs[job], "seconds"), _middle(costs[job], "cpu")
            ratios = ("", "")
            if hugo:
                ratios = (f"{wall / _middle(hugo, 'seconds'):.2f}", f"{cpu / _middle(hugo, 'cpu'):.2f}")
            memory = run.memory[name][job]
            promise = _promise(job, count, wall, memory, hugo) if name == "nashir" else ""
            load = max(cost.load for cost in costs[job])
            lines.append(
                f"  {job:28} {name:9} {wall:8.3f} {cpu:8.3f} {ratios[0]:>7} {ratios[1]:>6} {memory:6.0f} {load:5.1f}"
                f"  {promise}"
            )
    for name, found in run.daemon.items():
        half, most = (measure.percentile(found["seconds"], share) for share in (0.5, 0.95))
        promise = (
            f"p95 {_kept(most, DAEMON_TARGET)} {DAEMON_TARGET * 1000:.0f} ms" if name == "nashir" else ""
        )
        lines.append(
            f"  {'one change under the daemon':28} {name:9} p50 {half * 1000:7.1f} ms  p95 {most * 1000:7.1f} ms  "
            f"{found['resident_mb']:6.0f} MB ({len(found['seconds'])} changes)  {promise}"
        )
    if run.scan:
        floor, ours = (measure.median(run.scan[name]) for name in ("floor", "nashir"))
        promise = f"{_kept(ours / floor, SCAN_TARGET)} {SCAN_TARGET} × the floor"
        lines.append(
            f"  {'a look, nothing changed':28} {'nashir':9} {ours * 1000:8.1f} ms, floor {floor * 1000:.1f} ms: "
            f"{ours / floor:.2f} ×  {promise}"
        )
    return lines


def _middle(costs: list[Cost], name: str) -> float:
    return measure.median([getattr(cost, name) for cost in costs])


def _promise(job: str, count: int, wall: float, memory: float, hugo: list[Cost] | None) -> str:
    share, most = TARGETS.get((job, count), (None, None))
    said = []
    if share and hugo:
        said.append(f"{_kept(wall / _middle(hugo, 'seconds'), share)} {share} × Hugo")
    if most:
        said.append(f"{_kept(memory, most)} {most:.0f} MB")
    return ", ".join(said)


def _kept(value: float, limit: float) -> str:
    return "kept: ≤" if value <= limit else "MISSED: ≤"


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, nargs="+", default=[1000], metavar="N", help="sizes  [1000]")
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds after one that warms up  [3]")
    parser.add_argument(
        "--changes", type=int, default=20, help="changes under each daemon; 0: no daemons  [20]"
    )
    parser.add_argument(
        "--archive", action="store_true", help="let Nashir write its archive too; no peer has one"
    )
    parser.add_argument("--skip", nargs="+", default=[], metavar="TOOL", help="tools to leave out")
    parser.add_argument(
        "--peers",
        type=Path,
        default=os.environ.get("NASHIR_PEERS"),
        help="where peers.sh installed  [$NASHIR_PEERS, then PATH]",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        default=Path(tempfile.gettempdir()),
        help="keeps the articles, as corpus-N, for the next run  [the temporary folder]",
    )
    return parser.parse_args()


def choose(work: Path, articles: Path, asked: argparse.Namespace) -> list[Tool]:
    """The tools that are there and wanted."""
    peers = asked.peers and Path(asked.peers).expanduser()
    makers: dict[str, Callable[[], Tool | None]] = {
        "nashir": lambda: tools.nashir(work, articles, pages=False, archive=asked.archive),
        "hugo": lambda: tools.hugo(work, articles, peers, pages=False),
        "eleventy": lambda: tools.eleventy(work, articles, peers),
        "pelican": lambda: tools.pelican(work, articles, peers),
    }
    chosen = []
    for name, maker in makers.items():
        tool = maker() if name not in asked.skip else None
        if tool:
            chosen.append(tool)
        else:
            why = "--skip" if name in asked.skip else "not installed; benchmarks/peers.sh installs it"
            say(f"{name}: left out ({why})")
    return chosen


def main() -> None:
    asked = arguments()
    result: dict[str, Any] = {"machine": measure.machine(), "rounds": asked.rounds, "sizes": {}}
    print(", ".join(f"{name} {value}" for name, value in result["machine"].items()))
    told = False
    for count in asked.articles:
        source = corpus.ensure(asked.corpus / f"corpus-{count}", count)
        with tempfile.TemporaryDirectory(prefix="nashir-bench-", dir=asked.corpus) as name:
            work = Path(name)
            say(f"{count:,} articles")
            folder = Folder.of(source, work / "articles", count)
            chosen = choose(work, folder.path, asked)
            if not told:
                told = True
                result["versions"] = {tool.name: tool.version for tool in chosen}
                print(", ".join(f"{tool.name} {tool.version}" for tool in chosen))
                print(*(f"{tool.name}: {note}" for tool in chosen for note in tool.notes), sep="\n")
            run = Run(work, folder, asked)
            run.everything(chosen)
            print("\n".join(table(run, count)), flush=True)
            result["sizes"][count] = {
                "costs": {
                    tool: {
                        job: [asdict(cost) | {"output": ""} for cost in costs] for job, costs in jobs.items()
                    }
                    for tool, jobs in run.costs.items()
                },
                "memory_mb": run.memory,
                "daemon": run.daemon,
                "scan": run.scan,
            }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        sys.exit(f"folder_to_feeds: {error}")
