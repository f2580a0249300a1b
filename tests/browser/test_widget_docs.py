"""The page that shows how to use the chat; the chat as one file that is held to its bytes."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from router.settings import Settings
from router.storage.engine import Database
from router.web.widget_assets import FOLDER
from tests.browser.conftest import Screenshot
from tests.browser.desk import AXE
from tests.real import missing
from tests.rig.ports import free_ports
from tests.web.visiting import Chat, open_chat


@pytest.fixture
async def chat(database: Database, tmp_path: Path) -> AsyncIterator[Chat]:
    """A desk whose own pages are of its own origin."""
    if not list((FOLDER / "widget").glob("whole-*.js")):
        missing("the widget was not built; `make web` builds it")
    [port] = free_ports(1)
    settings = Settings(listen=f"127.0.0.1:{port}")
    async with open_chat(database, tmp_path, settings=settings) as opened:
        yield opened


@pytest.mark.parametrize(
    ("host", "theme", "width"), [("shadow", "light", 1280), ("frame", "dark", 390)]
)
async def test_examples_run_on_the_page_itself_in_both_hosts(
    chat: Chat, page: Page, screenshot: Screenshot, host: str, theme: str, width: int
) -> None:
    site = await chat.site()
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await page.goto(chat.url(f"/widget/help?account={site.hook}&host={host}"))
    await page.get_by_role("button", name="prefill").click()
    await page.get_by_role("button", name="#b3261e").click()
    await page.get_by_role("button", name="onethread.open()").click()
    heard = page.get_by_role("log", name="What onethread.on(…) hears")
    await expect(heard.get_by_text("open", exact=True)).to_be_visible()
    inside = page.frames[-1] if host == "frame" else page
    box = inside.get_by_role("textbox", name="Message")
    await expect(box).to_have_value("Where is my order?")
    head = inside.locator(".head")
    await expect(head).to_have_css("background-color", "rgb(179, 38, 30)")
    await screenshot(page, f"widget-docs-open-{host}")
    await box.press("Enter")
    await expect(inside.get_by_text("Sent", exact=True)).to_be_visible()
    await chat.answer(chat.page(site), "On its way.")
    await expect(heard.get_by_text("On its way.")).to_be_visible()
    await box.press("Escape")
    await page.get_by_role("button", name="destroy").click()
    await expect(page.locator("iframe")).to_have_count(0)

    await page.evaluate(AXE.read_text("utf-8") + "; undefined")
    found = await page.evaluate("() => axe.run(document)")
    bad = [(one["id"], [n["html"] for n in one["nodes"]]) for one in found["violations"]]
    assert bad == [], bad
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    await screenshot(page, f"widget-docs-{theme}-{width}")


async def test_page_without_an_account_says_what_is_missing(chat: Chat, page: Page) -> None:
    await page.goto(chat.url("/widget/help?account=nothing"))

    await expect(page.get_by_role("status")).to_have_text("There is no such chat here.")
    await expect(page.get_by_role("button", name="onethread.open()")).to_have_count(0)
    types = await page.request.get(chat.url("/widget/help/onethread.d.ts"))
    assert "interface OnethreadCommands" in await types.text()
    assert (await page.request.get(chat.url("/widget/help/x"))).status == 404


async def test_one_file_held_to_its_digest_is_the_whole_chat(chat: Chat, page: Page) -> None:
    site = await chat.site(allowed_origins=["http://127.0.0.1:*"])
    [file] = (FOLDER / "widget").glob("whole-*.js")
    digest = base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()
    desk = chat.url("")
    assert digest in await (await page.request.get(f"{desk}/widget/help")).text()
    policy = (
        "default-src 'none'; script-src 'self'; img-src data:;"
        f" connect-src {desk} {desk.replace('http', 'ws', 1)};"
        " require-trusted-types-for 'script'; trusted-types"
    )

    async def answer(_: web.Request) -> web.Response:
        text = (
            '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>'
            f'<script async src="/chat.js" integrity="sha384-{digest}" data-desk="{desk}"'
            f' data-account="{site.hook}"></script><body></body></html>'
        )
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def script(_: web.Request) -> web.FileResponse:
        return web.FileResponse(file)

    app = web.Application()
    app.router.add_get("/", answer)
    app.router.add_get("/chat.js", script)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto("http://127.0.0.1:{1}/".format(*runner.addresses[0][:2]))
        before = await page.evaluate("() => Object.keys(window).filter(k => k.length < 3)")
        await page.evaluate("() => onethread.open()")
        box = page.get_by_role("textbox", name="Message")
        await box.fill("Hello")
        await box.press("Enter")
        await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
        assert before == []  # a classic script of ours leaves no names behind
        assert [one for one in asked if one.endswith(".js")] == [asked[1]]
    finally:
        await runner.cleanup()


async def test_chat_that_is_destroyed_before_it_came_is_gone(chat: Chat, page: Page) -> None:
    site = await chat.site(allowed_origins=["http://127.0.0.1:*"])
    await page.goto(chat.url(f"/widget/help?account={site.hook}"))
    await page.locator("body > div").wait_for(state="attached")

    await page.get_by_role("button", name="destroy").click()

    await expect(page.locator("body > div")).to_have_count(0)
