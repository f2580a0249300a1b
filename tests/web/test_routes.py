"""The typed layer over aiohttp: what a handler gets, and what bad input is answered."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Annotated, Any, Literal

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from core.clock import FakeClock
from router.services.errors import Conflict, NotFound, Refused
from router.services.keyring import Keyring
from router.settings import Settings
from router.storage.engine import Database
from router.web.arguments import BODY_LIMIT, Id
from router.web.context import CONTEXT, Call, Context
from router.web.openapi import openapi_document
from router.web.policy import public
from router.web.routes import Answer, Routes, RouteWithoutPolicy, check_policies, install

OPEN = public("a test")
routes = Routes(tag="things")


class Inner(msgspec.Struct):
    count: int


class NewThing(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    inner: Inner
    state: Literal["open", "solved"] = "open"


class Thing(msgspec.Struct):
    id: int
    name: str


@routes.get("/things/{thing_id}", policy=OPEN)
async def read_thing(call: Call, thing_id: Id, limit: int = 50, is_new: bool = False) -> Thing:
    """One thing.

    More about it.
    """
    if thing_id == 404:
        raise NotFound("There is no such thing.")
    return Thing(id=thing_id, name=f"{limit} {is_new}")


@routes.get("/things", policy=OPEN)
async def list_things(call: Call, ids: list[Id]) -> list[Thing]:
    """Several things."""
    return [Thing(id=one, name="") for one in ids]


@routes.post("/things", policy=OPEN, status=201, also=(200,), errors=(409,))
async def make_thing(call: Call, body: NewThing) -> Answer[Thing]:
    """A new thing."""
    if body.name == "moved":
        raise Conflict("It has moved on.", code="moved_on", last_message_id=7)
    if body.name == "bad":
        raise Refused("Not like this.", code="too_long", field="name")
    return Answer(Thing(id=1, name=body.name), status=200 if body.name == "again" else None)


@routes.get("/things/ids", policy=OPEN)
async def list_ids(call: Call, count: int) -> Answer[list[int]]:
    """Very many numbers."""
    return Answer(list(range(count)), headers=(("ETag", '"same"'),), is_packed=True)


@routes.delete("/things/{thing_id}", policy=OPEN)
async def drop_thing(call: Call, thing_id: Id) -> None:
    """No thing."""


@routes.get("/page/{path:.+}", policy=OPEN, gives=("text/html",))
async def page(call: Call, path: str) -> web.StreamResponse:
    """A page."""
    return web.Response(text=f"<p>{path}", content_type="text/html")


@pytest.fixture
async def client(clock: FakeClock) -> AsyncIterator[TestClient[Any, Any]]:
    settings = Settings()
    # The database is never asked: these routes are public.
    database = Database("postgresql://nowhere.invalid/none", clock=clock)
    app = web.Application()
    app[CONTEXT] = Context(
        settings=settings, database=database, keyring=Keyring("k" * 40), clock=clock
    )
    install(app, [routes])
    async with TestClient(TestServer(app)) as client:
        yield client
    await database.close()


async def test_path_and_query_arrive_typed(client: TestClient[Any, Any]) -> None:
    async with client.get("/api/v1/things/7?limit=3&is_new=true") as response:
        assert response.status == 200
        assert await response.json() == {"id": 7, "name": "3 True"}


async def test_a_list_is_given_with_commas(client: TestClient[Any, Any]) -> None:
    async with client.get("/api/v1/things?ids=1,2,3") as response:
        assert [thing["id"] for thing in await response.json()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "ids"),
        ("?ids=1,x", "ids"),
        ("?ids=1,0", "ids"),
        ("?ids=1&ids=2", "ids"),
        ("?ids=1&other=2", "other"),
        ("?ids=1%00", "ids"),
        ("?ids=99999999999999999999999", "ids"),
    ],
)
async def test_a_wrong_parameter_is_named(
    client: TestClient[Any, Any], query: str, field: str
) -> None:
    async with client.get(f"/api/v1/things{query}") as response:
        assert response.status == 400
        assert (await response.json())["field"] == field


async def test_much_is_packed_for_whoever_takes_it(client: TestClient[Any, Any]) -> None:
    many = "/api/v1/things/ids?count=5000"
    plain = await client.get(many, headers={"Accept-Encoding": "identity"})
    packed = await client.get(many, headers={"Accept-Encoding": "gzip"})
    little = await client.get("/api/v1/things/ids?count=5", headers={"Accept-Encoding": "gzip"})
    known = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"}
    again = await client.get(many, headers=known)

    assert await packed.json() == await plain.json() == list(range(5000))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
    assert packed.headers["ETag"] == 'W/"same"'
    assert "Content-Encoding" not in {*plain.headers, *little.headers}
    assert {one.headers["Vary"] for one in (plain, packed, little)} == {"Accept-Encoding"}
    assert (again.status, await again.read()) == (304, b"")
    assert (again.headers["ETag"], again.headers["Vary"]) == ('W/"same"', "Accept-Encoding")


@pytest.mark.parametrize("accepted", ["gzip;q=0", "br, gzip; q=0.000", "x-gzipped", "identity"])
async def test_nothing_is_packed_for_whoever_does_not_take_it(
    client: TestClient[Any, Any], accepted: str
) -> None:
    headers = {"Accept-Encoding": accepted}
    async with client.get("/api/v1/things/ids?count=5000", headers=headers) as response:
        assert "Content-Encoding" not in response.headers
        assert response.headers["ETag"] == '"same"'


@pytest.mark.parametrize("thing_id", ["x", "0", "-1", "9" * 30, "%00", "404"])
async def test_an_id_that_cannot_be_is_not_found(
    client: TestClient[Any, Any], thing_id: str
) -> None:
    async with client.get(f"/api/v1/things/{thing_id}") as response:
        assert response.status == 404
        assert (await response.json())["code"] == "not_found"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"{", None),
        (b"[]", None),
        (b"[" * 100_000, None),
        (b"\xff", None),
        (b'{"name":"n"}', "inner"),
        (b'{"name":"","inner":{"count":1}}', "name"),
        (b'{"name":"n","inner":{"count":"1"}}', "inner.count"),
        (b'{"name":"n","inner":{}}', "inner.count"),
        (b'{"name":"n","inner":{"count":1},"state":"gone"}', "state"),
        (b'{"name":"n","inner":{"count":1},"extra":1}', "extra"),
        (b'{"name":"n","inner":{"count":99999999999999999999}}', "inner.count"),
        (b'{"name":"a\\u0000b","inner":{"count":1}}', None),
        (b'{"name":"\\ud800","inner":{"count":1}}', None),
        (b'{"name":"bad","inner":{"count":1}}', "name"),
    ],
)
async def test_a_wrong_body_is_answered_with_the_field(
    client: TestClient[Any, Any], body: bytes, field: str | None
) -> None:
    headers = {"Content-Type": "application/json"}
    async with client.post("/api/v1/things", data=body, headers=headers) as response:
        assert response.status == 400
        assert (await response.json())["field"] == field


async def test_a_backslash_before_u0000_is_no_nul(client: TestClient[Any, Any]) -> None:
    body = b'{"name":"a\\\\u0000b","inner":{"count":1}}'
    headers = {"Content-Type": "application/json"}
    async with client.post("/api/v1/things", data=body, headers=headers) as response:
        assert response.status == 201
        assert (await response.json())["name"] == "a\\u0000b"


async def test_a_body_that_is_no_json_is_415(client: TestClient[Any, Any]) -> None:
    async with client.post("/api/v1/things", data=b"name=n") as response:
        assert response.status == 415


@pytest.mark.parametrize("is_chunked", [True, False])
async def test_a_body_past_the_cap_is_413(client: TestClient[Any, Any], is_chunked: bool) -> None:
    large = b'"' + b"x" * BODY_LIMIT + b'"'

    async def chunks() -> AsyncIterator[bytes]:
        yield large

    async with client.post(
        "/api/v1/things",
        data=chunks() if is_chunked else BytesIO(large),
        headers={"Content-Type": "application/json"},
    ) as response:
        assert response.status == 413


async def test_a_broken_encoding_is_400(client: TestClient[Any, Any]) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    async with client.post("/api/v1/things", data=b"no gzip", headers=headers) as response:
        assert response.status == 400


async def test_a_conflict_carries_its_facts(client: TestClient[Any, Any]) -> None:
    body = {"name": "moved", "inner": {"count": 1}}
    async with client.post("/api/v1/things", json=body) as response:
        assert response.status == 409
        assert (await response.json())["last_message_id"] == 7


async def test_a_route_chooses_among_its_statuses(client: TestClient[Any, Any]) -> None:
    for name, status in [("new", 201), ("again", 200)]:
        body = {"name": name, "inner": {"count": 1}}
        async with client.post("/api/v1/things", json=body) as response:
            assert response.status == status
    async with client.delete("/api/v1/things/1") as response:
        assert response.status == 204


async def test_a_page_is_a_response_of_the_routes_own(client: TestClient[Any, Any]) -> None:
    async with client.get("/api/v1/page/a/b") as response:
        assert await response.text() == "<p>a/b"


def test_the_document_describes_types_errors_and_security() -> None:
    document = openapi_document(routes.operations, version="1")
    make = document["paths"]["/api/v1/things"]["post"]
    assert make["operationId"] == "make_thing"
    assert make["tags"] == ["things"]
    assert set(make["responses"]) == {"200", "201", "400", "403", "409", "413", "415"}
    reference = make["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    assert schema["properties"]["state"]["enum"] == ["open", "solved"]
    assert schema["additionalProperties"] is False
    read = document["paths"]["/api/v1/things/{thing_id}"]["get"]
    assert read["description"] == "More about it."
    assert [one["name"] for one in read["parameters"]] == ["thing_id", "limit", "is_new"]
    assert "/api/v1/page/{path}" in document["paths"]


def test_a_route_without_a_policy_does_not_start() -> None:
    async def open_door(request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    install(app, [routes])
    assert len(check_policies(app)) == len(routes.operations)
    app.router.add_get("/door", open_door)
    with pytest.raises(RouteWithoutPolicy, match="/door"):
        check_policies(app)


def test_a_declaration_without_a_policy_is_an_error() -> None:
    with pytest.raises(TypeError, match="policy"):
        Routes().get("/door")  # type: ignore[call-arg]  # what the test is about


def test_two_operations_of_one_name_do_not_start() -> None:
    with pytest.raises(ValueError, match="read_thing"):
        install(web.Application(), [routes, routes])
