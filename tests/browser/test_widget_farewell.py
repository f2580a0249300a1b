"""The end of a chat: rated, kept, ended, forgotten; and a page's own colours, words and title."""

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import Frame, Page, WebSocket, expect

from tests.browser.conftest import Screenshot
from tests.browser.host_page import check_access, launcher, open_host_page
from tests.browser.test_widget_reception import ANYWHERE, check_fits
from tests.waiting import until
from tests.web.test_visitor_ratings import solve
from tests.web.visiting import Chat, Site

ARABIC = json.loads((Path(__file__).parent / "words" / "ar.json").read_text("utf-8"))


async def begin(chat: Chat, site: Site, page: Page, *, is_framed: bool) -> Page | Frame:
    """Somebody has written and was answered; where the chat stands."""
    await page.evaluate("() => onethread.open()")
    if is_framed:
        await page.locator("iframe").wait_for()
    chat_page: Page | Frame = page.frames[-1] if is_framed else page
    box = chat_page.get_by_role("textbox", name="Message")
    await box.fill("Where is my order?")
    await box.press("Enter")
    await expect(chat_page.get_by_text("Sent", exact=True)).to_be_visible()
    await chat.answer(chat.page(site), "It left us this morning.")
    await expect(chat_page.get_by_text("It left us this morning.")).to_be_visible()
    return chat_page


@pytest.mark.parametrize("kind", ["shadow", "frame"])
async def test_solved_chat_is_rated_kept_ended_and_forgotten(
    chat: Chat, page: Page, screenshot: Screenshot, kind: str
) -> None:
    site = await chat.site("shop", allowed_origins=ANYWHERE, note_pages=True)
    async with open_host_page(chat, site, is_framed=kind == "frame") as host:
        await page.goto(f"{host.url}?token=secret#top")
        inside = await begin(chat, site, page, is_framed=kind == "frame")
        await chat.answer(chat.page(site), "Which one?", offers=("Number 7", "Number 8"))
        await inside.get_by_role("button", name="Number 7").wait_for()
        await screenshot(page, f"offers-{kind}")
        await inside.get_by_role("button", name="Number 8").click()
        await expect(inside.get_by_role("group", name="Answers to choose")).to_have_count(0)
        await expect(inside.get_by_role("textbox", name="Message")).to_be_focused()
        await expect(inside.get_by_text("Sent", exact=True)).to_be_visible()
        await chat.becomes("select count(*) from messages where text = 'Number 8'", 1)
        await solve(chat)
        await chat.relay()

        await expect(inside.get_by_text("How did we do?")).to_be_visible()
        assert await chat.value("select address from visited_pages") == host.url
        await inside.get_by_role("radio", name="4 of 5").check()
        await inside.get_by_role("textbox", name="Tell us more").fill("Quick and kind.")
        await screenshot(page, f"rating-{kind}")
        await inside.get_by_role("button", name="Send the rating").click()
        await expect(inside.get_by_text("You rated us 4 of 5")).to_be_focused()
        row = await chat.row("select rating, comment from case_ratings")
        assert row == {"rating": 4, "comment": "Quick and kind."}

        await inside.get_by_role("button", name="More").click()
        async with page.expect_download() as download:
            await inside.get_by_role("menuitem", name="Save the conversation").click()
        saved = await (await download.value).path()
        text = await asyncio.to_thread(Path(saved).read_text, "utf-8")
        assert text.index("Where is my order?") < text.index("It left us this morning.")

        await inside.get_by_role("button", name="More").click()
        await inside.get_by_role("menuitem", name="End the chat").click()
        await inside.get_by_role("button", name="End the chat").click()
        await expect(inside.get_by_text("You ended this chat.")).to_be_visible()
        await inside.get_by_role("button", name="Start a new chat").click()
        await expect(inside.get_by_text("It left us this morning.")).to_have_count(0)
        box = inside.get_by_role("textbox", name="Message")
        await box.fill("Something else")
        await box.press("Enter")
        await expect(inside.get_by_text("Sent", exact=True)).to_be_visible()
        await chat.becomes("select count(distinct person_id) from messages", 2)

        await inside.get_by_role("button", name="More").click()
        await inside.get_by_role("menuitem", name="Delete my data").click()
        await inside.get_by_role("button", name="Delete my data").click()
        await expect(inside.get_by_text("This browser has forgotten")).to_be_visible()
        await expect(inside.get_by_text("Something else")).to_have_count(0)
        newest = "select text from messages where direction = 'in' order by id desc limit 1"
        assert await chat.value(newest) == "Please delete the data that you hold about me."
        kept = "() => Object.keys(localStorage).map(k => localStorage[k]).join()"
        assert "token" not in await inside.evaluate(kept)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_menu_and_rating_shut_nobody_out(
    chat: Chat, page: Page, screenshot: Screenshot, theme: str, width: int
) -> None:
    site = await chat.site("shop", allowed_origins=ANYWHERE, launcher="Help")
    await page.set_viewport_size({"width": width, "height": 800})
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await page.evaluate("theme => onethread.setTheme(theme)", theme)
        await begin(chat, site, page, is_framed=False)
        await solve(chat)
        await chat.relay()
        await page.get_by_role("radio", name="2 of 5").check()
        await page.locator(".rating textarea").wait_for()
        await screenshot(page, f"rating-{theme}-{width}")
        await check_access(page)
        await check_fits(page)
        more = page.get_by_role("button", name="More")
        await more.click()
        sound = page.get_by_role("menuitemcheckbox", name="Sound")
        await expect(sound).to_have_attribute("aria-checked", "false")
        await sound.click()
        await expect(sound).to_have_attribute("aria-checked", "true")
        await screenshot(page, f"menu-{theme}-{width}")
        await check_access(page)
        await page.get_by_role("menuitem", name="End the chat").click()
        await screenshot(page, f"end-{theme}-{width}")
        await check_access(page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("alertdialog")).to_have_count(0)
        await expect(more).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(launcher(page)).to_be_focused()
        await expect(launcher(page)).to_contain_text("Help")
        await screenshot(page, f"launcher-{theme}-{width}")


async def test_unread_answers_are_counted_in_the_title_of_the_page(chat: Chat, page: Page) -> None:
    site = await chat.site("shop", allowed_origins=ANYWHERE)
    async with open_host_page(chat, site) as host:
        # A browser with too much to do: what stands in sight it says when the chat is long closed.
        await page.add_init_script(
            "window.Quick = IntersectionObserver;"
            " window.IntersectionObserver = class { observe() {} disconnect() {} }"
        )
        await page.goto(host.url)
        await begin(chat, site, page, is_framed=False)
        await page.keyboard.press("Escape")
        await chat.answer(chat.page(site), "And another thing.")
        await expect(page).to_have_title("(1) A careful shop")
        await page.evaluate("() => { document.title = 'Basket' }")
        await chat.answer(chat.page(site), "And one more.")
        await expect(page).to_have_title("(2) Basket")
        await page.evaluate("() => { window.IntersectionObserver = window.Quick }")
        await launcher(page).click()
        await expect(page).to_have_title("Basket")


async def test_page_gives_its_own_words_and_colours_and_what_nobody_could_read_is_put_right(
    chat: Chat, page: Page, screenshot: Screenshot
) -> None:
    site = await chat.site("shop", allowed_origins=ANYWHERE, reply_minutes=5)
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        tones = {
            "accent": "#ffd54f",
            "surface": "#102030",
            "text": "#203040",
            "radius": "4px",
        }
        await page.evaluate(
            "([words, tones]) => { onethread.setLocale('ar', words); onethread.setTheme(tones);"
            " onethread.open() }",
            [ARABIC, tones],
        )
        box = page.get_by_role("textbox", name="الرسالة")
        await box.fill("أين طلبي؟ — where is it?")
        await box.press("Enter")
        await expect(page.get_by_text("أُرسلت", exact=True)).to_be_visible()
        await page.get_by_role("button", name="المزيد").click()
        await page.get_by_role("menuitem", name="حفظ المحادثة").wait_for()
        await screenshot(page, "arabic")
        await check_access(page)
        await check_fits(page)
        panel, menu = page.get_by_role("dialog"), page.get_by_role("menu")
        edges = [await one.bounding_box() for one in (panel, menu)]
        assert edges[0] is not None
        assert edges[1] is not None
        assert edges[1]["x"] - edges[0]["x"] < 20  # the menu hangs at the end, which is left here
        assert await panel.evaluate("e => getComputedStyle(e).borderRadius") == "4px"


async def test_page_that_nobody_has_looked_at_for_five_minutes_gives_up_its_line(
    chat: Chat, page: Page
) -> None:
    site = await chat.site("shop", allowed_origins=ANYWHERE)
    async with open_host_page(chat, site) as host:
        await page.add_init_script(
            "const later = setTimeout; window.setTimeout = (act, ms) => ms === 300000"
            " ? (window.idle = act, 0) : later(act, ms)"
        )
        sockets: list[WebSocket] = []

        page.on("websocket", lambda socket: sockets.append(socket))
        await page.goto(host.url)
        await begin(chat, site, page, is_framed=False)
        hide = (
            "hidden => { Object.defineProperty(document, 'visibilityState', {value: hidden,"
            " configurable: true}); document.dispatchEvent(new Event('visibilitychange')) }"
        )
        await page.evaluate(hide, "hidden")
        assert not sockets[0].is_closed()
        await page.evaluate("() => window.idle()")

        async def is_closed() -> bool:
            return sockets[0].is_closed()

        await until(is_closed)
        assert [one.is_closed() for one in sockets] == [True]
        await chat.answer(chat.page(site), "While you were away.")
        await page.evaluate(hide, "visible")

        await expect(page.get_by_text("While you were away.")).to_be_visible()
        await expect(page.get_by_text("It left us this morning.")).to_be_visible()
