"""What `make dist` makes is all that a server needs, and the same bytes wherever it is made."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from publisher import __version__
from tests.patience import LONG
from tests.whole.conftest import free_port

ROOT = Path(__file__).parent.parent.parent
WHEEL = f"nashir-{__version__}-py3-none-any.whl"
SOURCES = f"nashir-{__version__}.tar.gz"
HOST = "127.0.0.1"


def build(source: Path, into: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(into)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """What is made of this repository."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def unpacked(dist, tmp_path_factory):
    """The source archive, unpacked at another time by somebody with other habits."""
    folder = tmp_path_factory.mktemp("sources")
    subprocess.run(["tar", "-xf", dist / SOURCES], cwd=folder, check=True)
    (source,) = folder.iterdir()
    for path in source.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
        os.utime(path, (1_900_000_000, 1_900_000_000))
    return source


def below(folder: Path, place: str) -> set[str]:
    """The files of a folder of the repository, as they are named at another *place*."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"{place}/{path.relative_to(folder).as_posix()}" for path in found}


def test_the_wheel_has_all_of_the_program_and_nothing_else(dist):
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        names = set(wheel.namelist())
        metadata = wheel.read(f"nashir-{__version__}.dist-info/METADATA").decode()

    here = f"nashir-{__version__}"
    shared = {name for name in names if name.startswith(f"{here}.data/data/share/")}
    about = {name for name in names if name.startswith(f"{here}.dist-info/")}
    program = below(ROOT / "publisher", "publisher") | below(ROOT / "templates", "publisher/templates")
    assert program == names - shared - about
    assert below(ROOT / "docs" / "man", f"{here}.data/data/share/man/man1") <= shared
    assert f"{here}.dist-info/licenses/LICENSE" in about
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert len(asked) == sum(
        "extra ==" not in line for line in metadata.splitlines() if line.startswith("Requires-D")
    )


def test_the_source_archive_makes_the_same_archives_again(dist, unpacked, tmp_path):
    build(unpacked, tmp_path)

    for name in (WHEEL, SOURCES):
        assert (dist / name).read_bytes() == (tmp_path / name).read_bytes(), name
    for name in (
        "Makefile",
        "tests/conftest.py",
        "docs/cli.md",
        "benchmarks/README.md",
        ".ci/run",
        "LICENSE",
    ):
        assert (unpacked / name).is_file(), name


@pytest.fixture(scope="module")
def installed(dist, tmp_path_factory):
    """An environment that has the wheel, and the packages it needs: those of the tests."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "-qq"]
    options = ["--disable-pip-version-check", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*pip, "install", *options, str(dist / WHEEL)], check=True, capture_output=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "needed.pth").write_text(
        f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n"
    )
    return folder


def test_the_wheel_is_all_that_a_site_needs(installed, tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    port = free_port()
    environment |= {"NASHIR__WEB__LISTEN": f"{HOST}:{port}", "PATH": f"{installed}/bin:{os.environ['PATH']}"}

    def said(*words: str, stdin: str = "") -> str:
        done = subprocess.run(
            [*words], cwd=tmp_path, env=environment, input=stdin, capture_output=True, text=True, check=False
        )
        assert 0 == done.returncode, (words, done.stderr)
        return done.stdout

    found = said("python", "-c", "import publisher; print(publisher.__file__, publisher.__version__)").split()
    assert (True, __version__) == (Path(found[0]).is_relative_to(installed), found[1])
    said("nashir", "init", "my-site")
    site = tmp_path / "my-site"
    with (site / "config.toml").open("a", encoding="utf-8") as config:
        config.write('\n[web.admin]\npassword_file = "state/admin.password"\n')
    said("nashir", "-C", "my-site", "publish")
    said("nashir", "-C", "my-site", "admin", "password", "--stdin", stdin="a long word of editors\n")
    said("nashir", "-C", "my-site", "subscribers", "add", "reader@example.org", "--confirmed")
    said("nashir", "-C", "my-site", "send", "--now", "--include-existing")
    assert 1 == len(list((site / "outbox" / "new").iterdir()))
    with serving(["nashir", "-C", "my-site", "run"], tmp_path, environment, port):
        assert all(200 == status(port, path) for path in ("/", "/rss.xml", "/style.css", "/admin/login"))
    if shutil.which("man"):
        where = said("man", "-M", f"{installed}/share/man", "-w", "nashir-send")
        assert where.strip() == f"{installed}/share/man/man1/nashir-send.1"


@contextlib.contextmanager
def serving(words, folder, environment, port):
    """A daemon that answers, and ends with 0 when it is told."""
    with subprocess.Popen(words, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            end = time.monotonic() + LONG
            while not status(port, "/"):
                assert process.poll() is None and time.monotonic() < end, (
                    process.stderr and process.stderr.read()
                )
                time.sleep(0.05)
            yield
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(LONG)
        finally:
            process.kill()


def status(port: int, path: str) -> int:
    """Of the answer; 0 for none."""
    connection = http.client.HTTPConnection(HOST, port, timeout=LONG)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except ConnectionError:
        return 0
    finally:
        connection.close()
