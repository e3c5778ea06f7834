"""The log, as a process of its own writes it."""

import json
import subprocess
import sys

import pytest

from publisher.errors import Exit
from tests.commands import nashir

SPEAKS = """
import logging, structlog
from publisher import logs
logs.configure(as_json=%r)
structlog.get_logger().info("serving", url="http://127.0.0.1/")
said = logging.getLogger("uvicorn.error")
said.warning("Invalid HTTP request received.")
said.error("ASGI callable returned without completing response.")
try:
    1 / 0
except ZeroDivisionError:
    said.exception("Exception in %%s", "خبر")
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_libraries_speak_as_we_do_and_strangers_fill_no_log(as_json):
    done = subprocess.run(
        [sys.executable, "-c", SPEAKS % as_json], capture_output=True, text=True, check=True, encoding="utf-8"
    )

    lines = done.stderr.splitlines()
    if as_json:
        ours, theirs = map(json.loads, lines)
        assert {"event", "level", "timestamp", "url"} == ours.keys()
        assert ("Exception in خبر", "error") == (theirs["event"], theirs["level"])
        assert "ZeroDivisionError" in theirs["exception"]
    else:
        assert "Exception in خبر" in lines[1] and lines[1][:4] == lines[0][:4]
        assert "ZeroDivisionError: division by zero" in done.stderr
    assert "Invalid" not in done.stderr and "ASGI" not in done.stderr


@pytest.mark.parametrize("verb", ["run", "worker"])
def test_the_error_that_ends_a_process_is_a_line_of_its_log(tmp_path, verb):
    done = nashir("-C", tmp_path, "--json", verb)

    line = json.loads(done.stderr)
    assert (Exit.USAGE, "") == (done.returncode, done.stdout)
    assert ("ended", "error", "there is no config.toml") == (line["event"], line["level"], line["problem"])
    assert str(tmp_path) == line["where"] and line["mend"] and line["timestamp"]
