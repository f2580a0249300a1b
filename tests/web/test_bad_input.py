"""Whatever comes in, no route answers 500, and what is refused is refused in our form."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from yarl import URL

from router.blobs.disk import DiskBlobs
from router.bus.local import LocalBus
from router.runtime.connectors import ConnectorFactory
from router.runtime.egress import EgressGuard
from router.runtime.registry import Registry
from router.services.keyring import Keyring
from router.services.roles import Permission, Role
from router.storage.engine import Database
from router.web.app import GROUPS
from router.web.routes import Operation
from tests.web.desk import Browser, open_desk

OPERATIONS: list[Operation] = [
    one
    for group in GROUPS
    for one in group.operations
    if one.policy.needs_agent and not one.is_socket and one.name != "log_out"
]
WITH_BODY = [one for one in OPERATIONS if one.signature.body is not None]
IDS = ["0", "x", "9" * 19, "9" * 40, "%00", "%ff%F0%9F%98%80", "..%2f"]
BODIES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"x"',
    b"1e999",
    b"NaN",
    b"{" * 5000,
    b'{"a":' * 2000,
    b"\xff\xfe",
    b'{"\\u0000":1}',
    b'{"name":"\\ud800"}',
    b'{"id":' + b"9" * 5000 + b"}",
]


class Callers(NamedTuple):
    """Who may call: an owner, and the operator's site what no agent may."""

    owner: Browser
    site: Browser

    def of(self, operation: Operation) -> Browser:
        is_site = operation.policy.permission is Permission.DECLARE_ACCOUNTS
        return self.site if is_site else self.owner


@pytest.fixture
async def callers(database: Database, tmp_path: Path) -> AsyncIterator[Callers]:
    """At a desk with all of its parts."""
    blobs, registry, keyring = DiskBlobs(tmp_path / "blobs"), Registry(), Keyring("k" * 40)
    async with EgressGuard(()).session() as http:
        factory = ConnectorFactory(
            registry=registry,
            keyring=keyring,
            clock=database.clock,
            blobs=blobs,
            http=http,
            public_url="http://127.0.0.1:8080",
        )
        bus = LocalBus()
        desk = await open_desk(database, blobs=blobs, registry=registry, factory=factory, bus=bus)
        yield Callers(await desk.signed_in(Role.OWNER), await desk.token(Role.HOST))
        await desk.close()


def name_of(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


async def raw_call(browser: Browser, method: str, address: str, body: bytes | None) -> int:
    headers = {"X-CSRF-Token": browser.csrf, **browser.headers}
    if body is not None:
        headers["Content-Type"] = "application/json"
    made = browser.client.make_url("/")
    url = URL(f"{str(made).rstrip('/')}{address}", encoded=True)
    async with browser.client.session.request(method, url, data=body, headers=headers) as response:
        raw = await response.read()
        if response.status >= 400 and response.content_type == "application/json":
            problem = msgspec.json.decode(raw)
            assert problem["code"]
            assert problem["detail"]
        return response.status


async def test_no_route_fails_on_an_odd_id_or_parameter(callers: Callers) -> None:
    for operation in OPERATIONS:
        for text in IDS:
            address = re.sub(r"\{\w+(?::[^{}]*)?\}", text, operation.path)
            body = b"{}" if operation.signature.body is not None else None
            status = await raw_call(callers.of(operation), operation.method, address, body)
            assert status < 500, (operation.name, text)
            query = "&".join(f"{one.name}={text}" for one in operation.signature.query)
            status = await raw_call(
                callers.of(operation), operation.method, f"{address}?{query}&zz={text}", body
            )
            assert status in (400, 404), (operation.name, text, status)


async def test_no_route_fails_on_an_odd_body(callers: Callers) -> None:
    for operation in WITH_BODY:
        address = re.sub(r"\{\w+(?::[^{}]*)?\}", "1", operation.path)
        for body in BODIES:
            status = await raw_call(callers.of(operation), operation.method, address, body)
            assert status < 500, (operation.name, body[:40])


odd_text = st.text(max_size=40) | st.sampled_from(["\x00", "a" * 3000, "=1+1", "<script>", "‮"])
odd_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(odd_text, inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("operation", WITH_BODY, ids=name_of)
async def test_no_route_fails_on_values_of_the_wrong_kind(
    operation: Operation, callers: Callers
) -> None:
    address = re.sub(r"\{\w+(?::[^{}]*)?\}", "1", operation.path)
    fields = _fields(operation.signature.body)

    @bounds(
        max_examples=10,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(body=st.fixed_dictionaries({}, optional=dict.fromkeys(fields, odd_value)))
    def prepare(body: dict[str, Any]) -> None:
        bodies.append(body)

    bodies: list[dict[str, Any]] = []
    prepare()
    for body in bodies:
        try:
            raw = msgspec.json.encode(body)
        except (UnicodeEncodeError, OverflowError):
            continue
        assert await raw_call(callers.of(operation), operation.method, address, raw) < 500, raw


def _fields(body: Any) -> list[str]:
    found = next(
        (
            one
            for one in (body, *getattr(body, "__args__", ()))
            if hasattr(one, "__struct_fields__")
        ),
        None,
    )
    return [] if found is None else list(found.__struct_fields__)
