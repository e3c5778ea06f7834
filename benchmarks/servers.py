"""The servers letters are sent to: our own sink, Debian's smtp-sink, a Postfix of one's own.

`smtp-sink` and Postfix are Debian's package postfix; both are started on a free port of loopback and ended again. No
service is left running, and nothing of the system's own Postfix is touched.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.sink import Process

PATIENCE = 20  # seconds
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.org
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
default_transport = discard
relay_transport = discard
transport_maps =
alias_maps =
alias_database =
biff = no
"""
MASTER = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_open(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > end:
            raise RuntimeError(f"nobody listens on port {port}")
        time.sleep(0.05)


@contextmanager
def ours(_: Path, *words: str) -> Iterator[int]:
    """Our sink; the port."""
    with Process(words=["--quick", *words]) as sink:
        yield sink.port


@contextmanager
def distant(folder: Path) -> Iterator[int]:
    """Our sink, 30 ms away."""
    with ours(folder, "--rtt", "0.03") as port:
        yield port


@contextmanager
def smtp_sink(_: Path) -> Iterator[int]:
    """Postfix's test server."""
    port = free_port()
    user = ["-u", "nobody"] if not os.getuid() else []
    process = subprocess.Popen([shutil.which("smtp-sink") or "smtp-sink", *user, f"127.0.0.1:{port}", "1000"])
    try:
        _until_open(port)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def postfix(folder: Path) -> Iterator[int]:
    """A whole Postfix that queues each letter on the disk and then discards it. Only root can start one."""
    home, port = folder / "postfix", free_port()
    etc = home / "etc"
    for path in (etc, home / "queue", home / "data"):
        path.mkdir(parents=True, exist_ok=True)
    shutil.chown(home / "data", "postfix")
    (etc / "main.cf").write_text(MAIN.format(folder=home))
    (etc / "master.cf").write_text(MASTER.format(port=f"127.0.0.1:{port}"))
    for path in (folder, home, etc, home / "queue"):
        path.chmod(0o755)
    command = ["postfix", "-c", str(etc)]
    subprocess.run([*command, "start"], check=True, capture_output=True)
    try:
        _until_open(port)
        yield port
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True)
        pid = home / "queue" / "pid" / "master.pid"
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(pid.read_text()), signal.SIGTERM)


SERVERS = {
    "fast sink": ours,
    "sink, 30 ms a reply": distant,
    "smtp-sink": smtp_sink,
    "Postfix": postfix,
}


def missing(name: str) -> str:
    """Why the server called *name* cannot be had here; "" if it can."""
    programs = {"smtp-sink": "smtp-sink", "Postfix": "postfix"}
    program = programs.get(name)
    if program and not (shutil.which(program) or shutil.which(program, path="/usr/sbin")):
        return "the package postfix is not installed"
    return "only root can start a Postfix" if name == "Postfix" and os.getuid() else ""
