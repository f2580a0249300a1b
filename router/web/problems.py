"""How a refusal looks to the caller: `{code, detail, field}`, never a stack trace."""

import re
from typing import Any

import msgspec
from aiohttp import web

from router.services.errors import Conflict, Forbidden, NotFound, Refused, ServiceError
from router.storage.engine import PASSING, Collision, DatabaseUnavailable


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Every answer of 400 and above."""

    code: str
    detail: str
    """A sentence for the person."""
    field: str | None = None
    """Where in the body, such as `config.imap_port`, or a parameter's name; null: all of it."""


class ApiError(Exception):
    """An answer that is a refusal. For what services don't know of: sign-in, sizes, formats."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.field = field
        self.headers = headers or {}


HANDLED: tuple[type[Exception], ...] = (
    ApiError,
    ServiceError,
    DatabaseUnavailable,
    Collision,
    *PASSING,
)
"""What `to_response` can say. Anything else is a fault of ours, and stays one."""

_ENCODER = msgspec.json.Encoder()
_AT = re.compile(r" - at `([^`]*)`$")
_NAMED = re.compile(r"field `([^`]*)`")


def to_response(error: Exception) -> web.Response:
    """The answer for one of HANDLED."""
    match error:
        case ApiError():
            return problem(error.status, error.code, str(error), error.field, error.headers)
        case NotFound():
            return problem(404, error.code, str(error), error.field)
        case Conflict():
            return problem(409, error.code, str(error), error.field, facts=error.facts)
        case Forbidden():
            return problem(403, error.code, str(error), error.field)
        case Refused():
            return problem(400, error.code, str(error), error.field, facts=error.facts)
        case ServiceError():
            return problem(400, error.code, str(error), error.field)
        case Collision():
            return problem(
                503,
                "unavailable",
                "Somebody changed the same at that moment: try again.",
                headers={"Retry-After": "1"},
            )
        case _:
            return problem(
                503, "unavailable", "The database does not answer.", headers={"Retry-After": "2"}
            )


def problem(
    status: int,
    code: str,
    detail: str,
    field: str | None = None,
    headers: dict[str, str] | None = None,
    *,
    facts: dict[str, Any] | None = None,
) -> web.Response:
    body: Any = Problem(code=code, detail=detail, field=field)
    if facts:
        body = {**msgspec.to_builtins(body), **facts}
    return web.Response(
        body=_ENCODER.encode(body),
        status=status,
        content_type="application/json",
        headers=headers,
    )


def invalid_body(error: msgspec.MsgspecError) -> ApiError:
    """400 that names the field of the body."""
    said = str(error)
    at = _AT.search(said)
    path = at.group(1).removeprefix("$").removeprefix(".") if at else ""
    named = _NAMED.search(said)
    if named and isinstance(error, msgspec.ValidationError):
        path = f"{path}.{named.group(1)}" if path else named.group(1)
    return ApiError(400, "invalid", _sentence(said), field=path or None)


def invalid_parameter(error: msgspec.MsgspecError, name: str) -> ApiError:
    """400 that names the parameter."""
    return ApiError(400, "invalid", f"{name}: {_sentence(str(error))}", field=name)


def _sentence(said: str) -> str:
    return _AT.sub("", said).rstrip(".") + "."
