"""The API does what its OpenAPI document says: schemathesis asks everything of it, right and wrong, on a real store."""

import asyncio
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
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

EXAMPLES = 40  # of each operation
THERE = {"subscriber": 1, "edition": 1, "newsletter": "daily"}
ERASED = {"subscriber": 3}  # the others are asked of after it
WORDS = {"article": "first.md", "address": "r9@example.org"}
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
    app = application(session, list, list, api=ApiSettings("keys/api", per_minute=100_000))
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


def cases(operation: Any) -> Any:
    """Requests that the document allows and, where one takes anything, such as it does not."""
    wrong = [*operation.path_parameters, *operation.query, *operation.body]
    modes = [GenerationMode.POSITIVE] + [GenerationMode.NEGATIVE] * bool(wrong)
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])


def statuses(operation: Any) -> Counter[int]:
    """What an operation answered, checked against the document."""
    told = Counter[int]()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation), there=st.booleans())
    def asks(case: Any, there: bool) -> None:
        if there:  # a number that a generator would hardly find
            known = (
                THERE | ERASED if operation.label == f"DELETE {ROOT}/subscribers/{{subscriber}}" else THERE
            )
            case.path_parameters |= {name: known[name] for name in case.path_parameters}
            if isinstance(case.body, dict):
                case.body |= {
                    name: text for name, text in WORDS.items() if isinstance(case.body.get(name), str)
                }
        told[case.call_and_validate(checks=CHECKED).status_code] += 1

    asks()
    return told


def test_the_api_answers_as_its_document_says(described: Any) -> None:
    found = [each.ok() for each in described.get_all_operations()]

    told = {f"{each.method.upper()} {each.path}": statuses(each) for each in found}

    assert {f"{route.method} {ROOT}{route.path}" for route in ROUTES} == set(told)
    assert [] == [name for name, got in told.items() if not any(status < 300 for status in got)]


def test_the_document_is_valid_and_names_every_route_once() -> None:
    found = document()

    schemathesis.openapi.from_dict(found).validate()
    named = [operation["operationId"] for path in found["paths"].values() for operation in path.values()]
    assert len(named) == len(set(named)) == len(ROUTES) + 1
    assert all(operation["summary"] for path in found["paths"].values() for operation in path.values())
