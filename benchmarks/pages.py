"""A page for every article: Nashir beside Hugo, on the same files in the same minutes.

    .venv/bin/python benchmarks/pages.py --articles 10000 --peers ~/.cache/nashir-peers
    .venv/bin/python benchmarks/pages.py --articles 100000 --rounds 0 --peers ~/.cache/nashir-peers

Jobs: the first build; new articles, one after the other, by the command and under the daemon: seconds from the file
closed to its page on the disk, and the page files that each writes. The feeds of the first build are read back, and
every article has its page, or the run ends. Prints a table and writes benchmarks/pages.json. benchmarks/README.md says
how to read it.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import corpus
import measure
import tools
from folder_to_feeds import Folder, say, verify
from measure import Cost, Failed
from tools import Tool

from publisher import layout
from publisher.articles.slugs import slug

# What docs promise of the first build, by articles: share of Hugo's time, MB.
TARGETS: dict[int, tuple[float, float]] = {100_000: (1.0, 300)}
FILES = 15  # page files that one new article may write
SELDOM = 5e-6  # seconds an article between two looks at the memory: they hold up a large process
PAUSE = 2.0  # seconds between two new articles under the daemon: what it does later is done


@dataclass(slots=True)
class Found:
    """What a run over one corpus found."""

    costs: dict[str, list[Cost]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)  # MB, by tool
    command: list[float] = field(default_factory=list)  # seconds to a new article's page ...
    ended: list[float] = field(default_factory=list)  # ... and to the end of the command
    files: list[list[str]] = field(default_factory=list)  # the page files that each wrote
    daemon: list[float] = field(default_factory=list)
    resident: float = 0.0  # MB of the daemon


def first_builds(chosen: list[Tool], count: int, rounds: int, found: Found) -> None:
    """Round 0 takes the memory and reads everything back; the others are timed. Without others it is timed as well."""
    measure.EVERY = max(measure.EVERY, count * SELDOM)
    for number in range(rounds + 1):
        for tool in chosen:
            say(f"  first build, round {number}: {tool.name} (load {os.getloadavg()[0]:.2f})")
            tool.clean()
            cost = measure.run(tool.build, tool.root, tool.environment, sampled=not number)
            if number or not rounds:
                found.costs.setdefault(tool.name, []).append(cost)
            if number:
                continue
            found.memory[tool.name] = cost.memory
            verify(tool, count, "")
            if tool.name == "nashir":
                complete(tool, count)


def complete(tool: Tool, count: int) -> None:
    """Whether every article has a page. Raises Failed."""
    lost = [number for number in range(count) if not page(tool, number).is_file()]
    if lost:
        raise Failed(f"{len(lost)} articles have no page, article {lost[0]} first")


def page(tool: Tool, number: int) -> Path:
    """Where the page of the article with this number stands."""
    return tool.root / tool.out / layout.article_path(slug(corpus.article(number).title))


def by_command(tool: Tool, folder: Folder, times: int, found: Found) -> None:
    """New articles, published by a command each."""
    for _ in range(times):
        target, start = page(tool, folder.count), time.perf_counter()
        folder.add()
        seen: list[float] = []
        look = threading.Thread(target=lambda: seen.append(measure.wait_for(target.is_file)), daemon=True)  # noqa: B023
        look.start()
        cost = measure.run(tool.build, tool.root, tool.environment)
        found.ended.append(time.perf_counter() - start)
        look.join()
        found.command += seen
        written = json.loads(cost.output)["written"]
        found.files.append([name for name in written if name.endswith((".html", ".htm"))])


def under_the_daemon(tool: Tool, folder: Folder, times: int, found: Found) -> None:
    """New articles while the daemon runs."""
    with measure.running(tool.watch, tool.root, tool.environment, tool.ready) as process:
        time.sleep(2 * PAUSE)
        for _ in range(times):
            target = page(tool, folder.count)
            closed = folder.add(old=False)
            measure.wait_for(target.is_file)
            found.daemon.append(time.perf_counter() - closed)
            time.sleep(PAUSE)
        found.resident = measure.memory(process.pid)


def table(found: Found, count: int) -> list[str]:
    """The figures of one corpus, beside Hugo's and what is promised."""
    share, most = TARGETS.get(count, (None, None))
    lines = [
        f"{count:,} articles",
        f"  {'first build':28} {'tool':9} {'wall s':>8} {'cpu s':>8} {'/ hugo':>7} {'cpu/':>6} {'MB':>6} {'load':>5}  "
        "promised",
    ]
    middle = {
        (tool, what): measure.median([getattr(cost, what) for cost in costs])
        for tool, costs in found.costs.items()
        for what in ("seconds", "cpu")
    }
    for tool, costs in found.costs.items():
        wall, cpu = middle[tool, "seconds"], middle[tool, "cpu"]
        beside, said = ("", ""), []
        if "hugo" in found.costs:
            ratio = wall / middle["hugo", "seconds"]
            beside = f"{ratio:.2f}", f"{cpu / middle['hugo', 'cpu']:.2f}"
            said += [f"{_kept(ratio, share)} {share} × Hugo"] if share and tool == "nashir" else []
        said += [f"{_kept(found.memory[tool], most)} {most} MB"] if most and tool == "nashir" else []
        lines.append(
            f"  {'':28} {tool:9} {wall:8.1f} {cpu:8.1f} {beside[0]:>7} {beside[1]:>6} {found.memory[tool]:6.0f} "
            f"{max(cost.load for cost in costs):5.1f}  {', '.join(said)}"
        )
    for what, seconds in (
        ("page of a new article: command", found.command),
        ("... and the command's end", found.ended),
        ("... under the daemon", found.daemon),
    ):
        if seconds:
            lines.append(
                f"  {what:38} p50 {measure.median(seconds):8.3f} s  most {max(seconds):8.3f} s ({len(seconds)})"
            )
    if found.resident:
        lines.append(f"  {'the daemon':38} {found.resident:.0f} MB")
    if found.files:
        numbers = [len(files) for files in found.files]
        lines.append(
            f"  {'page files of a new article':38} {', '.join(map(str, numbers))}  "
            f"{_kept(max(numbers), FILES)} {FILES}"
        )
        lines += [f"    {name}" for name in found.files[-1]]
    return lines


def _kept(value: float, limit: float) -> str:
    return "kept: ≤" if value <= limit else "MISSED: ≤"


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, nargs="+", default=[1000], metavar="N", help="sizes  [1000]")
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        help="timed rounds after the one that takes the memory; 0: that is timed  [3]",
    )
    parser.add_argument(
        "--new", type=int, default=5, help="new articles by the command, and by the daemon  [5]"
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
        "nashir": lambda: tools.nashir(work, articles, pages=True),
        "hugo": lambda: tools.hugo(work, articles, peers, pages=True),
    }
    made = [maker() for name, maker in makers.items() if name not in asked.skip]
    if None in made:
        say("hugo: left out (not installed; benchmarks/peers.sh installs it)")
    return [tool for tool in made if tool]


def main() -> None:
    asked = arguments()
    result: dict[str, Any] = {"machine": measure.machine(), "rounds": asked.rounds, "sizes": {}}
    print(", ".join(f"{name} {value}" for name, value in result["machine"].items()))
    for count in asked.articles:
        source = corpus.ensure(asked.corpus / f"corpus-{count}", count)
        with tempfile.TemporaryDirectory(prefix="nashir-bench-", dir=asked.corpus) as name:
            say(f"{count:,} articles")
            folder, found = Folder.of(source, Path(name) / "articles", count), Found()
            chosen = choose(Path(name), folder.path, asked)
            result["versions"] = {tool.name: tool.version for tool in chosen}
            first_builds(chosen, count, asked.rounds, found)
            for tool in chosen:
                if tool.name == "nashir" and asked.new:
                    by_command(tool, folder, asked.new, found)
                    under_the_daemon(tool, folder, asked.new, found)
            print("\n".join(table(found, count)), flush=True)
            costs = {
                tool: [asdict(cost) | {"output": ""} for cost in each] for tool, each in found.costs.items()
            }
            result["sizes"][count] = asdict(found) | {"costs": costs}
            written = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
            Path(__file__).with_suffix(".json").write_text(written, "utf-8")


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        sys.exit(f"pages: {error}")
