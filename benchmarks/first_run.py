"""How long the main job takes: N articles to feeds and pages, nothing changed, one changed; N letters to a sink.

    .venv/bin/python benchmarks/first_run.py [ARTICLES] [READERS]

Prints a table and writes benchmarks/first_run.json. Everything on loopback and in a temporary folder.
"""

import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

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
    "قال",
    "افتتح",
    "وصل",
    "عاد",
    "خبز",
    "مطر",
    "كتاب",
    "ملعب",
]
NASHIR = [sys.executable, "-m", "publisher"]


def article(number: int, chance: random.Random) -> str:
    """An article of about 3 kB, the same for the same number."""

    def sentence(length: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(length))

    paragraphs = "\n\n".join(f"{sentence(40)}." for _ in range(6))
    date = f"2026-01-{number % 28 + 1:02}T08:00:00+03:00"
    return f"---\ntitle: {sentence(7)} {number}\ndate: {date}\n---\n\n{paragraphs}\n"


def timed(site: Path, *words: str, **environment: str) -> float:
    """Seconds `nashir` takes from start to end."""
    start = time.perf_counter()
    command = [*NASHIR, "-C", str(site), *words]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    return time.perf_counter() - start


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 ok\r\n")
        if verb == b"QUIT":
            break
    writer.close()


def sink() -> str:
    """An SMTP server in a thread that accepts everything; its URL."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    server = asyncio.run_coroutine_threadsafe(
        asyncio.start_server(_talk, "127.0.0.1", 0, limit=1 << 22), loop
    ).result()
    return f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def main() -> None:
    articles, readers = (int(word) for word in (*sys.argv[1:], "1000", "1000")[:2])
    chance = random.Random(1)
    rows: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "site")
        subprocess.run([*NASHIR, "init", str(site)], check=True, capture_output=True)
        for number in range(articles):
            path = site / "articles" / f"{number:06}.md"
            path.write_text(article(number, chance), "utf-8")
            os.utime(path, (1_700_000_000, 1_700_000_000))
        rows["nashir --help, the best of 5 (s)"] = min(timed(site, "--help") for _ in range(5))
        rows["first build, feeds and pages (s)"] = timed(site, "publish")
        rows["nothing changed (s)"] = timed(site, "publish")
        path.write_text(article(articles + 1, chance), "utf-8")
        os.utime(path, (1_700_000_001, 1_700_000_001))
        rows["one article changed (s)"] = timed(site, "publish")
        people = site / "people.csv"
        people.write_text("".join(f"r{number}@example.org\n" for number in range(readers)))
        rows["import of the readers (s)"] = timed(site, "subscribers", "import", "--confirmed", str(people))
        seconds = timed(site, "send", "--now", "--include-existing", NASHIR__MAIL__RELAY=sink())
        rows["letters a second, planning included"] = readers / seconds
    rows["peak memory of a process (MB)"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{articles} articles, {readers} readers")
    for name, value in rows.items():
        print(f"  {name:40} {value:10.2f}")
    result = {"articles": articles, "readers": readers} | {
        name: round(value, 3) for name, value in rows.items()
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
