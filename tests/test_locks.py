"""What is installed is what was locked: each package to a version, and to the hashes of its files."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-postgres.lock", "requirements-dev.lock")
PINNED = re.compile(r"([a-z0-9][a-z0-9.-]*)(?:\[[a-z0-9,-]+\])?==([^ ;]+)(?: ;.*)?")


def entries(name: str) -> list[str]:
    """Each requirement of a lock file on one line, with its hashes."""
    text = re.sub(r"\\\n\s*", "", (ROOT / name).read_text("utf-8"))
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def versions(name: str) -> dict[str, str]:
    """Package to version. One that is locked twice, for several machines, has both."""
    found: dict[str, str] = {}
    for line in entries(name):
        pinned = PINNED.match(line)
        assert pinned, line
        found[pinned[1]] = f"{found.get(pinned[1], '')} {pinned[2]}".strip()
    return found


def names(requirements: list[str]) -> set[str]:
    return {
        re.split(r"[^\w.-]", each)[0].lower().replace("_", "-").replace(".", "-") for each in requirements
    }


@pytest.mark.parametrize("name", LOCKS)
def test_everything_is_locked_to_a_version_and_the_hashes_of_its_files(name: str) -> None:  # threat 12
    found = entries(name)

    assert len(found) > 50
    for line in found:
        words, *hashes = line.split("--hash=")
        assert PINNED.fullmatch(words.strip()), line[:80]
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", each.strip()) for each in hashes), line[
            :80
        ]


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_names_a_host(name: str) -> None:  # threat 12
    assert "://" not in (ROOT / name).read_text("utf-8")


def test_what_the_program_needs_is_in_its_lock() -> None:  # threat 12
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    locked = {each.replace(".", "-") for each in versions("requirements.lock")}
    more = {each.replace(".", "-") for each in versions("requirements-postgres.lock")}

    assert names(project["dependencies"]) <= locked
    assert names(project["optional-dependencies"]["postgres"]) <= more
    assert locked <= more


@pytest.mark.parametrize("name", LOCKS[1:])
def test_the_other_locks_have_the_versions_of_the_program(name: str) -> None:  # threat 12
    other = versions(name)

    assert {} == {
        package: (version, other[package])
        for package, version in versions("requirements.lock").items()
        if other.get(package, version) != version
    }


def test_nothing_is_installed_or_audited_without_its_hash() -> None:  # threat 12
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installing = re.findall(r"(?m)^\t.*\$\(PIP\) install (.*)$", makefile)
    (audit,) = re.findall(r"(?m)^\t\$\(BIN\)/pip-audit (.*)$", makefile)

    assert len(installing) > 2
    for words in installing:
        assert "--require-hashes" in words or "--no-deps" in words, words
    assert {"--strict", "--require-hashes"} <= set(audit.split())
    assert all(f"-r {name}" in audit for name in LOCKS)
