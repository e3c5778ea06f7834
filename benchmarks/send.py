"""Letters over SMTP, beside what else sends mail: the same bytes, the same ten connections, to four servers.

    .venv/bin/python benchmarks/send.py [--letters 20000] [--rounds 3] [--peers ~/.cache/nashir-peers]
    .venv/bin/python benchmarks/send.py --only "fast sink" --memory 10000 100000 1000000
    .venv/bin/python benchmarks/send.py --store postgresql --folder FOLDER --only "fast sink"

Nashir sends an edition that is planned, with its whole ledger on the disk; the others send the letter of that edition,
addressed to each reader. Senders take turns within a round. Prints tables and writes benchmarks/send.json, with
`--store postgresql` send-postgresql.json: the ledger is on a server that is started for it (databases.py), whose
processor time is told apart.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import corpus
import databases
import measure
import servers

from tests.sink import Process, Sink

HERE = Path(__file__).resolve().parent
NASHIR = [sys.executable, "-m", "publisher"]
CONNECTIONS = 10
ARTICLES = 4  # of the edition: a letter of about 32 KB
DEAD = "smtp://127.0.0.1:9"  # nobody is there: what is planned waits
ESTABLISHED = "01"
SHARES = {
    "sink, 30 ms a reply": 0.1,
    "smtp-sink": 0.5,
    "Postfix": 0.15,
}  # of the letters: the slow servers get fewer


@dataclass(frozen=True, slots=True)
class Bench:
    """What all senders have in common."""

    folder: Path
    letter: Path  # its bytes, with marks for recipient and Message-ID
    key: Path  # RSA-2048
    ed25519: Path
    peers: Path | None
    ledger: databases.Ledger


@dataclass(frozen=True, slots=True)
class Sender:
    """A program that sends letters: its command for a port and a number of letters."""

    name: str
    command: Callable[[Bench, int, int], Sequence[str | Path]]
    needs: Callable[[Bench], bool]
    share: float = 1.0  # of the letters: the slow ones would take minutes
    environment: Callable[[Bench, int], dict[str, str]] = lambda _, __: {}
    ours: bool = False
    on: tuple[str, ...] = tuple(servers.SERVERS)


@dataclass(slots=True)
class Run:
    """One run of a sender."""

    letters: int
    wire: float  # seconds in which a connection to the server was open
    seconds: float  # of the whole process
    cpu: float
    memory: float = 0.0  # MB, PSS
    database: float = 0.0  # seconds of processor time of PostgreSQL


@dataclass(slots=True)
class Row:
    """The runs of a sender against a server."""

    server: str
    sender: str
    runs: list[Run] = field(default_factory=list)
    memory: float = 0.0

    def rate(self) -> float:
        """Letters a second on the wire."""
        return statistics.median(run.letters / run.wire for run in self.runs)

    def figures(self) -> dict[str, Any]:
        """For the JSON file."""
        runs = self.runs
        return {
            "server": self.server,
            "sender": self.sender,
            "letters": runs[0].letters,
            "letters a second": round(self.rate(), 1),
            "whole process": round(statistics.median(run.letters / run.seconds for run in runs), 1),
            "cpu ms a letter": round(statistics.median(1000 * run.cpu / run.letters for run in runs), 4),
            "database cpu ms a letter": round(
                statistics.median(1000 * run.database / run.letters for run in runs), 4
            ),
            "percent of a core": round(statistics.median(100 * run.cpu / run.seconds for run in runs)),
            "MB": round(self.memory, 1),
            "runs": [asdict(run) for run in runs],
        }


# --- the site -----------------------------------------------------------------------------------------------------


def nashir(site: Path, *words: str, expect: tuple[int, ...] = (0,), **environment: str) -> dict[str, Any]:
    """`nashir --json WORDS` to its end."""
    command = [*NASHIR, "-C", str(site), "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    if done.returncode not in expect:
        raise measure.Failed(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return dict(json.loads(done.stdout or "{}"))


def make(site: Path, readers: int, ledger: databases.Ledger) -> float:
    """A site at *site* with an edition that is planned for *readers* and has not left; seconds of the planning."""
    given = ledger.environment
    subprocess.run([*NASHIR, "init", str(site)], check=True, capture_output=True)
    for path in (site / "articles").iterdir():
        path.unlink()
    corpus.ensure(site / "articles", ARTICLES)
    settings = (site / "config.toml").read_text("utf-8")
    https = settings.replace('url = "http://127.0.0.1:8080"', 'url = "https://news.example.org"')
    (site / "config.toml").write_text(https, "utf-8")
    nashir(site, "publish", **given)
    people = site / "people.csv"
    with people.open("w") as file:
        file.writelines(f"r{n}@d{n % 40}.example\n" for n in range(readers))
    nashir(site, "subscribers", "import", "--confirmed", str(people), **given)
    start = time.perf_counter()
    nashir(site, "send", "--now", "--include-existing", expect=(0, 74), NASHIR__MAIL__RELAY=DEAD, **given)
    return time.perf_counter() - start


def queue(site: Path, letters: int, ledger: databases.Ledger) -> None:
    """The first *letters* of the edition are to be sent (again), the others not."""
    now = int(time.time())
    ledger.run(
        site,
        f"UPDATE deliveries SET attempts = 0, due = {now - 60}, expires = {now + 86_400}, code = 0, note = '',"
        f" state = CASE WHEN id < (SELECT min(id) + {letters} FROM deliveries) THEN 0 ELSE 3 END",
    )


def letter(site: Path, ledger: databases.Ledger) -> bytes:
    """What the first reader gets, with marks in the place of what is each reader's own."""
    found: list[bytes] = []

    class Looking(Sink):
        def look(self, content: bytes) -> None:
            found.append(content)

    queue(site, 1, ledger)
    with Looking() as sink:
        nashir(site, "send", NASHIR__MAIL__RELAY=sink.url, **ledger.environment)
    head, blank, body = found[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    for n, line in enumerate(lines):
        if line.lower().startswith(b"to:"):
            lines[n] = b"To: @@TO@@"
        if line.lower().startswith(b"message-id:"):
            lines[n] = b"Message-ID: <1.@@ID@@@news.example.org>"
    return b"\r\n".join(lines) + blank + body


# --- the senders --------------------------------------------------------------------------------------------------


def _python(script: str, *, signing: bool = False) -> Callable[[Bench, int, int], Sequence[str | Path]]:
    def command(bench: Bench, port: int, letters: int) -> Sequence[str | Path]:
        apart = signing or script == "mailman_deliver"
        python = bench.peers / "mailman" / "bin" / "python" if bench.peers and apart else sys.executable
        words = ["--port", str(port), "--letters", str(letters), "--connections", str(CONNECTIONS)]
        files = [
            "--letter",
            bench.letter,
            "--folder",
            bench.folder,
            *(["--key", bench.key] if signing else []),
        ]
        return [python, HERE / "senders" / f"{script}.py", *words, *files]

    return command


def _node(*, signing: bool = False) -> Callable[[Bench, int, int], Sequence[str | Path]]:
    def command(bench: Bench, port: int, letters: int) -> Sequence[str | Path]:
        assert bench.peers
        words = ["--port", str(port), "--letters", str(letters), "--connections", str(CONNECTIONS)]
        files = ["--letter", bench.letter, "--modules", bench.peers / "nodemailer" / "node_modules"]
        script = HERE / "senders" / "nodemailer_pool.cjs"
        return ["node", script, *words, *files, *(["--key", bench.key] if signing else [])]

    return command


def _smtp_source(bench: Bench, port: int, letters: int) -> Sequence[str | Path]:
    size = str(bench.letter.stat().st_size)
    words = f"-s {CONNECTIONS} -d -N -l {size} -m {letters} -f news@example.org -t r@d.example"
    return ["smtp-source", *words.split(), f"127.0.0.1:{port}"]


def _nashir(bench: Bench, _: int, __: int) -> Sequence[str | Path]:
    return [*NASHIR, "-C", bench.folder / "site", "--json", "send"]


def _relay(connections: int, *keys: str) -> Callable[[Bench, int], dict[str, str]]:
    def environment(bench: Bench, port: int) -> dict[str, str]:
        values = {
            "NASHIR__MAIL__RELAY": f"smtp://127.0.0.1:{port}",
            "NASHIR__MAIL__CONNECTIONS": str(connections),
        }
        if "rsa" in keys:
            values["NASHIR__MAIL__DKIM__KEY_FILE"] = str(bench.key)
            values["NASHIR__MAIL__DKIM__SELECTOR"] = "s"
        if "ed25519" in keys:
            values["NASHIR__MAIL__DKIM__ED25519_KEY_FILE"] = str(bench.ed25519)
            values["NASHIR__MAIL__DKIM__ED25519_SELECTOR"] = "e"
        return values

    return environment


def _always(_: Bench) -> bool:
    return True


def _mailman(bench: Bench) -> bool:
    return bool(bench.peers and (bench.peers / "mailman" / "bin" / "python").exists())


def _nodemailer(bench: Bench) -> bool:
    return bool(
        bench.peers and (bench.peers / "nodemailer" / "node_modules").exists() and shutil.which("node")
    )


SMTP_SOURCE = "smtp-source -d"
FAST = ("fast sink",)
SENDERS = (
    Sender("Nashir", _nashir, _always, environment=_relay(CONNECTIONS), ours=True),
    Sender(SMTP_SOURCE, _smtp_source, lambda _: bool(shutil.which("smtp-source"))),
    Sender("aiosmtplib, pooled", _python("aiosmtplib_pool"), _always, 0.5),
    Sender("smtplib, threads", _python("smtplib_threads"), _always, 0.5),
    Sender("nodemailer, pool", _node(), _nodemailer, 0.5),
    Sender("Mailman 3, one connection", _python("mailman_deliver"), _mailman, 0.05),
    Sender("Nashir, 50 connections", _nashir, _always, environment=_relay(50), ours=True, on=FAST),
    Sender("Nashir, RSA", _nashir, _always, 0.5, _relay(CONNECTIONS, "rsa"), ours=True, on=FAST),
    Sender(
        "Nashir, RSA + Ed25519",
        _nashir,
        _always,
        0.5,
        _relay(CONNECTIONS, "rsa", "ed25519"),
        ours=True,
        on=FAST,
    ),
    Sender("nodemailer, pool, RSA", _node(signing=True), _nodemailer, 0.2, on=FAST),
    Sender("aiosmtplib + dkimpy", _python("aiosmtplib_pool", signing=True), _mailman, 0.05, on=FAST),
)


# --- one run ------------------------------------------------------------------------------------------------------


def _connected(port: int) -> bool:
    """Whether a client has a connection to *port* of this machine."""
    end = f":{port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, _, remote, state, *_ = line.split()
        if remote.endswith(end) and state == ESTABLISHED:
            return True
    return False


def run(command: Sequence[str], folder: Path, environment: dict[str, str], port: int, *, memory: bool) -> Run:
    """Run a sender to its end. Raises measure.Failed when it ends badly."""
    first = last = 0.0
    done, peak = threading.Event(), 0.0

    def look() -> None:
        nonlocal first, last, peak
        while not done.wait(0.005):
            if memory:
                peak = max(peak, measure.memory(process.pid))
            elif _connected(port):
                last = time.perf_counter()
                first = first or last

    with (folder / "output.log").open("w+b") as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=HERE.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
        thread = threading.Thread(target=look)
        thread.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        done.set()
        thread.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        output = log.read().decode("utf-8", "replace")
    if process.returncode:
        raise measure.Failed(f"{command} ended with {process.returncode}: {output[-800:]}")
    return Run(0, max(last - first, 1e-3), seconds, usage.ru_utime + usage.ru_stime, peak)


def one(bench: Bench, sender: Sender, server: str, letters: int, *, memory: bool = False) -> Run:
    """*sender* sends *letters* to *server*, which is started for it. Raises measure.Failed where not all arrived."""
    if sender.ours:
        queue(bench.folder / "site", letters, bench.ledger)
    with servers.SERVERS[server](bench.folder) as port:
        command = [str(word) for word in sender.command(bench, port, letters)]
        environment = os.environ | {"PYTHONPATH": str(HERE.parent)} | sender.environment(bench, port)
        before = bench.ledger.cpu()
        result = run(command, bench.folder, environment | bench.ledger.environment, port, memory=memory)
        result.database = bench.ledger.cpu() - before
    if sender.ours:
        waiting = bench.ledger.ask(bench.folder / "site", "SELECT count(*) FROM deliveries WHERE state <> 3")
        if waiting:
            raise measure.Failed(f"{sender.name}: {waiting} letters were not sent")
    result.letters = letters
    return result


# --- the disk, commits, memory ------------------------------------------------------------------------------------


def latency(folder: Path) -> float:
    """Milliseconds of a write of 4 KB and its fdatasync, the median."""
    times = []
    with (folder / "probe").open("wb") as file:
        for _ in range(300):
            start = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def commits(bench: Bench, letters: int) -> float | None:
    """Letters for each commit of the ledger, as strace counts its fdatasyncs; None: there is no strace."""
    if bench.ledger.host:
        return commits_there(bench, letters, bench.ledger.host)
    if not shutil.which("strace"):
        return None
    queue(bench.folder / "site", letters, bench.ledger)
    trace = bench.folder / "trace"
    with servers.ours(bench.folder) as port:
        environment = os.environ | _relay(CONNECTIONS)(bench, port)
        command = ["strace", "-f", "--seccomp-bpf", "-c", "-e", "trace=fdatasync", "-o", str(trace)]
        command += [str(word) for word in _nashir(bench, port, letters)]
        subprocess.run(command, check=True, capture_output=True, env=environment)
    line = next(line for line in trace.read_text().splitlines() if "fdatasync" in line)
    return letters / int(line.split()[3])


def commits_there(bench: Bench, letters: int, host: databases.Host) -> float:
    """The same as PostgreSQL counts its transactions: all of them, claims too."""
    queue(bench.folder / "site", letters, bench.ledger)
    before = host.commits(bench.ledger.url)
    with servers.ours(bench.folder) as port:
        environment = os.environ | _relay(CONNECTIONS)(bench, port) | bench.ledger.environment
        command = [str(word) for word in _nashir(bench, port, letters)]
        subprocess.run(command, check=True, capture_output=True, env=environment)
    return letters / (host.commits(bench.ledger.url) - before)


def memory(folder: Path, subscribers: int, letters: int, host: databases.Host | None) -> dict[str, Any]:
    """The most memory `nashir send` takes for the first *letters* of an edition for *subscribers*."""
    folder.mkdir()
    ledger = databases.Ledger(host)
    planning = make(folder / "site", subscribers, ledger)
    bench = Bench(folder, folder, folder, folder, None, ledger)
    with Process(words=["--quick"]) as sink:
        environment = os.environ | _relay(CONNECTIONS)(bench, sink.port) | ledger.environment
        command = [str(word) for word in _nashir(bench, sink.port, letters)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, measure.memory(process.pid))
            if sink.tell()["accepted"] >= min(letters, subscribers):
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
            time.sleep(0.02)
    shutil.rmtree(folder)
    ledger.drop()
    return {"subscribers": subscribers, "MB": round(peak, 1), "seconds of planning": round(planning, 1)}


# --- all of it ----------------------------------------------------------------------------------------------------


def keys(folder: Path) -> tuple[Path, Path]:
    """An RSA and an Ed25519 key for DKIM."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = {
        "rsa.pem": (rsa.generate_private_key(65537, 2048), PrivateFormat.TraditionalOpenSSL),
        "ed25519.pem": (ed25519.Ed25519PrivateKey.generate(), PrivateFormat.PKCS8),
    }
    for name, (key, form) in made.items():
        (folder / name).write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
        (folder / name).chmod(0o600)
    return folder / "rsa.pem", folder / "ed25519.pem"


def show(rows: Sequence[Row]) -> None:
    """The table."""
    by_server = defaultdict(list)
    for row in rows:
        by_server[row.server].append(row)
    for server, each in by_server.items():
        yard = next((row for row in each if row.sender == SMTP_SOURCE), None)
        print(f"\n{server}")
        print(
            f"  {'':28}{'letters/s':>12}{'× smtp-source':>15}{'process':>10}{'cpu ms':>9}{'database':>9}"
            f"{'% core':>8}{'MB':>7}"
        )
        for row in each:
            found = row.figures()
            pairs = zip(row.runs, yard.runs if yard else [], strict=False)
            ratio = statistics.median(
                [(a.letters / a.wire) / (b.letters / b.wire) for a, b in pairs] or [float("nan")]
            )
            print(
                f"  {row.sender:28}{found['letters a second']:>12,.0f}{ratio:>15.2f}"
                f"{found['whole process']:>10,.0f}{found['cpu ms a letter']:>9.3f}"
                f"{found['database cpu ms a letter']:>9.3f}"
                f"{found['percent of a core']:>8}{found['MB']:>7.0f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--letters", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, default=os.environ.get("NASHIR_PEERS"))
    parser.add_argument("--folder", type=Path, help="on a disk to be measured; a temporary one")
    parser.add_argument("--only", nargs="+", choices=list(servers.SERVERS), default=list(servers.SERVERS))
    parser.add_argument("--senders", nargs="+", help="words of their names", default=[""])
    parser.add_argument("--memory", nargs="*", type=int, default=[], metavar="SUBSCRIBERS")
    given = parser.parse_args()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(dir=given.folder)))
        folder.chmod(0o755)
        host = held.enter_context(databases.running(folder)) if given.store == "postgresql" else None
        ledger = databases.Ledger(host)
        print(f"{given.letters} letters are planned ...", flush=True)
        make(folder / "site", given.letters, ledger)
        (folder / "letter").write_bytes(letter(folder / "site", ledger))
        peers = Path(given.peers).expanduser() if given.peers else None
        bench = Bench(folder, folder / "letter", *keys(folder), peers, ledger)
        size, slow = bench.letter.stat().st_size, latency(folder)
        print(f"a letter of {size} bytes; a write and its fdatasync take {slow:.2f} ms here")
        rows, left_out = all_of(bench, given)
        per = commits(bench, given.letters)
        show(rows)
        fast = next((row for row in rows if row.server == "fast sink" and row.sender == "Nashir"), None)
        if per and fast:
            who = "PostgreSQL" if host else "strace"
            print(f"\nNashir, fast sink: {fast.rate() / per:,.0f} commits/s, {per:.1f} letters each ({who})")
        flat = [memory(folder / f"memory-{number}", number, given.letters, host) for number in given.memory]
    for each in flat:
        print("{subscribers:>10,} subscribers: {MB} MB while sending".format(**each))
    for name, why in left_out.items():
        print(f"left out: {name}: {why}")
    result = {
        "machine": measure.machine(),
        "store": given.store,
        "bytes": size,
        "connections": CONNECTIONS,
        "fdatasync ms": round(slow, 3),
        "letters a commit": per,
        "rows": [row.figures() for row in rows],
        "memory": flat,
        "left out": left_out,
    }
    name = "send.json" if given.store == "sqlite" else "send-postgresql.json"
    (HERE / name).write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def all_of(bench: Bench, given: argparse.Namespace) -> tuple[list[Row], dict[str, str]]:
    """Every sender against every server, round by round; and what is left out, and why."""
    left_out = {name: why for name in given.only if (why := servers.missing(name))}
    senders = [sender for sender in SENDERS if any(word in sender.name for word in given.senders)]
    left_out |= {sender.name: "not installed (peers.sh)" for sender in senders if not sender.needs(bench)}
    rows = []
    for server in given.only:
        if server in left_out:
            continue
        there = [sender for sender in senders if sender.needs(bench) and server in sender.on]
        mine = {sender.name: Row(server, sender.name) for sender in there}
        for number in range(given.rounds + 1):  # the first is for warmth and memory
            for sender in there:
                share = SHARES.get(server, 1.0) * (sender.share if server != "sink, 30 ms a reply" else 1.0)
                letters = max(int(given.letters * min(share, 1.0)), 200)
                if sender.name.startswith("Mailman"):
                    letters = min(letters, 100 if server == "sink, 30 ms a reply" else 500)
                row = mine[sender.name]
                result = one(bench, sender, server, letters, memory=not number)
                if number:
                    row.runs.append(result)
                    print(f"  {server}, {sender.name}: {result.letters / result.wire:,.0f}/s", flush=True)
                else:
                    row.memory = result.memory
        rows += mine.values()
    return rows, left_out


if __name__ == "__main__":
    main()
