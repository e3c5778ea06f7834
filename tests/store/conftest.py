"""The tests of migrations migrate each database as the program does."""

import pytest

from publisher.store import schema
from tests import quick

MIGRATE = {f"test_{each}.py" for each in ("examining", "moving", "outage", "postgres", "schema", "upgrades")}


@pytest.fixture(autouse=True)
def _migrated_as_written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.path.name in MIGRATE:
        monkeypatch.setattr(schema, "upgrade", quick.migrate)
