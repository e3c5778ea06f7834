"""`nashir` started the quick way: each command is a process of its own, forked from one that has the modules loaded.

It has its own arguments, environment, descriptors and exit code, as a started one has; half a second of imports is
left out. What the interpreter itself reads of the environment (TZ, PYTHONPATH) it cannot be told: start those.
"""

import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from alembic import command as _migrations  # noqa: F401  loaded for those that are forked

from publisher import cli, config, control  # noqa: F401
from publisher.engine import local  # noqa: F401
from publisher.templating import jinja  # noqa: F401
from publisher.verbs import reading, session, writing  # noqa: F401

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload([__name__])
NASHIR = [sys.executable, "-m", "publisher"]


def nashir(
    *words: str | Path, environment: Mapping[str, str] = {}, stdin: bytes = b"", timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """What `nashir` with these *words* does, with this *environment* beside ours: settings alone (NASHIR__...).
    Raises TimeoutExpired."""
    assert all(name.startswith("NASHIR__") for name in environment), environment
    asked = [str(word) for word in words]
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("in", "out", "err")]
        Path(files[0]).write_bytes(stdin)
        process = _FORKED.Process(target=_run, args=(asked, os.environ | environment, str(Path.cwd()), files))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(asked, timeout)
        out, err = (Path(file).read_text("utf-8") if Path(file).exists() else "" for file in files[1:])
    return subprocess.CompletedProcess(asked, process.exitcode, out, err)


def _run(words: Sequence[str], environment: dict[str, str], folder: str, files: Sequence[str]) -> None:
    """The command, in its process."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files):
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdin = io.TextIOWrapper(io.FileIO(0))
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), write_through=True)
    sys.argv = ["nashir", *words]
    cli.main()
