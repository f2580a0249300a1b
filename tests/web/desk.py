"""A desk to test against: the real application on a real database, and agents signed in to it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from yarl import URL

from router.blobs.disk import DiskBlobs
from router.runtime.connectors import ConnectorFactory
from router.runtime.registry import Registry
from router.services.keyring import Keyring
from router.services.passwords import Passwords
from router.services.roles import Role
from router.services.tokens import add_token
from router.settings import Settings
from router.storage import agents
from router.storage.engine import Database
from router.web.app import make_app
from router.web.context import Context

PASSWORD = "correct horse battery"
QUICKLY_HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""A hash says itself how it was made: signing in with this one takes no tenth of a second."""


@dataclass(slots=True)
class Browser:
    """One agent's browser: its cookies, its CSRF token, and our Origin on every call."""

    client: TestClient[web.Request, web.Application]
    csrf: str = ""
    me: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    async def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        is_api: bool = True,
    ) -> "Answered":
        sent = {**({"X-CSRF-Token": self.csrf} if self.csrf else {}), **self.headers}
        sent |= headers or {}
        address = f"/api/v1{path}" if is_api else path
        async with self.client.request(
            method, URL(address, encoded=True), json=json, headers=sent, allow_redirects=False
        ) as response:
            return Answered(response, await response.read())

    async def get(self, path: str, **options: Any) -> "Answered":
        return await self.call("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> "Answered":
        return await self.call("POST", path, json, **options)

    async def sign_in(self, email: str, password: str = PASSWORD, **more: Any) -> "Answered":
        answered = await self.post("/login", {"email": email, "password": password, **more})
        if answered.status == 200:
            self.me = answered.body
            self.csrf = answered.body["csrf_token"]
        return answered


@dataclass(frozen=True, slots=True)
class Answered:
    response: ClientResponse
    raw: bytes

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.raw)

    @property
    def code(self) -> str:
        return str(self.body["code"])

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers


@dataclass(slots=True)
class Desk:
    """Started by the `desk` fixture."""

    context: Context
    server: TestServer
    browsers: list[Browser] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.context.database

    async def browser(self) -> Browser:
        """Nobody is signed in."""
        client: TestClient[web.Request, web.Application] = TestClient(self.server)
        browser = Browser(client)
        self.browsers.append(browser)
        return browser

    async def agent(
        self,
        role: Role = Role.AGENT,
        email: str | None = None,
        *,
        password_hash: str = QUICKLY_HASHED,
    ) -> int:
        """A new agent; the id. Their password is PASSWORD."""
        async with self.database.transaction() as work:
            agent_id = await agents.insert(
                work,
                email=email or f"{role.value}@example.com",
                name=role.value.title(),
                role=role,
                password_hash=password_hash,
            )
        assert agent_id is not None
        return agent_id

    async def signed_in(self, role: Role = Role.AGENT, email: str | None = None) -> Browser:
        """A new agent's browser."""
        email = email or f"{role.value}@example.com"
        await self.agent(role, email)
        browser = await self.browser()
        answered = await browser.sign_in(email)
        assert answered.status == 200, answered.raw
        return browser

    async def token(self, role: Role = Role.AGENT, agent_role: Role = Role.OWNER) -> Browser:
        """A program with a token; it sends no Origin and no cookie."""
        agent_id = await self.agent(agent_role, f"{role.value}-token@example.com")
        made = await add_token(
            self.database,
            actor="cli",
            agent_id=agent_id,
            agent_role=agent_role,
            name="program",
            role=role,
            expires_at=None,
        )
        browser = await self.browser()
        browser.headers["Authorization"] = f"Bearer {made.token}"
        return browser

    async def close(self) -> None:
        for browser in self.browsers:
            # The server is shared: closing a client would close it.
            await browser.client.session.close()
        await self.server.close()
        await asyncio.sleep(0)


async def open_desk_of(database: Database, registry: Registry, blobs: DiskBlobs) -> Desk:
    """With connectors that are made from what is asked of them, and ask no network."""
    factory = ConnectorFactory(
        registry=registry,
        keyring=Keyring("k" * 40),
        clock=database.clock,
        blobs=blobs,
        http=None,  # type: ignore[arg-type]  # none of them has an address
        public_url="http://127.0.0.1:8080",
    )
    return await open_desk(database, blobs=blobs, registry=registry, factory=factory)


async def open_desk(database: Database, settings: Settings | None = None, **parts: Any) -> Desk:
    """On any free port, or where the settings say: pages of its own must be of its own origin."""
    context = Context(
        settings=settings or Settings(),
        database=database,
        keyring=Keyring("k" * 40),
        clock=database.clock,
        passwords=Passwords(),
        **parts,
    )
    is_placed = settings is not None and "listen" in settings.model_fields_set
    port = settings.listen_port if settings is not None and is_placed else None
    server = TestServer(make_app(context), host="127.0.0.1", port=port)
    await server.start_server()
    return Desk(context, server)
