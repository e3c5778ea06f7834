"""The OpenAPI 3.1 document: made from the routes, the verbs' signatures and the shapes of answers."""

from functools import cache
from http import HTTPStatus
from typing import Any

from publisher import __version__
from publisher.web.api.answers import SCHEMAS
from publisher.web.api.routes import ROOT, ROUTES, Route
from publisher.web.api.shapes import LARGEST, Schema

_SECRET = [{"token": list[str]()}]
_ALWAYS = (400, 401, 403, 405, 408, 413, 429, 500, 503)


@cache
def document() -> dict[str, Any]:
    """The document, as JSON has it."""
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(ROOT + route.path, {})[route.method.lower()] = _operation(route)
    paths[f"{ROOT}/openapi.json"] = {
        "get": {
            "operationId": "openapi",
            "summary": "This document",
            "tags": ["site"],
            "responses": {"200": _json("This document", {"type": "object"})} | _problems(()),
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Nashir", "version": __version__},
        "security": _SECRET,
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": SCHEMAS,
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    also = [404] * bool(route.holes or route.parameters) + [409, 415, 422]
    told = _json(HTTPStatus(route.status).phrase, {"$ref": f"#/components/schemas/{route.gives}"})
    named = (route.verb.name, *route.fixed.values())
    found: dict[str, Any] = {
        "operationId": "_".join(" ".join(named).replace("-", "").split()),
        "summary": route.says,
        "tags": [route.tag],
        "parameters": [_in_path(route, name) for name in route.holes],
        "responses": {str(route.status): told} | _problems(tuple(also)),
    }
    if route.method == "GET":
        found["parameters"] += [
            {"name": name, "in": "query", "required": name in route.shape["required"], "schema": schema}
            for name, schema in route.shape["properties"].items()
        ]
    elif route.method != "DELETE":
        needed = bool(route.shape["required"])
        found["requestBody"] = {"required": needed, "content": {"application/json": {"schema": route.shape}}}
    return found


def _in_path(route: Route, name: str) -> dict[str, Any]:
    number: Schema = {"type": "integer", "minimum": 1, "maximum": LARGEST}
    kinds = {each.name: each.kind for each in route.verb.parameters}
    text: Schema = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}
    schema = number if kinds[name] in (int, int | None) else text
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _json(what: str, schema: Schema) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _problems(also: tuple[int, ...]) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": HTTPStatus(status).phrase, "content": problem}
        for status in sorted({*_ALWAYS, *also})
    }
