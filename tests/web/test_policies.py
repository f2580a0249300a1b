"""A05 and A27: who may call what, taken from the routes themselves; and from where."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar, WSServerHandshakeError

from router.runtime.registry import Registry
from router.services.roles import PERMISSIONS, Permission, Role
from router.settings import Settings
from router.storage.engine import Database
from router.web.app import GROUPS
from router.web.routes import Operation
from tests.web.desk import Browser, Desk, open_desk

OPERATIONS: list[Operation] = [one for group in GROUPS for one in group.operations]
BY_NAME = {f"{one.method} {one.path}": one for one in OPERATIONS}
FOR_AGENTS = [one for one in OPERATIONS if one.policy.needs_agent and not one.is_socket]
STAYING = [one for one in FOR_AGENTS if one.name != "log_out"]
UNSAFE = [one for one in FOR_AGENTS if one.method not in ("GET", "HEAD")]
SOCKETS = [one for one in OPERATIONS if one.is_socket and one.policy.needs_agent]

# What anybody may call. A new one is added here by hand, so that nobody adds one by mistake.
PUBLIC = {
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /api/v1/openapi.json",
    "GET /api/docs",
    "GET /api/docs.css",
    "GET /api/v1/session",
    "GET /api/v1/setup",
    "POST /api/v1/setup",
    "POST /api/v1/login",
    "POST /api/v1/invitations/accept",
    "GET /static/{path:.+}",
    "GET /",
    "GET /widget.js",
    "GET /widget/{name}",
    "GET /widget/frame/{hook}",
    "GET /widget/help",
    "GET /widget/help/{name}",
    "GET /help",
    "GET /help/",
    "GET /help/style.css",
    "GET /help/{page}",
    "GET /help/{locale}/{path:.*}",
    "POST /help/{locale}/contact",
}
_PROVEN_ELSEWHERE = ("widget", "sandbox", "visitors", "visitor", "webhooks")
PAGES = re.compile(
    r"GET /(inbox|people|search|drafts|connectors|settings|setup|login|invite)(/\{rest:\.\*\})?"
)


def name_of(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def address_of(operation: Operation) -> str:
    """An address of a thing that does not exist."""
    return re.sub(r"\{\w+(?::[^{}]*)?\}", "999999", operation.path)


@pytest.fixture(scope="module")
async def browsers(
    template_database_url: str, postgres_url: str
) -> AsyncIterator[Mapping[Role, Browser]]:
    """One agent of each role, signed in to one desk for all of these tests."""
    from tests.databases import _database, _name_of

    async with _database(postgres_url, template=_name_of(template_database_url)) as url:
        database = Database(url)
        desk = await open_desk(database, registry=Registry())  # an empty one: no channel is called
        yield {
            role: await (desk.token(role) if role is Role.HOST else desk.signed_in(role))
            for role in Role
        }
        await desk.close()
        await database.close()


def test_what_is_open_to_anybody_is_listed_by_hand() -> None:
    found = {name_of(one) for one in OPERATIONS if one.policy.name == "public"}
    found |= {"GET /metrics"}
    assert {one for one in found if not PAGES.fullmatch(one)} - PUBLIC - _others() == set()


def _others() -> set[str]:
    """The widget's and the sandbox's, which their own tests prove."""
    return {name_of(one) for one in OPERATIONS if one.tag in _PROVEN_ELSEWHERE}


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_every_route_says_who_may_call_it(operation: Operation) -> None:
    policy = operation.policy
    if policy.needs_agent:
        assert isinstance(policy.permission, Permission) or policy.name == "signed_in"
    else:
        assert policy.reason


@pytest.mark.parametrize("operation", FOR_AGENTS, ids=name_of)
async def test_nobody_who_is_not_signed_in_gets_in(
    operation: Operation, browsers: Mapping[Role, Browser]
) -> None:
    client = browsers[Role.OWNER].client
    async with ClientSession(cookie_jar=DummyCookieJar()) as stranger:
        for headers in (
            {},
            {"Cookie": "onethread="},
            {"Cookie": "onethread=guess"},
            {"Authorization": "Bearer ot_guess"},
            {"Authorization": f"Bearer {'x' * 5000}"},
            {"Authorization": "Bearer"},
            {"Authorization": "Basic b3duZXI6cGFzcw=="},
        ):
            address = client.make_url(address_of(operation))
            async with stranger.request(operation.method, address, headers=headers) as response:
                assert response.status == 401, headers


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("operation", STAYING, ids=name_of)
async def test_each_role_may_do_what_its_permissions_say_and_nothing_else(
    operation: Operation, role: Role, browsers: Mapping[Role, Browser]
) -> None:
    answered = await browsers[role].call(
        operation.method, address_of(operation), json=_body(operation), is_api=False
    )
    permission = operation.policy.permission
    if permission is None and role is Role.HOST:
        assert (answered.status, answered.code) == (403, "forbidden")
    elif permission is None or permission in PERMISSIONS[role]:
        assert answered.status not in (401, 500)
        if answered.status == 403:  # past the policy, and refused for what was asked
            assert answered.code != "csrf"
            assert str(permission) not in answered.body["detail"]
    else:
        assert answered.status == 403
        assert str(permission) in answered.body["detail"]


@pytest.mark.parametrize("operation", UNSAFE, ids=name_of)
async def test_an_unsafe_call_needs_the_csrf_token(
    operation: Operation, browsers: Mapping[Role, Browser]
) -> None:
    browser = Browser(browsers[Role.OWNER].client)  # its cookie, without its token
    for headers in ({}, {"X-CSRF-Token": "guess"}, {"X-CSRF-Token": ""}):
        answered = await browser.call(
            operation.method,
            address_of(operation),
            json=_body(operation),
            headers=headers,
            is_api=False,
        )
        assert (answered.status, answered.code) == (403, "csrf")


FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1.evil.example:8080"},
    {"Origin": "https://127.0.0.1:8080"},
    {"Origin": "http://127.0.0.1:9"},
    {"Origin": "http://["},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    "operation",
    [one for one in OPERATIONS if one.policy.checks_origin and one.method not in ("GET", "HEAD")],
    ids=name_of,
)
async def test_a_foreign_page_is_refused_even_with_the_token(
    operation: Operation, headers: dict[str, str], browsers: Mapping[Role, Browser]
) -> None:
    answered = await browsers[Role.OWNER].call(
        operation.method,
        address_of(operation),
        json=_body(operation),
        headers=headers,
        is_api=False,
    )
    assert (answered.status, answered.code) == (403, "foreign_origin")


@pytest.mark.parametrize("operation", SOCKETS, ids=name_of)
@pytest.mark.parametrize("headers", [{}, *FOREIGN], ids=str)
async def test_a_socket_of_a_foreign_page_is_refused(
    operation: Operation, headers: dict[str, str], browsers: Mapping[Role, Browser]
) -> None:
    client = browsers[Role.OWNER].client
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect(address_of(operation), headers=headers)
    assert refused.value.status == 403


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "http://localhost:8080"])
async def test_our_own_page_is_not_refused(origin: str, browsers: Mapping[Role, Browser]) -> None:
    headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    answered = await browsers[Role.OWNER].post("/teams", {"name": origin}, headers=headers)
    assert answered.status == 201


async def test_no_answer_lets_a_foreign_page_read_it(
    browsers: Mapping[Role, Browser],
) -> None:
    answered = await browsers[Role.OWNER].get("/me", headers={"Origin": "https://evil.example"})
    assert not [name for name in answered.headers if name.lower().startswith("access-control")]
    options = await browsers[Role.OWNER].call(
        "OPTIONS", "/me", headers={"Origin": "https://evil.example"}
    )
    assert options.status == 405


async def test_with_a_public_address_only_its_origin_is_ours(database: Database) -> None:
    desk = await open_desk(database, Settings(public_url="https://desk.example.com"))
    browser = await desk.browser()
    body = {"email": "a@example.com", "password": "x"}
    for origin, status in [
        ("https://desk.example.com", 401),
        ("https://desk.example.com:443", 401),
        ("http://desk.example.com", 403),
        ("https://localhost", 403),
        ("https://desk.example.com.evil.example", 403),
    ]:
        answered = await browser.post("/login", body, headers={"Origin": origin})
        assert answered.status == status, origin
    await desk.close()


async def test_a_token_needs_no_csrf_token_and_wins_over_a_cookie(desk: Desk) -> None:
    program = await desk.token(Role.ADMIN)
    assert (await program.post("/teams", {"name": "Night"})).status == 201
    owner = await desk.signed_in(Role.OWNER)
    wrong = await owner.get("/me", headers={"Authorization": "Bearer ot_wrong"})
    assert wrong.status == 401


async def test_a_token_can_do_no_more_than_its_role_and_its_agent(desk: Desk) -> None:
    program = await desk.token(Role.AUDITOR)
    assert (await program.get("/audit")).status == 200
    assert (await program.post("/teams", {"name": "Night"})).status == 403
    assert (await program.post("/me/password", {"current": "x", "new": "y"})).status == 403
    assert (await program.post("/me/totp")).code == "needs_session"


async def test_a_token_dies_with_its_agent(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    program = await desk.token(Role.AGENT, Role.SUPERVISOR)
    me = (await program.get("/me")).body["agent"]["id"]
    assert (await owner.call("PATCH", f"/agents/{me}", {"is_active": False})).status == 200
    assert (await program.get("/me")).status == 401


def _body(operation: Operation) -> Any:
    return {} if operation.signature.body is not None else None
