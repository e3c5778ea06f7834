"""Ten thousand sign-ups in a minute, and what the time of an answer tells about an address (L2, L3, X12).

    .venv/bin/python benchmarks/flood.py [--posts 10000] [--seconds 60] [--rounds 5] [--slow 300]

First, of a daemon that has just started, the form is sent for 90 readers and for 90 strangers in turn, each from a
network of its own, one after the other: the shares of the pairs in which the reader's answer took longer (0.5 is what
chance gives), and the medians. The daemon starts anew for each round, so that every one of them is heard. Then
`--posts` strangers are written into the form within `--seconds`, each from another network, while somebody asks for
the feed twenty times a second: how many letters were mailed (the cap: 200 at once, 600 an hour), and how long the
answers took. With `--slow`, in the midst of it so many connections open and send a byte of their headers a second, and
others send what is no HTTP: how many of the slow ones are left after 16 seconds (X12). Writes flood.json beside itself.
"""

import argparse
import asyncio
import contextlib
import json
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import measure
from together import NASHIR, again_and_again, ask, free_port

PAIRS = 90  # twice as many posts are heard before the cap
CLIENTS = 32  # connections of the flood
LEFT = 16.0  # seconds after which no slow connection may be left
WAIT = 2.5  # seconds a person needs for the form, at least


class Door:
    """A connection that stays open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, path: str, fields: dict[str, str] | None = None, ip: str = ""
    ) -> tuple[int, bytes, float]:
        """The status, the body, and the seconds it took."""
        start = time.perf_counter()
        if self._streams is None or self._streams[0].at_eof() or self._streams[1].is_closing():
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        body = urlencode(fields or {}).encode()
        head = (
            f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {ip}\r\n"
        )
        if fields is not None:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"\r\n" + body)
        said = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"(?i)content-length: (\d+)", said)
        answer = await reader.readexactly(int(length[1])) if length else b""
        if re.search(r"(?i)connection: close", said):
            writer.close()
            self._streams = None
        return int(said.split(" ", 2)[1]), answer, time.perf_counter() - start


def network(chance: random.Random) -> str:
    """An address in a network that nobody else is likely to be in."""
    return f"{chance.randrange(1, 223)}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"


def site(folder: Path, port: int, readers: int) -> None:
    """A new site as `init` makes it, with readers, behind a server that says who asks."""
    run = [*NASHIR, "-C", str(folder)]
    subprocess.run([*NASHIR, "init", str(folder)], check=True, capture_output=True)
    config = folder / "config.toml"
    text = config.read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    web = f'[web]\nlisten = "127.0.0.1:{port}"\ntrusted_proxies = ["127.0.0.1"]\n'
    text = re.sub(r"(?m)^\[web\]\n(listen = .*\n)?", "", text) + "\n" + web
    config.write_text(text, "utf-8")
    subprocess.run([*run, "publish"], check=True, capture_output=True)
    (folder / "list.csv").write_text(
        "email\n" + "".join(f"known{n}@example.net\n" for n in range(readers)), "utf-8"
    )
    subprocess.run(
        [*run, "subscribers", "import", "--confirmed", "list.csv"],
        check=True,
        capture_output=True,
        cwd=folder,
    )


async def form(port: int) -> dict[str, str]:
    """What the form's hidden fields and boxes say, once a person could have filled it in."""
    _, page, _ = await Door(port).ask("/subscribe")
    text = page.decode()
    shown = re.search(r'name="shown" value="([^"]+)"', text)
    newsletter = re.search(r'name="newsletter" value="([^"]+)"', text)
    assert shown and newsletter, "no form at /subscribe"
    await asyncio.sleep(WAIT)
    return {"shown": shown[1], "newsletter": newsletter[1]}


async def pairs(port: int, first: int, chance: random.Random) -> tuple[list[float], list[float]]:
    """The seconds of answers for readers, and for strangers."""
    fields, door = await form(port), Door(port)
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(first, first + PAIRS):
        for known in random.Random(number).sample((True, False), 2):
            email = f"{'known' if known else 'other'}{number}@example.net"
            status, _, seconds = await door.ask("/subscribe", fields | {"email": email}, network(chance))
            assert status == 200
            took[known].append(seconds)
            await asyncio.sleep(0.02)  # what is done behind the last answer is over
    return took[True], took[False]


def slower(one: list[float], other: list[float]) -> float:
    """The share of pairs of *one* and *other* in which *one* is larger."""
    return sum((a > b) + (a == b) / 2 for a in one for b in other) / (len(one) * len(other))


async def flood(
    port: int, posts: int, seconds: float, chance: random.Random
) -> tuple[Counter[int], list[float]]:
    """So many strangers in so many seconds: statuses, and seconds of the answers."""
    fields, start = await form(port), time.perf_counter()
    statuses, took, left = Counter[int](), list[float](), iter(range(posts))

    async def client() -> None:
        door = Door(port)
        for number in left:
            await asyncio.sleep(max(0.0, start + number * seconds / posts - time.perf_counter()))
            sent = fields | {"email": f"flood{number}@example.org"}
            status, _, each = await door.ask("/subscribe", sent, network(chance))
            statuses[status] += 1
            took.append(each)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return statuses, took


async def both(
    port: int, asked: argparse.Namespace, chance: random.Random
) -> tuple[tuple[Counter[int], list[float]], dict[str, float]]:
    """The flood, and the slow ones in its midst."""
    flooding = asyncio.create_task(flood(port, asked.posts, asked.seconds, chance))
    await asyncio.sleep(asked.seconds / 3)
    words = [sys.executable, __file__, "--slow-at", str(port), "--slow", str(asked.slow)]
    process = await asyncio.create_subprocess_exec(
        *words, stdout=subprocess.PIPE
    )  # not held up by the flood's own work
    said, _ = await process.communicate()
    return await flooding, json.loads(said)


def slow(port: int, count: int) -> dict[str, float]:
    """*count* connections that send a byte of their headers a second for 16 seconds, and one each second that talks no
    HTTP: how many the server still has then, and the seconds in which it answers for the feed meanwhile."""
    peers, took = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)], list[float]()
    start = time.monotonic()
    for each in b"GET / HTTP/1.1\r\nHost: a.example.org\r\nX-Slow: yes yes":
        for peer in peers:
            with contextlib.suppress(OSError):
                peer.send(bytes([each]))
        with socket.create_connection(("127.0.0.1", port)) as broken:
            broken.sendall(b"\x16\x03\x01\x00\xa5 not HTTP\r\n\r\n")
        took.append(ask(f"http://127.0.0.1:{port}/atom.xml"))
        time.sleep(max(0.0, start + min(LEFT, len(took)) - time.monotonic()))
        if time.monotonic() - start >= LEFT:
            break
    left = sum(not _has_ended(peer) for peer in peers)
    feed = {"p50": measure.median(took), "longest": max(took)}
    return {"slow": count, "slow_left": left} | {
        f"feed_beside_{k}_ms": round(v * 1000) for k, v in feed.items()
    }


def _has_ended(peer: socket.socket) -> bool:
    peer.setblocking(False)
    try:
        while peer.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def letters(folder: Path) -> int:
    """The letters in the mail folder."""
    return sum(1 for _ in (folder / "outbox" / "new").glob("*"))


def live(folder: Path, port: int, asked: argparse.Namespace) -> dict[str, Any]:
    """All of it."""
    chance, known, other = random.Random(3), list[float](), list[float]()
    run = [*NASHIR, "-C", str(folder), "run"]
    for number in range(asked.rounds):
        with measure.running(run, folder, {}, "serving"):
            of_known, of_other = asyncio.run(pairs(port, number * PAIRS, chance))
        known += of_known
        other += of_other
    with measure.running(run, folder, {}, "serving") as daemon:
        measure.wait_for(lambda: _still(folder), 1.0)
        before, start = letters(folder), time.perf_counter()
        with again_and_again(lambda: ask(f"http://127.0.0.1:{port}/atom.xml"), 0.05) as looks:
            (statuses, took), left = asyncio.run(both(port, asked, chance))
        seconds = time.perf_counter() - start
        measure.wait_for(lambda: _still(folder), 1.0)
        peak = measure.memory(daemon.pid)
    return {
        "reader_ms": round(measure.median(known) * 1000, 3),
        "stranger_ms": round(measure.median(other) * 1000, 3),
        "reader_slower": round(slower(known, other), 3),
        "answers": dict(statuses),
        "posts_minute": round(asked.posts / seconds * 60),
        "letters": letters(folder) - before,
        "cap": round(200 + seconds / 6),
        "answer_p50_ms": round(measure.median(took) * 1000, 1),
        "answer_p99_ms": round(measure.percentile(took, 0.99) * 1000, 1),
        "feed_p99_ms": round(measure.percentile(looks, 0.99) * 1000, 1),
        **left,
        "memory_mb": round(peak),
    }


def _still(folder: Path) -> bool:
    """Whether no letter came for a while."""
    before = letters(folder)
    time.sleep(2)
    return letters(folder) == before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow", type=int, default=300)
    parser.add_argument("--slow-at", type=int, default=0, help=argparse.SUPPRESS)
    asked, port = parser.parse_args(), free_port()
    if asked.slow_at:
        print(json.dumps(slow(asked.slow_at, asked.slow)))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "site")
        site(folder, port, asked.rounds * PAIRS)
        found = live(folder, port, asked)
    for name, value in found.items():
        print(f"{name:24} {value}")
    result = {
        "machine": measure.machine(),
        "asked": {name: getattr(asked, name) for name in ("posts", "seconds", "rounds", "slow")},
        "found": found,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
