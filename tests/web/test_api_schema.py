"""The API does what its OpenAPI document says: schemathesis asks everything of it, right and wrong, on a real store."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks

from publisher.actions.house import House
from publisher.config import ApiSettings
from publisher.store.state import State
from publisher.verbs import api_tokens, table
from publisher.verbs.session import Session
from publisher.web.api.openapi import document
from publisher.web.api.routes import ROOT, ROUTES
from publisher.web.app import application
from tests.conftest import Clock, Write
from tests.newsroom import Publishes

EXAMPLES = 12  # of each operation
CHECKED = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]


@pytest.fixture
def described(house: House, write: Write, publishes: Publishes, clock: Clock) -> Any:
    """The document as the server gives it, on a site with an edition, letters and readers."""

    def engine() -> Any:
        raise AssertionError("nothing is sent here")

    write(house, "first.md", "---\ntitle: خبر\ndate: 2026-11-01\n---\n\nنص.\n")
    publishes(house)
    session = Session(house, State(house.root / "state"), clock, engine)
    for number in range(3):
        address = {"address": f"r{number}@example.org", "confirmed": True}
        asyncio.run(table.run(session, "subscribers add", address))
    asyncio.run(table.run(session, "plan", {"newsletter": "daily", "include_existing": True}))
    token = api_tokens.make(house.root / "keys" / "api", "tests", "write")
    app = application(session, list, list, ApiSettings("keys/api", per_minute=100_000))
    return schemathesis.openapi.from_asgi(
        f"{ROOT}/openapi.json",
        app,
        headers={"Authorization": f"Bearer {token}"},
        config=SchemathesisConfig.from_dict(
            {
                "headers": {"Authorization": f"Bearer {token}"},
                "generation": {"mode": "all", "database": "none"},
            }
        ),
    )


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_the_api_answers_as_its_document_says(case: Any) -> None:
    case.call_and_validate(checks=CHECKED)


def test_the_document_is_valid_and_names_every_route_once() -> None:
    found = document()

    schemathesis.openapi.from_dict(found).validate()
    named = [operation["operationId"] for path in found["paths"].values() for operation in path.values()]
    assert len(named) == len(set(named)) == len(ROUTES) + 1
    assert all(operation["summary"] for path in found["paths"].values() for operation in path.values())
