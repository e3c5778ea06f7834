"""The unit files of systemd: what they start is there, what they take away is the same in all of them, and systemd
itself finds little that is left."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from publisher import cli
from publisher.daemon.watchdog import EVERY
from publisher.errors import Exit
from tests.whole.confined import settings

UNITS = sorted((Path(__file__).parent.parent / "packaging" / "systemd").glob("*.service"))
OWN = {"Description", "ExecStart"}  # what differs between them
MOST = 2.0  # the exposure that `systemd-analyze security` may say
analyzed = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
each = pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)


def test_there_is_one_for_each_role() -> None:
    assert ["nashir", "nashir-worker", "nashir@"] == sorted(path.stem for path in UNITS)


def test_they_differ_in_what_they_start_alone() -> None:
    first, *others = ([(key, value) for key, value in settings(path) if key not in OWN] for path in UNITS)

    assert [first] * len(others) == others


@each
def test_what_it_starts_is_a_command_of_ours(unit: Path) -> None:
    program, *words = dict(settings(unit))["ExecStart"].replace("%i", "web").split()
    context = cli.nashir.make_context("nashir", [*words], resilient_parsing=True)
    name, command, rest = cli.nashir.resolve_command(context, [*context._protected_args, *context.args])

    assert program == "/opt/nashir/bin/nashir"
    assert command and command.make_context(name, rest, resilient_parsing=True).args == []
    assert "--json" in words


@each
def test_it_waits_for_no_less_than_the_program_takes(unit: Path) -> None:
    wanted = dict(settings(unit))
    seconds = {"2min": 120, "20": 20}

    assert "notify" == wanted["Type"]
    assert str(int(Exit.CONFIG)) == wanted["RestartPreventExitStatus"]
    assert seconds[wanted["WatchdogSec"]] > 2 * EVERY
    assert seconds[wanted["TimeoutStopSec"]] > 12  # process.GRACE, and then some
    assert "0" == wanted["StartLimitIntervalSec"]  # for years: a full disk is made room on some day


@analyzed
@each
def test_systemd_reads_it_without_a_word(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name.replace("@.", "@web.")
    copy.write_text(unit.read_text("utf-8").replace("/opt/nashir/bin/nashir", "/bin/true"), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", copy],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@analyzed
@each
def test_little_is_left_that_it_could_do(unit: Path, tmp_path: Path) -> None:  # threat 12
    copy = tmp_path / unit.name.replace("@.", "@web.")
    shutil.copy(unit, copy)
    words = ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={MOST * 10:.0f}"]
    done = subprocess.run([*words, copy], capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr
    found = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert found and float(found[1]) <= MOST
