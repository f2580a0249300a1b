"""People's files: within the limit, from where they were said to be, and no stop for the rest."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from connectors.discord.content import RemoteFile
from connectors.discord.files import Files
from core.messages import InboundAttachment
from core.testing.builders import connector_context

LIMIT = 1000


async def _endless(request: web.Request) -> web.StreamResponse:
    """More than was promised, and no length."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(50):
        await response.write(b"x" * 1024)
    return response


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/good")


async def _good(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"good")


async def _gone(request: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    app = web.Application()
    for name, answer in (
        ("endless", _endless),
        ("elsewhere", _elsewhere),
        ("good", _good),
        ("gone", _gone),
    ):
        app.router.add_get(f"/{name}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def fetched(*urls: str) -> list[InboundAttachment]:
    files = [
        RemoteFile(id="1", name="a.bin", url=url, size=4, media_type="image/png") for url in urls
    ]
    async with aiohttp.ClientSession() as http:
        return list(await Files(connector_context(http), LIMIT).fetch(files))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("endless", "larger than this account takes"),
        ("elsewhere", "HTTP 302"),
        ("gone", "HTTP 404"),
    ],
)
async def test_file_that_is_not_as_promised_is_refused_with_the_reason(
    name: str, reason: str
) -> None:
    async with serving() as url:
        good, bad = await fetched(f"{url}/good", f"{url}/{name}")
    assert (good.content, good.refused, good.size) == (b"good", None, 4)
    assert bad.content is None
    assert bad.refused is not None
    assert reason in bad.refused


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "nothing", "file:///etc/passwd", ""])
async def test_address_that_leads_nowhere_is_refused(url: str) -> None:
    (bad,) = await fetched(url)
    assert bad.content is None
    assert bad.refused == "It could not be fetched from Discord."
