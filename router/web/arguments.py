"""Reads a function's arguments from a request: path, query and body, checked against its types."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import unquote_to_bytes

import msgspec
from aiohttp import web
from multidict import MultiMapping

from core.ids import RowId
from router.web.problems import ApiError, invalid_body, invalid_parameter

MAX_INT = 2**63 - 1
Id = RowId
"""Of any row. Use it for ids in bodies too."""

BODY_LIMIT = 1024 * 1024
"""Bytes of a JSON body."""

PLACEHOLDER = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HUGE = re.compile(rb"[0-9]{19}")
# \u0000 behind an even number of backslashes: NUL, which PostgreSQL cannot store.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: Any
    is_required: bool
    default: Any = None

    @property
    def is_list(self) -> bool:
        """Given as `1,2,3`."""
        hint = get_args(self.type)[0] if get_origin(self.type) is Annotated else self.type
        return get_origin(hint) in (list, tuple)


@dataclass(frozen=True, slots=True)
class Signature:
    """What one function takes and returns, read once at start."""

    path: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    body: Any
    body_is_optional: bool
    returns: Any


def read_signature(path: str, function: Callable[..., Any]) -> Signature:
    """Raises TypeError if an argument has no type, or a placeholder has no argument."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    in_path = PLACEHOLDER.findall(path)
    missing = set(in_path) - {p.name for p in parameters}
    if missing:
        raise TypeError(f"{function.__qualname__} does not take {sorted(missing)} of {path}")
    found: dict[str, list[Parameter]] = {"path": [], "query": []}
    body: Any = None
    body_is_optional = False
    for parameter in parameters:
        if parameter.name not in hints:
            raise TypeError(f"{function.__qualname__}: {parameter.name} needs a type")
        hint = hints[parameter.name]
        if parameter.name == "body":
            body = hint
            body_is_optional = get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)
            continue
        is_required = parameter.default is inspect.Parameter.empty
        place = "path" if parameter.name in in_path else "query"
        default = None if is_required else parameter.default
        found[place].append(Parameter(parameter.name, _bounded(hint), is_required, default))
    if "return" not in hints:
        raise TypeError(f"{function.__qualname__} needs a return type")
    return Signature(
        tuple(found["path"]), tuple(found["query"]), body, body_is_optional, hints["return"]
    )


def _bounded(hint: Any) -> Any:
    """A bare `int` takes what the database can hold: anything else would fail there."""
    return Annotated[int, msgspec.Meta(ge=-MAX_INT - 1, le=MAX_INT)] if hint is int else hint


def read_path(signature: Signature, request: web.Request) -> dict[str, Any]:
    """Raises ApiError 404: an id that cannot exist is not found."""
    if signature.path and not _is_well_encoded(request.rel_url.raw_path):
        raise ApiError(404, "not_found", "There is no such thing.")
    found: dict[str, Any] = {}
    for parameter in signature.path:
        text = request.match_info[parameter.name]
        try:
            found[parameter.name] = _converted(text, parameter)
        except msgspec.MsgspecError as error:
            raise ApiError(404, "not_found", "There is no such thing.") from error
    return found


def _is_well_encoded(path: str) -> bool:
    """Else `%FF`, which is no text, would be read as the text "%FF", which is written `%25FF`."""
    if "%" not in path:
        return True
    try:
        unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return False
    return _STRAY_PERCENT.search(path) is None


def read_query(signature: Signature, query: MultiMapping[str]) -> dict[str, Any]:
    """Raises ApiError 400 for what is missing, wrong, unknown, or there twice."""
    known = {p.name for p in signature.query}
    for name in query:
        if name not in known:
            raise ApiError(400, "invalid", f"There is no parameter {name}.", field=name)
        if len(query.getall(name)) > 1:
            raise ApiError(400, "invalid", f"{name} is there twice.", field=name)
    found: dict[str, Any] = {}
    for parameter in signature.query:
        if parameter.name not in query:
            if parameter.is_required:
                raise ApiError(
                    400, "invalid", f"{parameter.name} is missing.", field=parameter.name
                )
            found[parameter.name] = parameter.default
            continue
        try:
            found[parameter.name] = _converted(query[parameter.name], parameter)
        except msgspec.MsgspecError as error:
            raise invalid_parameter(error, parameter.name) from error
    return found


def _converted(text: str, parameter: Parameter) -> Any:
    if "\x00" in text or not _is_encodable(text):
        raise msgspec.ValidationError("Text must not hold NUL or broken characters")
    if parameter.is_list:
        return msgspec.convert(text.split(",") if text else [], parameter.type, strict=False)
    return msgspec.convert(text, parameter.type, strict=False)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


async def read_body(
    request: web.Request, decoder: msgspec.json.Decoder[Any], *, optional: bool
) -> Any:
    """The decoded body. Raises ApiError: 415 not JSON, 413 too large, 400 with the field."""
    if optional and not request.body_exists:
        return None
    if request.content_type != "application/json":
        raise ApiError(415, "unsupported_media_type", "Send application/json.")
    raw = await read_limited(request, BODY_LIMIT)
    if optional and not raw:
        return None
    if _NUL.search(raw):
        raise ApiError(400, "invalid", "Text must not hold NUL characters.")
    try:
        body = decoder.decode(raw)
    except msgspec.MsgspecError as error:
        raise invalid_body(error) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, "invalid", "The body is no readable JSON.") from error
    if _HUGE.search(raw):
        _check_numbers(msgspec.to_builtins(body, builtin_types=()), "")
    return body


async def read_limited(request: web.Request, limit: int) -> bytes:
    """The raw body. Raises ApiError 413 once it is past `limit` bytes, 400 if it breaks off."""
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    chunks = bytearray()
    try:
        async for chunk in request.content.iter_any():
            chunks += chunk
            if len(chunks) > limit:
                raise too_large(limit)
    except (web.RequestPayloadError, ValueError) as error:
        raise ApiError(400, "invalid", "The body cannot be read.") from error
    return bytes(chunks)


def too_large(limit: int) -> ApiError:
    return ApiError(413, "too_large", f"At most {limit} bytes.")


def _check_numbers(value: Any, path: str) -> None:
    match value:
        case bool():
            return
        case int() if not -MAX_INT - 1 <= value <= MAX_INT:
            raise ApiError(400, "invalid", "The number is too large.", field=path or None)
        case dict():
            for name, inner in value.items():
                _check_numbers(inner, f"{path}.{name}" if path else str(name))
        case list() | tuple():
            for index, inner in enumerate(value):
                _check_numbers(inner, f"{path}[{index}]")
        case _:
            return
