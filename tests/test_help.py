"""`nashir --help`, and that of every verb, answers at once: nothing is imported for it but click."""

import json
import subprocess
import sys

SCRIPT = """
import json, sys
from click.testing import CliRunner
began = set(sys.modules)
from publisher import cli

def every(group, *above):
    for name, command in group.commands.items():
        yield (*above, name)
        yield from every(command, *above, name) if hasattr(command, "commands") else ()

for words in ((), *every(cli.nashir)):
    told = CliRunner().invoke(cli.nashir, [*words, "--help"])
    assert told.exit_code == 0 and "Usage: nashir" in told.output, words
print(json.dumps(sorted(set(sys.modules) - began)))
"""
HEAVY = {"asyncio", "sqlite3", "ssl", "email", "http", "xml", "zoneinfo", "multiprocessing", "urllib.request"}


def test_help_imports_nothing_but_click() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    modules = json.loads(done.stdout)

    ours = {name for name in modules if name.startswith("publisher")}
    assert {"publisher.cli.site", "publisher.errors"} <= ours
    assert set() == {name.partition(".")[0] for name in modules} - {
        *sys.stdlib_module_names,
        "click",
        "publisher",
    }
    assert set() == HEAVY & set(modules)
    assert [] == [
        name
        for name in ours
        if not name.startswith(("publisher.cli", "publisher.errors", "publisher.private"))
        and name != "publisher"
    ]
