"""Feeds over HTTP: requests a second of `nashir run`, beside nginx serving the same folder.

    .venv/bin/python benchmarks/serve.py [--articles 60] [--rounds 5] [--seconds 3]

Jobs, all on /atom.xml of 50 whole articles: 304 to who has it; the whole feed in gzip, in Brotli, and as it is; 226 to
who has the version before (ours alone). Each server is one process; nginx has one worker and the companions
(gzip_static, brotli_static). Tools take turns; the table has medians. Needs nginx and wrk (Debian: nginx-light,
libnginx-mod-http-brotli-static, wrk). Prints the table and writes benchmarks/serve.json.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import corpus
import measure
from measure import Failed

TARGET = 0.25  # of nginx
CONNECTIONS = 32
PATH = "/atom.xml"
NASHIR = [sys.executable, "-m", "publisher"]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
WRK = shutil.which("wrk")
BROTLI = next(Path("/usr/lib/nginx/modules").glob("ngx_http_brotli_static_module.so"), None)
CONFIG = """\
{modules}{user}worker_processes 1; daemon off; pid {work}/pid; error_log {work}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; include /etc/nginx/mime.types; {paths}
    open_file_cache max=1000; open_file_cache_valid 1s; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
    gzip_static on; {brotli}
    server {{ listen 127.0.0.1:{port}; root {out}; }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, **headers: str) -> tuple[int, str, int]:
    """Status, entity tag and length of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", PATH, None, {"accept-encoding": "identity"} | names)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, reply.getheader("etag", ""), len(body)


def build(site: Path, articles: int) -> str:
    """A published site; returns the tag of the feed before its last change."""
    subprocess.run([*NASHIR, "init", str(site)], check=True, capture_output=True)
    for path in (site / "articles").iterdir():
        path.unlink()
    for number in range(articles + 1):
        path = site / "articles" / corpus.name(number)
        path.write_text(corpus.article(number).markdown, "utf-8")
        os.utime(path, (corpus.OLD, corpus.OLD))
        if number >= articles - 1:
            subprocess.run([*NASHIR, "-C", str(site), "publish"], check=True, capture_output=True)
        if number == articles - 1:
            before = (site / "feeds" / PATH[1:]).read_bytes()
    with served(site) as port:
        (site / "feeds" / "before.xml").write_bytes(before)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("HEAD", "/before.xml")
        tag = connection.getresponse().getheader("etag", "")
        connection.close()
    (site / "feeds" / "before.xml").unlink()
    return tag


@contextmanager
def served(site: Path) -> Iterator[int]:
    """`nashir run`, on this port."""
    port = free_port()
    environment = {"NASHIR__WEB__LISTEN": f"127.0.0.1:{port}"}
    with measure.running([*NASHIR, "-C", str(site), "run"], site, environment, "published"):
        yield port


@contextmanager
def nginx(out: Path, work: Path) -> Iterator[int]:
    """nginx with one worker, on this port."""
    port = free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    text = CONFIG.format(
        modules=f"load_module {BROTLI};\n" if BROTLI else "",
        user="user root;\n" if os.getuid() == 0 else "",
        brotli="brotli_static on;" if BROTLI else "",
        paths="".join(f"{kind}_temp_path {work}/{kind};" for kind in kinds),
        work=work,
        out=out,
        port=port,
    )
    (work / "nginx.conf").write_text(text)
    command = [str(NGINX), "-c", str(work / "nginx.conf"), "-e", str(work / "error.log")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        measure.wait_for(lambda: _listens(port) or process.poll() is not None, 0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def rate(port: int, headers: dict[str, str], seconds: float) -> float:
    """Requests a second, by wrk. Raises Failed where one went wrong."""
    lines = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [
        str(WRK),
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds:g}s",
        *lines,
        f"http://127.0.0.1:{port}{PATH}",
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if not found or "Non-2xx" in said or "Socket errors" in said:
        raise Failed(said)
    return float(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    asked = parser.parse_args()
    if not WRK:
        print("There is no wrk here: nothing was measured. Install the package wrk.")
        return
    if not NGINX:
        print("There is no nginx here (Debian: nginx-light): Nashir is measured alone.")
    with tempfile.TemporaryDirectory(prefix="nashir-bench-") as folder, ExitStack() as stack:
        site, work = Path(folder, "site"), Path(folder, "nginx")
        work.mkdir()
        old = build(site, asked.articles)
        ports = {"nashir": stack.enter_context(served(site))}
        if NGINX:
            ports["nginx"] = stack.enter_context(nginx(site / "feeds", work))
        rates, loads = run(ports, old, asked.rounds, asked.seconds)
    report(rates, loads, asked.rounds)


Rates = dict[str, dict[str, list[float]]]


def run(ports: dict[str, int], old: str, rounds: int, seconds: float) -> tuple[Rates, list[float]]:
    """The rates by job and server."""
    jobs: dict[str, tuple[int, dict[str, str]]] = {
        "304, who has it in gzip": (304, {"accept-encoding": "gzip"}),
        "200, gzip": (200, {"accept-encoding": "gzip"}),
        "200, Brotli": (200, {"accept-encoding": "br"}),
        "200, as it is": (200, {}),
        "226, one new entry, gzip": (226, {"accept-encoding": "gzip", "if-none-match": old, "a-im": "feed"}),
    }
    rates: Rates = {job: {name: [] for name in ports} for job in jobs}
    loads: list[float] = []
    for _ in range(rounds):
        for job, (status, headers) in jobs.items():
            for name, port in ports.items():
                if (status == 226 or ("br" in headers.values() and not BROTLI)) and name == "nginx":
                    continue
                given = dict(headers)
                if status == 304:
                    given["if-none-match"] = ask(port, **headers)[1]
                found = ask(port, **given)
                if found[0] != status or (status == 304 and found[2]):
                    raise Failed(f"{name} answers {found} where {status} is wanted")
                loads.append(os.getloadavg()[0])
                rates[job][name].append(rate(port, given, seconds))
                time.sleep(0.2)
    return rates, loads


def report(rates: Rates, loads: list[float], rounds: int) -> None:
    """Print the table and write the file."""
    rows = []
    print(f"{'requests a second':28} {'nashir':>10} {'nginx':>10} {'ratio':>7}")
    for job, found in rates.items():
        middle = {name: measure.median(values) for name, values in found.items() if values}
        # Of the pairs of a round: what else the machine did meets both.
        pairs = [ours / theirs for ours, theirs in zip(found["nashir"], found.get("nginx", []), strict=False)]
        ratio = measure.median(pairs) if pairs else None
        rows.append(
            {"job": job, **{k: round(v) for k, v in middle.items()}, "ratio": ratio and round(ratio, 3)}
        )
        nginx_ = f"{middle['nginx']:10.0f}" if "nginx" in middle else f"{'-':>10}"
        print(f"{job:28} {middle['nashir']:10.0f} {nginx_} {f'{ratio:7.2f}' if ratio else f'{chr(45):>7}'}")
    print(f"A ratio of {TARGET} or more is what is promised. Load: at most {max(loads):.1f}.")
    result = {
        "machine": measure.machine(),
        "rounds": rounds,
        "target": TARGET,
        "load": max(loads),
        "jobs": rows,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
