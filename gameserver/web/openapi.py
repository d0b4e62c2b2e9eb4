"""The document of an API (OpenAPI 3.1), made from the table of its routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from gameserver.numbers import MAX_NUMBER
from gameserver.web.converters import CONVERTERS, Converter
from gameserver.web.messages import JSON, PROBLEM, TEXT
from gameserver.web.operation import Operation
from gameserver.web.query import Parameter
from gameserver.web.routing import Route

ALWAYS = (400, 404, 405, 408, 413, 414, 417, 429, 431, 500, 501, 503, 505)
"""The errors that any request may get."""
WITH_BODY = (411, 415)
WITH_WHO = {"player": (401, 403), "owner": (401, 403), "game": (401, 403), "admin": (401, 403)}

_CAPTURED: Mapping[str, Mapping[str, Any]] = {
    "number": {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER},
    "name": {"type": "string", "pattern": f"^{CONVERTERS['name'].pattern}$"},
}
_OF_HEADER: Mapping[str, Mapping[str, Any]] = {
    "if-none-match": {"description": "the ETag of what the client has: 304 if it is the newest"},
    "idempotency-key": {
        "description": "the request's own name, so that it may be repeated; or `id` in the body",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64},
    },
    "last-event-id": {"description": "the id of the last event that the client has"},
}
_SECURITY: Mapping[str, Mapping[str, Any]] = {
    "player": {
        "type": "apiKey",
        "in": "query",
        "name": "sessionkey",
        "description": "of `GET /<user>/login`; the JSON may have it in the place of the query",
    },
    "game": {
        "type": "http", "scheme": "bearer", "description": "a token of `POST /api/tokens`",
    },
    "admin": {"type": "http", "scheme": "bearer", "description": "of --admin_token_file"},
}  # fmt: skip
_SHOWN: Mapping[str, Sequence[str]] = {
    "player": ("player", "game"),
    "owner": ("player", "game", "admin"),
    "game": ("game", "admin"),
    "admin": ("admin",),
}
"""One of these is shown by those who may call it."""


def document(
    routes: Iterable[Route], schemas: Mapping[str, Any], info: Mapping[str, str]
) -> dict[str, Any]:
    """The document of those routes that have operations."""
    routes = [route for route in routes if route.operations]
    operations = [each for route in routes for each in route.operations.values()]
    bodies = {each.body.name: each.body.schema for each in operations if each.body}
    return {
        "openapi": "3.1.0",
        "info": info,
        "paths": {_path(route): _path_item(route) for route in routes},
        "components": {
            "schemas": {**schemas, **bodies},
            "responses": {str(status): _problem(status) for status in _statuses(operations)},
            "securitySchemes": _SECURITY,
        },
    }


def _path(route: Route) -> str:
    return route.name.replace("<", "{").replace(">", "}")


def _path_item(route: Route) -> dict[str, Any]:
    item: dict[str, Any] = {
        method.lower(): _operation(each, route) for method, each in route.operations.items()
    }
    if route.converters:
        item["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": _captured(converter)}
            for name, converter in route.converters.items()
        ]
    return item


def _captured(converter: Converter) -> Mapping[str, Any]:
    return _CAPTURED["name" if converter is CONVERTERS["name"] else "number"]


def _operation(operation: Operation, route: Route) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "responses": {
            **_answer(operation),
            **{
                str(status): {"$ref": f"#/components/responses/{status}"}
                for status in _refusals(operation)
            },
        },
    }
    keys = {scheme.get("name") for scheme in _SECURITY.values()}
    parameters = [_of_query(each) for each in operation.query.parameters if each.name not in keys]
    parameters += [
        {"name": name, "in": "header", "schema": {"type": "string"}, **_OF_HEADER[name]}
        for name in operation.headers
    ]
    if parameters:
        described["parameters"] = parameters
    if operation.who in _SHOWN:
        described["security"] = [{scheme: []} for scheme in _SHOWN[operation.who]]
    if operation.body:
        schema = {"$ref": f"#/components/schemas/{operation.body.name}"}
        content = {JSON: {"schema": schema}}
        described["requestBody"] = {"required": operation.needs_body, "content": content}
    return described


def _of_query(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.about,
        "schema": parameter.schema,
    }
    if parameter.required:
        described["required"] = True
    if parameter.schema["type"] == "array":
        described.update(style="form", explode=False)
    return described


def _answer(operation: Operation) -> dict[str, Any]:
    """What comes if nothing is wrong."""
    status = operation.status
    answers: dict[str, Any] = {str(status): {"description": HTTPStatus(status).phrase}}
    if operation.answer:
        schema = {"$ref": f"#/components/schemas/{operation.answer}"}
        answers[str(status)]["content"] = {operation.content_type: {"schema": schema}}
    elif status != HTTPStatus.NO_CONTENT:
        schema = {"type": "string"}
        answers[str(status)]["content"] = {operation.content_type: {"schema": schema}}
    if "if-none-match" in operation.headers:
        answers[str(status)]["headers"] = {"ETag": {"schema": {"type": "string"}}}
        answers["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    return answers


def _refusals(operation: Operation) -> list[int]:
    """The statuses of the errors that the operation may answer."""
    with_body = WITH_BODY if operation.body else ()
    return sorted({*ALWAYS, *with_body, *WITH_WHO.get(operation.who, ()), *operation.refusals})


def _statuses(operations: Iterable[Operation]) -> list[int]:
    return sorted({status for each in operations for status in _refusals(each)})


def _problem(status: int) -> dict[str, Any]:
    """An error; one that is found before the path is known is a line of text."""
    headers = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}
    described: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {
            PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}},
            TEXT: {"schema": {"type": "string"}},
        },
    }
    if status in headers:
        described["headers"] = {headers[status]: {"schema": {"type": "string"}}}
    return described
