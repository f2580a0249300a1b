"""Fetching pictures of letters: by https alone, bounded, and nothing inside."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from router.runtime.egress import EgressGuard
from router.runtime.remote_pictures import LARGEST, fetch_pictures
from tests.connectors.email.test_tls import certificate, server_context


@pytest.fixture
async def elsewhere(tmp_path: Path) -> AsyncIterator[tuple[TestServer, ssl.SSLContext]]:
    """A site over TLS, and who trusts it."""
    pem = certificate("127.0.0.1")

    async def answer(request: web.Request) -> web.Response:
        match request.path:
            case "/ok":
                assert "Cookie" not in request.headers
                assert "Referer" not in request.headers
                return web.Response(body=b"picture")
            case "/away":
                raise web.HTTPFound("http://127.0.0.1:1/plain")
            case "/moved":
                raise web.HTTPFound("/ok")
            case "/large":
                return web.Response(body=b"x" * (LARGEST + 1))
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    server = TestServer(app, host="127.0.0.1", scheme="https")
    await server.start_server(ssl=server_context(tmp_path, pem))
    trusting = ssl.create_default_context(cadata=pem[0])
    yield server, trusting
    await server.close()


async def test_what_answers_well_over_https_is_fetched(
    elsewhere: tuple[TestServer, ssl.SSLContext],
) -> None:
    server, trusting = elsewhere
    paths = ("/ok", "/moved", "/away", "/large", "/gone")
    addresses = [str(server.make_url(path)) for path in paths]
    connector = aiohttp.TCPConnector(ssl=trusting)

    async with aiohttp.ClientSession(connector=connector) as http:
        found = await fetch_pictures(http, [*addresses, "https://[broken"])

    assert found == {addresses[0]: b"picture", addresses[1]: b"picture"}


async def test_what_is_inside_is_not_reached(
    elsewhere: tuple[TestServer, ssl.SSLContext],
) -> None:
    server, _ = elsewhere

    async with EgressGuard().session() as http:
        assert await fetch_pictures(http, [str(server.make_url("/ok"))]) == {}
