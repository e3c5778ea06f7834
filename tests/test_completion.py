"""Shells complete what `nashir` takes: the script, in a real bash, and what it is answered."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.cli.completion import SHELLS
from tests.commands import nashir

NEWSLETTER = '\n[[newsletters]]\nname = "weekly"\nschedule = "weekly sat 07:00"\n'
PRESSES_TAB = """
source {script}
complete -p nashir >/dev/null || exit 3
COMP_WORDS=({words}) COMP_CWORD={last}
_nashir_completion nashir
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    nashir("init", folder).check_returncode()
    with (folder / "config.toml").open("a", encoding="utf-8") as settings:
        settings.write(NEWSLETTER)
    return folder


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_of_that_shell(shell: str) -> None:
    done = nashir("completion", shell)

    assert 0 == done.returncode
    assert f"_NASHIR_COMPLETE={shell}_complete" in done.stdout


def test_another_shell_is_a_mistake_in_one_line() -> None:
    done = nashir("completion", "tcsh")

    assert 2 == done.returncode
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in done.stderr


def answered(begun: str, site: Path) -> list[str]:
    """What the shell is answered for the last word of *begun*; a kind of path as it is called."""
    words = shlex.split(begun) + [""] * begun.endswith(" ")
    asked = {"_NASHIR_COMPLETE": "bash_complete", "COMP_WORDS": begun, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "publisher"],
        env=os.environ | asked,
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "" == done.stderr
    return [line.partition(",")[2] or line for line in done.stdout.split()]


def test_newsletters_are_those_of_the_site(site: Path, tmp_path: Path) -> None:
    assert ["daily", "weekly"] == answered("nashir send ", site)
    assert ["weekly"] == answered(f"nashir -C {site} preview w", tmp_path)
    assert [] == answered("nashir send ", tmp_path)  # no site, and no complaint


@pytest.mark.parametrize("begun", ["lint ", "lint a.xml ", "adopt ", "correct ", "bounces "])
def test_of_what_may_be_a_file_the_shell_names_files(begun: str, tmp_path: Path) -> None:
    assert ["file,"] == answered(f"nashir {begun}", tmp_path)


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
def test_bash_completes_verbs_options_and_newsletters(site: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    command = programs / "nashir"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m publisher "$@"\n')
    command.chmod(0o755)
    script = tmp_path / "nashir.bash"
    script.write_text(nashir("completion", "bash").stdout)

    def pressed(*words: str) -> list[str]:
        given = " ".join(map(shlex.quote, words))
        done = subprocess.run(
            ["bash", "--norc", "-c", PRESSES_TAB.format(script=script, words=given, last=len(words) - 1)],
            env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
            cwd=site,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stderr)
        return done.stdout.split()

    assert ["preview", "publish"] == pressed("nashir", "p")
    assert ["--include-existing"] == pressed("nashir", "send", "--i")
    assert ["weekly"] == pressed("nashir", "-C", ".", "test-send", "a@example.org", "--newsletter", "w")
