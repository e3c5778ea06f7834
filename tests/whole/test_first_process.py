"""`nashir run` as the first process of a container, with no other one to mind it."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.patience import LONG

ALONE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
ORPHAN = ["sh", "-c", '(sleep 0.1 &); exec "$@"', "sh"]  # its parent ends at once
pytestmark = pytest.mark.skipif(
    not shutil.which("unshare")
    or subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode != 0,
    reason="no namespace of processes may be made here",
)


def children(pid: int) -> dict[int, str]:
    """The processes whose parent is *pid*, and their state: Z for one that ended and was not heard."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if parent == str(pid):
            found[int(path.parent.name)] = state
    return found


def test_it_ends_when_it_is_told_to_and_hears_of_orphans(site, daemon):  # X4
    served = daemon(WATCHDOG_USEC="400000")
    served.before = [*ALONE, *ORPHAN]
    with served as running:
        (pid,) = children(running.process.pid)
        status = Path(f"/proc/{pid}/status").read_text()
        assert "\t1" in next(line for line in status.splitlines() if line.startswith("NSpid:"))
        running.until(lambda: "Z" not in children(pid).values())
        assert {} == children(pid)
        os.kill(pid, signal.SIGTERM)
        assert 0 == running.process.wait(LONG)
        assert "stopped" in running.said()
