"""The OpenAPI 3.1 document, made from the operations and the types of their arguments."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from router.web.arguments import PLACEHOLDER, Parameter
from router.web.auth import CSRF_HEADER, SAFE_METHODS
from router.web.problems import Problem
from router.web.routes import Operation

_PROBLEMS = {
    400: "The request is malformed; `field` names what is wrong.",
    401: "Nobody is signed in.",
    403: "Not allowed, or called from a foreign page.",
    404: "There is no such thing, or you may not know of it.",
    409: "The state has moved on.",
    413: "Too large.",
    415: "The body has another media type.",
    429: "Too many tries; wait.",
}


def openapi_document(operations: Iterable[Operation], *, version: str) -> dict[str, Any]:
    """Raises TypeError if a type cannot be described."""
    described = [one for one in operations if one.is_documented]
    schemas, components = _schemas(described)
    paths: dict[str, dict[str, Any]] = {}
    for operation in described:
        methods = paths.setdefault(_plain_path(operation.path), {})
        methods[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "onethread",
            "version": version,
            "description": "One person, one conversation. Times are RFC 3339 UTC, ids integers.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in described if one.tag)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-onethread"},
                "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


Schemas = dict[int, dict[str, Any]]


def _schemas(operations: Sequence[Operation]) -> tuple[Schemas, dict[str, Any]]:
    """Each type's schema by the identity of the type object, and the named components."""
    types: list[Any] = [Problem]
    for operation in operations:
        signature = operation.signature
        types += [parameter.type for parameter in (*signature.path, *signature.query)]
        types += [one for one in (signature.body, operation.returned) if one is not None]
    schemas, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    return {id(one): schema for one, schema in zip(types, schemas, strict=True)}, components


def _operation(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    signature = operation.signature
    summary, _, rest = (operation.function.__doc__ or "").strip().partition("\n\n")
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": " ".join(summary.split()),
        "description": "\n".join(line.strip() for line in rest.splitlines()),
        "tags": [operation.tag] if operation.tag else [],
        "parameters": [_parameter("path", one, schemas) for one in signature.path]
        + [_parameter("query", one, schemas) for one in signature.query],
        "responses": _responses(operation, schemas),
        "security": _security(operation),
        "x-policy": operation.policy.name,
    }
    if signature.body is not None:
        described["requestBody"] = {
            "required": not signature.body_is_optional,
            "content": {"application/json": {"schema": schemas[id(signature.body)]}},
        }
    elif operation.takes is not None:
        described["requestBody"] = {"required": True, "content": {operation.takes: {}}}
    return described


def _parameter(place: str, parameter: Parameter, schemas: Schemas) -> dict[str, Any]:
    schema = schemas[id(parameter.type)]
    described: dict[str, Any] = {
        "in": place,
        "name": parameter.name,
        "required": parameter.is_required,
        "schema": schema,
    }
    if parameter.is_list:
        described |= {"style": "form", "explode": False}
    return described


def _responses(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    returned = operation.returned
    if operation.is_socket:
        responses["101"] = {"description": "A WebSocket."}
    elif operation.is_raw:
        content: dict[str, Any] = {media_type: {} for media_type in operation.gives}
        responses[str(operation.status)] = {"description": "Done.", "content": content}
    elif returned is None:
        responses["204"] = {"description": "Done."}
    else:
        for status in (operation.status, *operation.also):
            responses[str(status)] = {
                "description": "Done.",
                "content": {"application/json": {"schema": schemas[id(returned)]}},
            }
    for status in sorted(_error_statuses(operation)):
        responses[str(status)] = {
            "description": _PROBLEMS.get(status, "Refused."),
            "content": {"application/json": {"schema": schemas[id(Problem)]}},
        }
    return responses


def _error_statuses(operation: Operation) -> set[int]:
    found = set(operation.errors)
    signature = operation.signature
    # Parameters that nobody knows are refused as well, so every operation may say 400.
    found.add(400)
    if signature.path:
        found.add(404)
    if signature.body is not None or operation.takes is not None:
        found |= {413, 415} if signature.body is not None else {413}
    if operation.policy.needs_agent:
        found |= {401, 403}
    elif operation.policy.checks_origin and operation.method not in SAFE_METHODS:
        found.add(403)
    return found


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if not operation.policy.needs_agent:
        return []
    session: dict[str, list[str]] = {"session": []}
    if operation.method not in SAFE_METHODS:
        session["csrf"] = []
    return [session, {"bearer": []}]


def _plain_path(path: str) -> str:
    """`{path:.+}` of aiohttp as `{path}`."""
    return PLACEHOLDER.sub(lambda found: "{" + found.group(1) + "}", path)
