"""What docs/newsletters.md and docs/deliverability.md tell to do can be done as it stands there."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from publisher import config
from tests.test_docs import blocks, minimal, nashir, page, site

__all__ = ["site"]  # a fixture
TASKS = page("docs/newsletters.md")
COMMANDS = [shlex.split(line) for block in blocks(TASKS, "sh") for line in block.splitlines()]


SETTINGS = [*blocks(TASKS, "toml"), *blocks(page("docs/deliverability.md"), "toml")]


@pytest.mark.parametrize("block", SETTINGS, ids=range(len(SETTINGS)))
def test_the_settings_of_each_task_are_accepted(block: str, tmp_path: Path) -> None:
    mail = "" if "[mail]" in block else '[mail]\nfrom = "news@example.org"\n'
    before = minimal().partition("[mail]")[0]
    (tmp_path / "config.toml").write_text(before + mail + block, "utf-8")

    settings = config.load(tmp_path, {})

    names = [each["name"] for each in tomllib.loads(block).get("newsletters", ())]
    assert names == [each.name for each in settings.newsletters]


def test_the_commands_of_the_tasks_work_in_their_order(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site)

    for program, *words in COMMANDS:
        assert program == "nashir"
        nashir(*words)

    assert "me@example.org" in (site / "readers.csv").read_text("utf-8-sig")
    assert "  sent  1 try  " in nashir("deliveries").stdout


def test_every_state_of_a_letter_has_its_row() -> None:  # S1
    shown = set(re.findall(r"(?m)^\| `(\w+)` \|", TASKS))

    assert {"sent", "queued", "failed", "unknown", "cancelled"} == shown
