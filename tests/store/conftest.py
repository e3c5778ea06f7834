"""The store's own tests migrate each database as the program does."""

import pytest

from publisher.store import schema
from tests import quick


@pytest.fixture(autouse=True)
def _migrated_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "upgrade", quick.migrate)
