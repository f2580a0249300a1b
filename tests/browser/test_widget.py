"""The widget in a real browser, on a page whose policy forbids everything but the desk."""

import asyncio
import re
import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, FilePayload, Page, Request, WebSocket, expect

from tests.browser.conftest import Screenshot
from tests.browser.host_page import HostPage, check_access, launcher, open_widget
from tests.waiting import until
from tests.web.test_visitor_seen import read_all
from tests.web.visiting import Chat, Site


def picture(width: int, height: int) -> bytes:
    """A red PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    rows = (b"\0" + b"\xc0\x20\x20" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


async def answer(chat: Chat, site: Site, text: str) -> int:
    return await chat.answer(chat.page(site), text)


async def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message")
    await box.fill(text)
    await box.press("Enter")


async def test_chat_on_a_strict_page_needs_no_exception_and_leaves_no_cookie(
    chat: Chat, site: Site, host: HostPage, page: Page, browser_context: BrowserContext
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    def note_socket(socket: WebSocket) -> None:
        asked.append(socket.url)

    page.on("request", note)
    page.on("websocket", note_socket)
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "Where is my order?")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await answer(chat, site, "On its way.")

    await expect(page.get_by_text("On its way.")).to_be_visible()
    await expect(page.get_by_text("Bo", exact=True)).to_be_visible()
    assert await chat.value("select text from messages where direction = 'in'") == (
        "Where is my order?"
    )
    assert await browser_context.cookies() == []
    own = (host.url, host.desk, host.desk.replace("http", "ws", 1), "data:")
    assert [url for url in asked if not url.startswith(own)] == []
    assert not [url for url in asked if "token" in url.lower()]


async def test_page_where_nobody_chats_loads_the_loader_only(host: HostPage, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(host.url)
    await page.locator("button").wait_for()

    assert [url for url in asked if url.startswith(host.desk)] == [f"{host.desk}/widget.js"]


async def test_conversation_is_there_again_after_a_reload(
    chat: Chat, site: Site, host: HostPage, page: Page
) -> None:
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "Hello")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()

    await page.reload()
    await answer(chat, site, "Good day")

    await expect(page.locator(".badge")).to_have_text("1")
    await expect(launcher(page)).to_have_accessible_name("Open the chat, 1 unread")
    await launcher(page).click()
    await expect(page.get_by_text("Hello", exact=True)).to_be_visible()
    await expect(page.get_by_text("Good day")).to_be_visible()


async def test_what_was_shown_is_reported_as_read_both_ways(
    chat: Chat, site: Site, host: HostPage, page: Page
) -> None:
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "Hello")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await read_all(chat, await chat.value("select id from messages"))
    await chat.relay()
    await expect(page.get_by_text("Seen", exact=True)).to_be_visible()
    await page.keyboard.press("Escape")

    message = await answer(chat, site, "Good day")

    async def is_state(wanted: str) -> bool:
        state = await chat.value("select state from deliveries where message_id = $1", message)
        return bool(state == wanted)

    await expect(page.locator(".badge")).to_have_text("1")
    await until(lambda: is_state("delivered"))
    await launcher(page).click()
    await until(lambda: is_state("read"))


async def test_words_written_offline_are_kept_and_sent_once(
    chat: Chat, host: HostPage, page: Page, browser_context: BrowserContext, page_errors: list[str]
) -> None:
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "before")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()

    await browser_context.set_offline(True)
    await say(page, "first while away")
    await say(page, "second while away")
    await expect(page.get_by_text("Sending…").first).to_be_visible()
    await browser_context.set_offline(False)

    await expect(page.get_by_text("Sending…")).to_have_count(0)
    texts = await chat.value("select array_agg(text order by id) from messages")
    assert texts == ["before", "first while away", "second while away"]
    await expect(page.get_by_text("second while away")).to_have_count(1)
    page_errors.clear()  # the browser logs each request that had no network


async def test_without_sockets_answers_still_come(
    chat: Chat, site: Site, host: HostPage, page: Page
) -> None:
    await page.add_init_script("delete window.WebSocket")
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "Hello")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()

    await answer(chat, site, "Good day")

    await expect(page.get_by_text("Good day")).to_be_visible()


async def test_markup_in_an_answer_is_text(
    chat: Chat, site: Site, host: HostPage, page: Page
) -> None:
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "Hello")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    hostile = "<img src=x onerror=alert(1)> javascript:alert(1) https://shop.example/a"

    await answer(chat, site, hostile)

    await expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    links = page.locator(".bubble a")
    await expect(links).to_have_count(1)
    await expect(links).to_have_attribute("href", "https://shop.example/a")
    await expect(links).to_have_attribute("rel", re.compile("noopener"))


async def test_keyboard_alone_is_enough(host: HostPage, page: Page) -> None:
    await page.goto(host.url)
    await page.locator("button").wait_for()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(launcher(page)).to_be_focused()

    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await page.keyboard.type("typed")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("in two lines")
    await page.keyboard.press("Enter")
    await expect(page.locator(".own .bubble")).to_have_text("typed\nin two lines")
    await page.keyboard.press("Escape")

    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(launcher(page)).to_be_focused()


async def test_file_is_sent_and_its_picture_shown(chat: Chat, host: HostPage, page: Page) -> None:
    await page.goto(host.url)
    await open_widget(page)
    files: list[FilePayload] = [
        {"name": "dot.png", "mimeType": "image/png", "buffer": picture(320, 160)},
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"},
    ]
    await page.locator("input[type=file]").set_input_files(files)
    send = page.get_by_role("button", name="Send")
    await expect(send).to_be_enabled()
    await send.click()

    await expect(page.locator("canvas")).to_have_js_property("clientWidth", 240)
    await expect(page.locator("canvas")).to_have_js_property("clientHeight", 120)
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download notes.txt").click()
    saved = await (await download.value).path()
    assert await asyncio.to_thread(Path(saved).read_bytes) == b"hello"
    assert await chat.value("select count(*) from attachments where message_id is not null") == 2


async def test_next_person_at_a_shared_computer_sees_nothing(
    chat: Chat, site: Site, host: HostPage, page: Page
) -> None:
    visitor = chat.page(site)
    await page.goto(host.url)
    await page.evaluate("token => onethread.identify(token)", visitor.sign())
    await open_widget(page)
    await say(page, "my balance is wrong")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    assert await chat.value("select max(level) from messages") == 2

    await page.reload()
    await open_widget(page)

    await expect(page.get_by_text("my balance is wrong")).to_have_count(0)
    await page.evaluate("token => onethread.identify(token)", visitor.sign())
    await expect(page.get_by_text("my balance is wrong")).to_be_visible()
    await page.evaluate("() => onethread.logout()")
    await expect(page.get_by_text("my balance is wrong")).to_have_count(0)


async def test_two_tabs_show_one_conversation(
    chat: Chat, host: HostPage, page: Page, browser_context: BrowserContext
) -> None:
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "from the first tab")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    other = await browser_context.new_page()
    await other.goto(host.url)
    await open_widget(other)
    await expect(other.get_by_text("from the first tab")).to_be_visible()

    await say(other, "from the second tab")
    await chat.becomes("select count(*) from messages", 2)
    await chat.relay()

    await expect(page.get_by_text("from the second tab")).to_be_visible()
    assert await chat.value("select count(distinct place_id) from messages") == 1


async def test_logging_out_where_nobody_is_signed_in_changes_nothing(
    chat: Chat, site: Site, host: HostPage, page: Page
) -> None:
    await page.goto(host.url)
    await open_widget(page)
    await say(page, "Hello")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()

    await page.evaluate("() => onethread.logout()")
    await answer(chat, site, "Good day")

    await expect(page.get_by_text("Hello", exact=True)).to_be_visible()
    await expect(page.get_by_text("Good day")).to_be_visible()


async def test_page_may_speak_before_the_widget_is_there(host: HostPage, page: Page) -> None:
    await page.add_init_script(
        "window.onethread = [['setLocale', 'zh'], ['prefill', '你好'], ['open']]"
    )
    await page.goto(host.url)

    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.get_by_role("textbox", name="消息")).to_have_value("你好")
    await page.evaluate("() => onethread.destroy()")
    await expect(page.locator("button")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_nobody_is_shut_out(
    chat: Chat,
    site: Site,
    host: HostPage,
    page: Page,
    screenshot: Screenshot,
    theme: str,
    width: int,
) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto(host.url)
    await page.evaluate("theme => onethread.setTheme(theme)", theme)
    await open_widget(page)
    await say(page, "Hello")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await answer(chat, site, "Good day! The steps are at https://shop.example/help")
    await answer(chat, site, "Tell me if it still does not arrive.")
    await expect(page.get_by_text("Tell me")).to_be_visible()
    await page.locator("input[type=file]").set_input_files(
        [{"name": "receipt.png", "mimeType": "image/png", "buffer": picture(640, 300)}]
    )
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()
    await say(page, "This is the receipt")
    await expect(page.locator("canvas")).to_be_visible()
    await screenshot(page, f"widget-{theme}-{width}")

    await check_access(page)
    if width < 480:
        box = await page.get_by_role("dialog").bounding_box()
        assert box is not None
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 800)
