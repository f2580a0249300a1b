"""Declares routes: a typed handler, a policy, and from both an aiohttp route and its description.

A function is `async def name(call: Call, path_value: Id, query_value: int = 50, body: Struct) ->
Struct`. It returns a Struct (JSON), None (204), an `Answer` (another status, headers), or an
aiohttp response of its own.
"""

import re
import zlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, Generic, Protocol, TypeVar, get_args, get_origin

import msgspec
from aiohttp import web

from router.web.arguments import Signature, read_body, read_path, read_query, read_signature
from router.web.auth import authorize
from router.web.context import CALLER, CONTEXT, Call
from router.web.policy import Policy
from router.web.problems import HANDLED, to_response

API = "/api/v1"

Body = TypeVar("Body")
Function = TypeVar("Function", bound=Callable[..., Awaitable[Any]])
_ENCODER = msgspec.json.Encoder()


class Declare(Protocol):
    """What `routes.get(...)` gives: registers the function below it, and leaves it as it is."""

    def __call__(self, function: Function, /) -> Function: ...


@dataclass(frozen=True, slots=True)
class Answer(Generic[Body]):
    """A body with a status or headers of its own. `Answer[T]` as a return type describes T."""

    body: Body
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    is_packed: bool = False
    """Compressed for a caller who takes that. Never where what others wrote stands beside a secret:
    the length would tell of it (BREACH)."""


class RouteWithoutPolicy(Exception):
    """A route was registered past `Routes`: nobody said who may call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    function: Callable[..., Awaitable[Any]]
    policy: Policy
    signature: Signature
    status: int
    also: tuple[int, ...]
    """Further statuses of success, with the same body."""
    errors: tuple[int, ...]
    tag: str
    takes: str | None
    """Media type of a raw body that the function reads itself."""
    gives: tuple[str, ...]
    """Media types of a response of the function's own."""
    is_documented: bool
    takes_any_query: bool
    """Pages: their query is for their own script."""
    _decoders: list[msgspec.json.Decoder[Any]] = field(default_factory=list, repr=False)
    """The one of its body, once it was called: most operations never are in a process's life."""

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def returned(self) -> Any:
        """The type of the JSON body; None: there is none."""
        hint = self.signature.returns
        if get_origin(hint) is Answer:
            hint = get_args(hint)[0]
        return None if hint in (None, NoneType) or self.is_raw else hint

    @property
    def is_raw(self) -> bool:
        hint = self.signature.returns
        return isinstance(hint, type) and issubclass(hint, web.StreamResponse)

    @property
    def is_socket(self) -> bool:
        return self.is_raw and issubclass(self.signature.returns, web.WebSocketResponse)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Check the policy, read the arguments, call the function, encode what it returns."""
        context = request.app[CONTEXT]
        try:
            caller = await authorize(context, request, self.policy, is_socket=self.is_socket)
            if caller is not None:
                request[CALLER] = caller
            arguments = read_path(self.signature, request)
            if not self.takes_any_query:
                arguments |= read_query(self.signature, request.query)
            if self.signature.body is not None:
                arguments["body"] = await read_body(
                    request,
                    self._decoder(self.signature.body),
                    optional=self.signature.body_is_optional,
                )
            call = Call(request, context, caller)
            returned = await self.function(call, **arguments)
        except HANDLED as error:
            return to_response(error)
        whole = self._encode(returned)
        is_packed = isinstance(returned, Answer) and returned.is_packed
        if not is_packed or not _is_to_pack(request, whole):
            return _if_changed(request, whole)
        response = _if_changed(request, whole)
        _pack(response)
        return response

    def _decoder(self, body: Any) -> msgspec.json.Decoder[Any]:
        if not self._decoders:
            self._decoders.append(msgspec.json.Decoder(body))
        return self._decoders[0]

    def _encode(self, returned: Any) -> web.StreamResponse:
        if isinstance(returned, web.StreamResponse):
            return returned
        status = self.status
        headers: tuple[tuple[str, str], ...] = ()
        if isinstance(returned, Answer):
            status, headers = returned.status or status, returned.headers
            returned = returned.body
        if returned is None:
            response = web.Response(status=204)
        else:
            response = web.Response(
                body=_ENCODER.encode(returned), status=status, content_type="application/json"
            )
        response.headers.extend(headers)
        return response


def _if_changed(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """304 without a body where the caller has this very answer (RFC 9110, 13.1.2)."""
    tag = response.headers.get("ETag", "").removeprefix("W/")
    if not tag or request.method not in ("GET", "HEAD") or response.status != 200:
        return response
    known = {one.strip().removeprefix("W/") for one in _known_tags(request)}
    if tag not in known:
        return response
    kept = {name: response.headers[name] for name in _OF_304 if name in response.headers}
    return web.Response(status=304, headers=kept)


def _known_tags(request: web.Request) -> list[str]:
    return request.headers.get("If-None-Match", "").split(",")


_OF_304 = ("ETag", "Cache-Control", "Vary")
_LEAST_PACKED = 1400
"""Bytes; less goes in one packet as it is."""
_REFUSED = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*")


def _is_to_pack(request: web.Request, response: web.StreamResponse) -> bool:
    """Whether it is worth it and asked for. What it says of itself is true of its packed form
    then, also where 304 is said of that (RFC 9110, 15.4.5).
    """
    response.headers["Vary"] = "Accept-Encoding"
    body = response.body if isinstance(response, web.Response) else None
    if not isinstance(body, bytes) or len(body) < _LEAST_PACKED or not _takes_gzip(request):
        return False
    if tag := response.headers.get("ETag"):
        # Of another representation a strong one would have to differ (RFC 9110, 8.8.3.3).
        response.headers["ETag"] = f"W/{tag}"
    return True


def _takes_gzip(request: web.Request) -> bool:
    """Whether it is named, and not with the weight of none (RFC 9110, 12.5.3)."""
    for one in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() == "gzip":
            return _REFUSED.fullmatch(weight) is None
    return False


def _pack(response: web.StreamResponse) -> None:
    """gzip the body. At its quickest: 2 ms for 300 KB of ids, a third of which is left."""
    if isinstance(response, web.Response) and isinstance(response.body, bytes):
        response.body = zlib.compress(response.body, level=1, wbits=_GZIP)
        response.headers["Content-Encoding"] = "gzip"


_GZIP = zlib.MAX_WBITS + 16

OPERATIONS: web.AppKey[tuple[Operation, ...]] = web.AppKey("operations", tuple)


class Routes:
    """The routes of one module, under one prefix. `install` puts them into an application."""

    def __init__(self, *, prefix: str = API, tag: str = "") -> None:
        self._prefix = prefix
        self._tag = tag
        self.operations: list[Operation] = []

    def get(self, path: str, *, policy: Policy, **options: Any) -> Declare:
        return self.route("GET", path, policy=policy, **options)

    def post(self, path: str, *, policy: Policy, **options: Any) -> Declare:
        return self.route("POST", path, policy=policy, **options)

    def put(self, path: str, *, policy: Policy, **options: Any) -> Declare:
        return self.route("PUT", path, policy=policy, **options)

    def patch(self, path: str, *, policy: Policy, **options: Any) -> Declare:
        return self.route("PATCH", path, policy=policy, **options)

    def delete(self, path: str, *, policy: Policy, **options: Any) -> Declare:
        return self.route("DELETE", path, policy=policy, **options)

    def route(
        self,
        method: str,
        path: str,
        *,
        policy: Policy,
        status: int = 200,
        also: tuple[int, ...] = (),
        errors: tuple[int, ...] = (),
        takes: str | None = None,
        gives: tuple[str, ...] = (),
        is_documented: bool = True,
        takes_any_query: bool = False,
    ) -> Declare:
        """Register the function below. `errors` are statuses that don't follow from its types."""

        def register(function: Function) -> Function:
            full = self._prefix + path
            signature = read_signature(full, function)
            self.operations.append(
                Operation(
                    method=method,
                    path=full,
                    function=function,
                    policy=policy,
                    signature=signature,
                    status=status,
                    also=also,
                    errors=errors,
                    tag=self._tag,
                    takes=takes,
                    gives=gives,
                    is_documented=is_documented,
                    takes_any_query=takes_any_query,
                )
            )
            return function

        return register


def install(app: web.Application, groups: Iterable[Routes]) -> list[Operation]:
    """Add the routes, in order. Raises ValueError if two operations share a name."""
    installed: list[Operation] = []
    names: set[str] = set()
    for operation in (one for group in groups for one in group.operations):
        if operation.is_documented:
            if operation.name in names:
                raise ValueError(f"two operations are called {operation.name}")
            names.add(operation.name)
        app.router.add_route(operation.method, operation.path, operation.answer)
        if operation.method == "GET" and not operation.is_socket:
            app.router.add_route("HEAD", operation.path, operation.answer)
        installed.append(operation)
    return installed


def check_policies(app: web.Application) -> list[Operation]:
    """Every route of the application as its operation. Raises RouteWithoutPolicy."""
    found: list[Operation] = []
    for route in app.router.routes():
        operation = getattr(route.handler, "__self__", None)
        if not isinstance(operation, Operation):
            raise RouteWithoutPolicy(f"{route.method} {route.resource} was added without a policy")
        if route.method != "HEAD":
            found.append(operation)
    return found
