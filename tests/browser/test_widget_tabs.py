"""W4, W7, W9: several tabs, broken networks, two sites in one browser, the chat in a frame."""

import hashlib
import os
from datetime import timedelta

import pytest
from playwright.async_api import (
    BrowserContext,
    FilePayload,
    Frame,
    Locator,
    Page,
    Route,
    WebSocket,
    expect,
)

from core.clock import FakeClock
from router.web import visitor_door
from tests.browser.desk import SETTLED
from tests.browser.host_page import HostPage, open_host_page, open_widget
from tests.waiting import until
from tests.web.visiting import Chat, Site

LARGE = os.urandom(3 * 1024 * 1024)


async def say(page: Page | Frame, text: str) -> None:
    box = page.get_by_role("textbox", name="Message")
    await box.fill(text)
    await box.press("Enter")


async def said(chat: Chat) -> list[str]:
    texts = await chat.value("select array_agg(text order by id) from messages")
    return list(texts or [])


async def test_tabs_of_one_browser_share_one_stream_and_another_takes_over(
    chat: Chat, site: Site, host: HostPage, page: Page, browser_context: BrowserContext
) -> None:
    opened: list[WebSocket] = []

    def note(socket: WebSocket) -> None:
        opened.append(socket)

    browser_context.on("page", lambda tab: tab.on("websocket", note))
    page.on("websocket", note)
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "from the first tab")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    others = [await browser_context.new_page() for _ in range(3)]
    for other in others:
        await other.goto(host.url)
        await open_widget(other)
        await expect(other.get_by_text("from the first tab")).to_be_visible()

    await chat.answer(chat.page(site), "to all tabs")
    for tab in (page, *others):
        await expect(tab.get_by_text("to all tabs")).to_be_visible()
    assert len(opened) == 1

    await page.close()
    await chat.answer(chat.page(site), "after the first was closed")
    for tab in others:
        await expect(tab.get_by_text("after the first was closed")).to_be_visible()
    assert len(opened) == 2
    assert chat.desk.server.app[visitor_door.HUB].count_open() == 1


async def test_words_of_two_tabs_without_a_network_go_once_and_in_order(
    chat: Chat,
    host: HostPage,
    page: Page,
    browser_context: BrowserContext,
    page_errors: list[str],
) -> None:
    other = await browser_context.new_page()
    for tab in (page, other):
        await tab.goto(host.url)
        await open_widget(tab)
    await say(page, "before")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await chat.relay()
    await expect(other.get_by_text("before")).to_be_visible()

    await browser_context.set_offline(True)
    for n in range(3):
        await say(page, f"{n} left")
        await say(other, f"{n} right")
    await browser_context.set_offline(False)

    await expect(page.get_by_text("Sending…")).to_have_count(0)
    await expect(other.get_by_text("Sending…")).to_have_count(0)
    expected = ["before", *(f"{n} {side}" for n in range(3) for side in ("left", "right"))]

    async def is_said() -> bool:
        return await said(chat) == expected

    await until(is_said)
    await chat.relay()
    for tab in (page, other):
        await expect(tab.locator(".own .bubble")).to_have_text(expected)
    page_errors.clear()


async def test_words_written_without_a_network_outlive_the_page(
    chat: Chat,
    host: HostPage,
    page: Page,
    browser_context: BrowserContext,
    page_errors: list[str],
) -> None:
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "before")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await browser_context.set_offline(True)
    await say(page, "first")
    await say(page, "second")
    await expect(page.get_by_text("Sending…").first).to_be_visible()
    await page.close()
    await browser_context.set_offline(False)

    again = await browser_context.new_page()
    await again.goto(host.url)

    await open_widget(again)
    await expect(again.locator(".own .bubble")).to_have_text(["before", "first", "second"])
    await expect(again.get_by_text("Sending…")).to_have_count(0)
    assert await said(chat) == ["before", "first", "second"]
    page_errors.clear()


async def test_file_goes_on_after_a_lost_network_and_a_reload(
    chat: Chat, host: HostPage, page: Page, page_errors: list[str]
) -> None:
    pieces: list[str] = []

    async def let_three_through(route: Route) -> None:
        if route.request.method == "PATCH":
            pieces.append(route.request.url.partition("offset=")[2])
            if len(pieces) > 3:
                await route.abort("connectionreset")
                return
        await route.continue_()

    await page.route("**/uploads/**", let_three_through)
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "see this")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    file: FilePayload = {"name": "big.bin", "mimeType": "application/zip", "buffer": LARGE}
    await page.locator("input[type=file]").set_input_files([file])
    await expect(page.locator(".chip small")).to_have_text("50%")

    await page.unroute_all()
    await page.reload()
    await open_widget(page)

    await expect(page.locator(".chip.busy")).to_have_count(0)
    await expect(page.get_by_text("big.bin")).to_be_visible()
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("button", name="Download big.bin")).to_be_visible()
    await expect(page.get_by_text("Sending…")).to_have_count(0)
    row = await chat.row("select size, sha256 from attachments where message_id is not null")
    assert (row["size"], row["sha256"]) == (len(LARGE), hashlib.sha256(LARGE).hexdigest())
    assert pieces[:3] == ["0", str(512 * 1024), str(1024 * 1024)]
    page_errors.clear()


async def test_files_of_whoever_was_signed_in_are_not_there_for_the_next(
    chat: Chat, site: Site, host: HostPage, page: Page
) -> None:
    visitor = chat.page(site)
    await page.goto(host.url)
    await page.evaluate("token => onethread.identify(token)", visitor.sign())
    await open_widget(page)
    await say(page, "mine")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    passport: FilePayload = {
        "name": "passport.txt",
        "mimeType": "text/plain",
        "buffer": b"secret",
    }
    await page.locator("input[type=file]").set_input_files([passport])
    await expect(page.get_by_text("passport.txt")).to_be_visible()
    # Else a piece under way is refused after the logout, which the browser's console tells.
    await expect(page.get_by_text("%")).to_have_count(0)
    await page.get_by_role("textbox", name="Message").fill("half a thought")

    await page.evaluate("() => onethread.logout()")
    await expect(page.get_by_text("passport.txt")).to_have_count(0)
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    await page.reload()
    await open_widget(page)
    await page.evaluate("token => onethread.identify(token)", visitor.sign("customer-8"))
    await say(page, "another")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()

    await expect(page.get_by_text("passport.txt")).to_have_count(0)
    await expect(page.get_by_text("mine", exact=True)).to_have_count(0)
    await expect(page.get_by_text("half a thought")).to_have_count(0)


@pytest.mark.parametrize("kind", ["shadow", "frame"])
async def test_two_sites_in_one_browser_are_never_mixed(
    chat: Chat, page: Page, browser_context: BrowserContext, kind: str
) -> None:
    shop = await chat.site("shop", allowed_origins=["http://127.0.0.1:*"], title="Shop")
    bank = await chat.site("bank", allowed_origins=["http://127.0.0.1:*"], title="Bank")
    is_framed = kind == "frame"
    async with (
        open_host_page(chat, shop, is_framed=is_framed) as first,
        open_host_page(chat, bank, is_framed=is_framed) as second,
    ):
        other = await browser_context.new_page()
        for tab, host, words in ((page, first, "shoes"), (other, second, "money")):
            await tab.goto(host.url)
            inside = await opened(tab, is_framed=is_framed)
            await say(inside, f"about {words}")
            await expect(inside.get_by_text("Sent", exact=True)).to_be_visible()
        await chat.answer(chat.page(shop), "size 42")
        await chat.answer(chat.page(bank), "1.204 83")

        left, right = inner(page, is_framed), inner(other, is_framed)
        await expect(left.get_by_text("size 42")).to_be_visible()
        await expect(right.get_by_text("1.204 83")).to_be_visible()
        await expect(left.get_by_text("1.204 83")).to_have_count(0)
        await expect(right.get_by_text("size 42")).to_have_count(0)
        await page.goto(second.url)
        again = await opened(page, is_framed=is_framed)
        await expect(again.get_by_text("about money")).to_be_visible()
        await expect(again.get_by_text("about shoes")).to_have_count(0)
    assert await chat.value("select count(distinct person_id) from messages") == 2


def inner(page: Page, is_framed: bool) -> Page | Frame:
    return page.frames[-1] if is_framed else page


async def opened(page: Page, *, is_framed: bool) -> Page | Frame:
    if not is_framed:
        await open_widget(page)
        return page
    frame = page.frame_locator("iframe")
    await frame.locator("button.launcher").click()
    await frame.get_by_role("textbox", name="Message").wait_for()
    return page.frames[-1]


async def test_framed_chat_does_all_and_neither_side_sees_into_the_other(
    chat: Chat, site: Site, page: Page, browser_context: BrowserContext
) -> None:
    async with open_host_page(chat, site, is_framed=True) as host:
        await page.goto(host.url)
        await page.evaluate(
            "token => { window.heard = []; onethread.on('message', m => heard.push(m.text));"
            " onethread.identify(() => token) }",
            chat.page(site).sign(),
        )
        frame = await opened(page, is_framed=True)
        await say(frame, "Hello from a frame")
        await expect(frame.get_by_text("Sent", exact=True)).to_be_visible()
        await chat.answer(chat.page(site), "Good day")
        await expect(frame.get_by_text("Good day")).to_be_visible()

        assert await chat.value("select max(level) from messages") == 2
        assert await page.evaluate("heard") == ["Good day"]
        assert frame.url.startswith(host.desk)
        peeks = await page.evaluate(
            "() => { const f = document.querySelector('body > div').shadowRoot"
            ".querySelector('iframe'); return f.contentDocument === null }"
        )
        assert peeks
        assert await page.evaluate("Object.keys(localStorage).length") == 0
        await page.evaluate("() => onethread.close()")
        await expect(frame.get_by_role("dialog")).to_have_count(0)
        assert await browser_context.cookies() == []


async def test_foreign_page_cannot_frame_the_chat(
    chat: Chat, page: Page, page_errors: list[str]
) -> None:
    site = await chat.site("closed", allowed_origins=["https://shop.example"])

    async def is_refused() -> bool:
        return any("frame-ancestors" in error for error in page_errors)

    async with open_host_page(chat, site, is_framed=True) as host:
        await page.goto(host.url)
        await until(is_refused)
        await page.evaluate(SETTLED)

        assert [await one.locator("button.launcher").count() for one in page.frames] == [0, 0]
    page_errors.clear()


async def test_closed_widget_in_a_frame_leaves_the_page_free(
    chat: Chat, site: Site, page: Page
) -> None:
    async with open_host_page(chat, site, is_framed=True) as host:
        await page.goto(host.url)
        frame = page.frame_locator("iframe")
        await frame.locator("button.launcher").wait_for()

        # The frame says how large it is in a message to the page.
        await expect(page.locator("iframe")).to_have_js_property("offsetWidth", 100)
        await expect(page.locator("iframe")).to_have_js_property("offsetHeight", 100)


async def test_one_who_writes_too_fast_is_told_and_all_of_it_arrives(
    chat: Chat, clock: FakeClock, page: Page, page_errors: list[str]
) -> None:
    site = await chat.site("slow", allowed_origins=["http://127.0.0.1:*"], messages_per_minute=3)
    await page.clock.install()
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await open_widget(page)
        for n in range(4):
            await say(page, f"message {n}")

        await expect(page.get_by_text("Too many messages at once")).to_be_visible()
        assert await said(chat) == ["message 0", "message 1", "message 2"]
        clock.advance(timedelta(seconds=60))
        await page.clock.fast_forward(60_000)
        await expect(page.get_by_text("Sending…")).to_have_count(0)
        await expect(page.get_by_text("Too many messages at once")).to_have_count(0)
    assert await said(chat) == [f"message {n}" for n in range(4)]
    page_errors.clear()


async def test_keyboard_reaches_the_framed_chat(chat: Chat, site: Site, page: Page) -> None:
    async with open_host_page(chat, site, is_framed=True) as host:
        await page.goto(host.url)
        await page.frame_locator("iframe").locator("button.launcher").wait_for()
        for _ in range(2):
            await page.keyboard.press("Tab")
        await expect(launcher_in(page)).to_be_focused()
        await page.keyboard.press("Enter")

        box = page.frame_locator("iframe").get_by_role("textbox", name="Message")
        await expect(box).to_be_focused()
        await page.keyboard.type("typed")
        await page.keyboard.press("Enter")
        await expect(page.frames[-1].get_by_text("Sent", exact=True)).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.frames[-1].get_by_role("dialog")).to_have_count(0)
        await expect(launcher_in(page)).to_be_focused()


def launcher_in(page: Page) -> Locator:
    return page.frame_locator("iframe").locator("button.launcher")
