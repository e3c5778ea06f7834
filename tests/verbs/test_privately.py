"""Files with addresses in them: an export, and the report of an import."""

import asyncio
import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher import config
from publisher.errors import BadInput
from publisher.store import people
from publisher.verbs import privately, table
from publisher.verbs import session as sessions
from publisher.verbs.session import Session
from tests.commands import nashir


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    nashir("init", tmp_path / "site")
    settings = config.load(tmp_path / "site", {})
    with sessions.writing(settings, lambda: datetime(2026, 11, 20, tzinfo=UTC)) as made:
        yield made


def take(session: Session, folder: Path, report: Path, **more: Any) -> Any:
    (folder / "list.csv").write_text("email,name\na@example.org,x\n=1+1,y\n''=1+1,z\n", "utf-8")
    what = {"file": str(folder / "list.csv"), "report": str(report)} | more
    return asyncio.run(table.run(session, "subscribers import", what))


def test_a_report_says_what_became_of_every_row_and_is_its_owners(
    session: Session, tmp_path: Path
) -> None:  # L7
    report = tmp_path / "report.csv"

    take(session, tmp_path, report)

    rows = list(csv.reader(report.read_text("utf-8-sig").splitlines()))
    assert [["file", "line", "address", "became", "reason"], ["", "2", "a@example.org", "added", ""]] == rows[
        :2
    ]
    assert [["'=1+1", "refused"], ["''=1+1", "refused"]] == [row[2:4] for row in rows[2:]]
    assert 0o600 == report.stat().st_mode & 0o777


@pytest.mark.parametrize("place", ["feeds/report.csv", "articles/report.csv", "state/nashir.db"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_report_is_never_written_where_others_read_it_or_over_what_is_ours(
    session: Session, tmp_path: Path, place: str, dry_run: bool
) -> None:  # L7
    path = session.house.root / place
    path.parent.mkdir(exist_ok=True)
    before = path.read_bytes() if path.exists() else None

    with pytest.raises(BadInput, match="name a file elsewhere"):
        take(session, tmp_path, path, dry_run=dry_run)

    assert before == (path.read_bytes() if path.exists() else None)
    assert [] == session.house.store.read(people.page)


def test_a_file_that_is_not_finished_is_none(session: Session, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("older")

    with pytest.raises(ZeroDivisionError), privately.written(tmp_path / "x.csv", session.house) as file:
        file.write(b"new")
        raise ZeroDivisionError

    assert "older" == (tmp_path / "x.csv").read_text()
    assert ["site", "x.csv"] == sorted(path.name for path in tmp_path.iterdir())
