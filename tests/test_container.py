"""The container file and what goes with it: what it is made from is there and nothing private is, nobody is root, and
its look at the site's health tells well from ill."""

import fnmatch
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from publisher import cli

ROOT = Path(__file__).parent.parent
FILE = ROOT / "packaging" / "Containerfile"
COMPOSE = ROOT / "packaging" / "compose.yaml"


def steps() -> list[tuple[str, str]]:
    """Each instruction with its words, on one line."""
    text = re.sub(r"\\\n\s*", "", FILE.read_text("utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def sent(path: str) -> bool:
    """Whether .dockerignore lets *path* into the image's making: the last line that speaks of it counts."""
    lines = [
        each for each in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if each[:1] not in ("", "#")
    ]
    above = [path, *map(str, Path(path).parents)]
    found = True
    for line in lines:
        pattern = line.removeprefix("!").removeprefix("**/")
        if any(fnmatch.fnmatch(each, pattern) or fnmatch.fnmatch(Path(each).name, pattern) for each in above):
            found = line.startswith("!")
    return found


def test_what_it_is_made_from_is_there() -> None:
    copied = [rest.split()[:-1] for word, rest in steps() if word == "COPY" and not rest.startswith("--from")]

    for name in (each for names in copied for each in names):
        assert (ROOT / name).exists(), name
        assert sent(name), name


@pytest.mark.parametrize(
    "path",
    ["config.toml", "state/secret.key", "keys/dkim.pem", ".git/config", "articles/a.md", "backups/x.tar.gz"],
)
def test_nothing_private_is_sent_along(path: str) -> None:  # threat 9
    assert not sent(path)
    assert not sent("publisher/__pycache__/x.pyc".rpartition("/")[0])


def test_it_begins_with_a_named_version_of_what_it_stands_on() -> None:  # threat 12
    for name in (rest.split()[0] for word, rest in steps() if word == "FROM"):
        assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", name)


def test_what_it_installs_is_locked() -> None:  # threat 12
    runs = " && ".join(rest for word, rest in steps() if word == "RUN")
    first, second = re.findall(r"pip install ([^&]+)", runs)

    assert "--require-hashes -r requirements-postgres.lock" in first
    assert "--no-deps" in second and "--no-build-isolation" in second


def test_it_runs_a_command_of_ours_as_nobody() -> None:
    said = dict(steps())
    words = json.loads(said["ENTRYPOINT"]) + json.loads(said["CMD"])
    context = cli.nashir.make_context("nashir", words[1:], resilient_parsing=True)

    assert "nashir" == words[0]
    assert "run" in [*context._protected_args, *context.args]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", said["USER"])
    assert "SIGTERM" == said["STOPSIGNAL"]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_look_at_its_health_tells_well_from_ill(status: int, code: int) -> None:
    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    look = json.loads(dict(steps())["HEALTHCHECK"].partition("CMD ")[2])
    with http.server.HTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.handle_request).start()
        words = [each.replace(":8080", f":{server.server_port}") for each in look[1:]]
        done = subprocess.run([sys.executable, *words], capture_output=True, check=False)

    assert "python" == look[0]
    assert code == done.returncode


def test_the_sample_takes_from_it_what_it_does_not_need() -> None:
    (service,) = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"].values()

    assert service["read_only"] is True
    assert (["ALL"], ["no-new-privileges:true"]) == (service["cap_drop"], service["security_opt"])
    assert ["127.0.0.1:8080:8080"] == service["ports"]
    assert int(service["stop_grace_period"].rstrip("s")) > 12  # process.GRACE
    assert (COMPOSE.parent / service["build"]["context"] / service["build"]["dockerfile"]).samefile(FILE)
    assert dict(steps())["VOLUME"] == service["volumes"][0].partition(":")[2]
    for name in service["environment"]:
        assert name.startswith("NASHIR__")


@pytest.mark.skipif(not shutil.which("hadolint"), reason="no hadolint")
def test_the_linter_of_container_files_has_no_complaint() -> None:
    done = subprocess.run(["hadolint", FILE], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stdout)
