"""Somebody else's page that embeds the widget, with a policy as strict as a page can have."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from playwright.async_api import Locator, Page

from tests.browser.desk import AXE, SETTLED
from tests.web.visiting import Chat, Site

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A careful shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<script async src="{desk}/widget.js" data-account="{hook}"{more}></script></head>
<body><h1>A careful shop</h1><p><a href="#start">First link</a></p></body></html>"""


@dataclass(frozen=True, slots=True)
class HostPage:
    """The address under which the page stands, another origin than the desk's."""

    url: str
    desk: str


@asynccontextmanager
async def open_host_page(
    chat: Chat, site: Site, *, is_framed: bool = False
) -> AsyncIterator[HostPage]:
    desk = chat.url("")
    socket = desk.replace("http", "ws", 1)
    # A framed chat asks nothing of the page but to be framed.
    reached = f"frame-src {desk}" if is_framed else f"connect-src {desk} {socket}"
    policy = (
        f"default-src 'none'; script-src {desk}; img-src data:; {reached};"
        " require-trusted-types-for 'script'; trusted-types; base-uri 'none'; form-action 'none'"
    )

    async def answer(_: web.Request) -> web.Response:
        more = ' data-frame="yes"' if is_framed else ""
        text = PAGE.format(desk=desk, hook=site.hook, more=more)
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=text, content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield HostPage(f"http://{host}:{port}/", desk)
    finally:
        await runner.cleanup()


def launcher(page: Page) -> Locator:
    """The widget's button, not the loader's."""
    return page.locator("button.launcher")


async def open_widget(page: Page) -> Locator:
    """A click, as a visitor's; the box to write in."""
    await page.locator("button").last.click()
    box = page.get_by_role("textbox", name="Message")
    await box.wait_for()
    return box


async def check_access(page: Page) -> None:
    """axe-core finds no violation of WCAG 2.2 AA in what stands there now."""
    await page.evaluate(SETTLED)
    # Into the page's world by the debugger, since the page's policy lets no script in.
    await page.evaluate(AXE.read_text("utf-8") + "; undefined")
    found = await page.evaluate(
        "() => axe.run(document.querySelector('body > div').shadowRoot ?"
        " document.body : document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
    )
    bad = [(one["id"], [n["html"] for n in one["nodes"]]) for one in found["violations"]]
    assert bad == [], bad
