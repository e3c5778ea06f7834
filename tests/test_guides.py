"""What the README and the first guide tell a newcomer to type works as it stands: in a copy of the repository,
in a shell, one block after the other."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.sink import Sink
from tests.test_docs import ROOT
from tests.test_docs_arabic import fenced
from tests.whole.conftest import free_port

HERE = "127.0.0.1"
PATIENCE = 120  # seconds, of a machine that has much else to do
RUNS = re.compile(r"make(?: run)?|nashir .*\brun")  # what ends with Ctrl-C only
DONE = "that was all of it:"
Block = tuple[str, str]  # its kind, and what stands in it


def guide(path: Path) -> tuple[Block, ...]:
    """The blocks of a page that are typed, and those that say which mail server is used."""
    found = re.findall(r"(?ms)^```(sh|console|toml)\n(.*?)^```", fenced(path.read_text("utf-8")))
    return tuple((kind, text) for kind, text in found if kind != "toml" or "mail.example.org" in text)


GUIDES = [ROOT / "README.md", ROOT / "docs" / "getting-started.md"]  # translations have the same blocks


def commands(blocks: tuple[Block, ...], relay: str) -> Iterator[str]:
    """What is typed, command by command, with a *relay* of ours in place of that of example.org. Of blocks that show
    answers too, our own commands: the others may not be there."""
    for kind, text in blocks:
        if kind == "toml":
            yield f"export NASHIR__MAIL__RELAY={relay}"
        elif kind == "console":
            yield from re.findall(r"(?m)^\$ (nashir .*)", text)
        else:  # lines for a command's standard input belong to it
            yield from (
                found[0] for found in re.finditer(r"(?ms)^[^\n]*<<'?(\w+)'?\n.*?\n\1$|^[^\n]+$", text)
            )


class Shell:
    """`sh` in a folder, typed into line by line."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process, self._log = process, log

    @property
    def _input(self) -> IO[str]:
        assert self._process.stdin
        return self._process.stdin

    def type(self, command: str) -> str:
        """What it answers, on both ways. Its exit code is 0, or the test fails."""
        self._input.write(f"{command}\necho; echo '{DONE}' $?\n")
        self._input.flush()
        said: list[str] = []
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith(DONE):
                assert line == f"{DONE} 0\n", (command, "".join(said))
                return "".join(said)
            said.append(line)
        raise AssertionError(f"the shell ended: {command}: {''.join(said)}")

    def run_until_told(self, command: str, port: int) -> None:
        """A command that serves: it answers, and ends when it is told."""
        pid = int(self.type(f"{command} >'{self._log}' 2>&1 & echo $!").split()[0])
        end = time.monotonic() + PATIENCE
        while not answers(port):
            assert time.monotonic() < end, self._log.read_text("utf-8")
            time.sleep(0.05)
        os.kill(pid, signal.SIGTERM)
        # make says of itself that it was told to end; the daemon ends well.
        self.type(f"wait {pid}" + (" || true" if command.startswith("make") else ""))
        while answers(port):
            assert time.monotonic() < end, "it still serves"
            time.sleep(0.05)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HERE, port, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except ConnectionError:
        return False
    finally:
        connection.close()


@contextmanager
def shell(folder: Path, **environment: str) -> Iterator[Shell]:
    """In the *folder*, with `nashir` on PATH."""
    told = (
        os.environ | environment | {"PATH": f"{sys.prefix}/bin:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    )
    log = folder.parent / "log"
    with subprocess.Popen(
        ["sh"],
        cwd=folder,
        env=told,
        text=True,
        bufsize=1,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        yield Shell(process, log)
        process.kill()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository as a newcomer has it, after `make setup`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    folder = tmp_path / "nashir"
    for name in map(os.fsdecode, listed.stdout.split(b"\0")[:-1]):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "benchmarks/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if not path.name.startswith("."):
            (folder / ".venv" / path.name).symlink_to(path)
    (folder / ".venv" / ".runtime").touch()
    return folder


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_what_a_newcomer_types_works_as_it_stands(path: Path, copy: Path) -> None:
    port = free_port()
    with Sink() as sink, shell(copy, NASHIR__WEB__LISTEN=f"{HERE}:{port}") as sh:
        typed, outbox = list(commands(guide(path), f"smtp://{HERE}:{sink.port}")), list[int]()
        for command in typed:
            if RUNS.fullmatch(command):
                sh.run_until_told(command, port)
            else:
                sh.type(command)
            outbox.append(len([*(copy / "my-site" / "outbox").glob("new/*")]))

        wanted = sum(" test-send " in command for command in typed)
        assert 1 == max(outbox)  # the guide erases its reader, and their letter, in the end
        assert wanted <= sink.accepted.total()


def test_of_a_block_with_answers_our_own_commands_are_typed() -> None:
    blocks = (
        ("sh", "cat > a <<'END'\n$ b\nnashir run\nEND\nnashir -C s run\n"),
        ("toml", 'relay = "smtps://mail.example.org"\n'),
        (
            "console",
            "$ newsboat -u x\n3 unread\n$ export NASHIR__MAIL__PASSWORD='...'\n$ nashir check\nfine\n",
        ),
    )

    assert list(commands(blocks, "smtp://here")) == [
        "cat > a <<'END'\n$ b\nnashir run\nEND",
        "nashir -C s run",
        "export NASHIR__MAIL__RELAY=smtp://here",
        "nashir check",
    ]
