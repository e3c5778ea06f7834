"""`nashir` started the quick way: each command is a process of its own, forked from one that has the modules loaded.

It has its own arguments, environment, descriptors and exit code, as a started one has; half a second of imports is
left out. What the interpreter itself reads of the environment (TZ, PYTHONPATH) it cannot be told: start those.
"""

import io
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from publisher import cli
from tests.patience import LONG

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["tests.forked"])
NASHIR = [sys.executable, "-m", "publisher"]


class Forked:
    """A command at work; its methods are those of Popen. *err* is the file for what it says on stderr."""

    def __init__(
        self,
        *words: str | Path,
        environment: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        err: Path | None = None,
    ) -> None:
        environment = environment or {}
        assert settings_alone(environment), environment
        self.args = [str(word) for word in words]
        self._said: tuple[str, str] | None = None
        self._folder = Path(tempfile.mkdtemp())
        self._files = [self._folder / "in", self._folder / "out", err or self._folder / "err"]
        self._files[0].write_bytes(stdin)
        for file in self._files[1:]:
            file.touch()
        arguments = self.args, os.environ | environment, str(Path.cwd()), [str(each) for each in self._files]
        self._process = _FORKED.Process(target=_run, args=arguments)
        self._process.start()
        assert self._process.pid
        self.pid = self._process.pid

    @property
    def returncode(self) -> int:
        code = self.poll()
        assert code is not None
        return code

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float = LONG) -> int:
        self.communicate(timeout)
        return self.returncode

    def communicate(self, timeout: float = LONG) -> tuple[str, str]:
        """What it said, when it has ended. Raises TimeoutExpired."""
        self._process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        if self._said is None:
            out, err = (file.read_text("utf-8") for file in self._files[1:])
            self._said = out, err
            shutil.rmtree(self._folder)
        return self._said

    def send_signal(self, which: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, which)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def settings_alone(environment: Mapping[str, str]) -> bool:
    """Whether a forked command can be told these."""
    return all(name.startswith("NASHIR_") for name in environment)


def nashir(
    *words: str | Path,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float = LONG,
) -> subprocess.CompletedProcess[str]:
    """What `nashir` with these *words* does, with this *environment* beside ours: settings alone (NASHIR__...).
    Raises TimeoutExpired."""
    process = Forked(*words, environment=environment, stdin=stdin)
    try:
        out, err = process.communicate(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _run(words: Sequence[str], environment: dict[str, str], folder: str, files: Sequence[str]) -> None:
    """The command, in its process."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files):
        handle = os.open(file, os.O_RDWR | os.O_APPEND)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdin = io.TextIOWrapper(io.FileIO(0))
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), write_through=True)
    sys.argv = ["nashir", *words]
    cli.main()
