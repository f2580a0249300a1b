"""The browser of the tests shows pages from this machine, and tells what went wrong in them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

DOCUMENT = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<h1>收件箱 📨</h1><button onclick="throw new Error('no good')">Break</button>"""


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async def show(request: web.Request) -> web.Response:
        return web.Response(text=DOCUMENT, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", show)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


async def test_page_of_this_machine_is_shown(page: Page, address: str) -> None:
    await page.goto(address)

    await expect(page.get_by_role("heading")).to_have_text("收件箱 📨")


async def test_error_in_a_page_is_noted(page: Page, page_errors: list[str], address: str) -> None:
    await page.goto(address)

    async with page.expect_event("pageerror"):
        await page.get_by_role("button").click()

    assert page_errors == ["no good"]
    page_errors.clear()
