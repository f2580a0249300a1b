"""How the page holds up: widths, languages, and what the README shows of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk, answers, log, row, write

PATHS = (
    "/inbox/open",
    "/inbox/open/1",
    "/connectors",
    "/connectors/quarantine",
    "/settings/me",
    "/settings/security",
    "/settings/agents",
    "/settings/teams",
    "/settings/tokens",
)
Theme = Literal["light", "dark"]
Open = Callable[[Theme, str, int], Awaitable[Page]]


@pytest.fixture
async def open_page(chromium: Browser, desk: PlayedDesk) -> AsyncIterator[Open]:
    """A page of the same agent in another theme, language and width. axe-core may run in it."""
    contexts = []

    async def open_one(theme: Theme, language: str, width: int) -> Page:
        context = await chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            locale=language,
            timezone_id="UTC",
            storage_state=await desk.context.storage_state(),
            bypass_csp=True,
        )
        contexts.append(context)
        return await context.new_page()

    yield open_one
    for context in contexts:
        await context.close()


async def _talk(desk: PlayedDesk) -> None:
    await desk.say("webchat", "My withdrawal is pending. See https://status.example/4f2a")
    await desk.say("email", "Here is its number: 4f2a91c.", subject="My withdrawal")
    await desk.say(
        "email", "我换了手机，验证码没有了。", person="王伟", address="wei@people.example"
    )
    await desk.say("email", "Send it elsewhere.", subject="Urgent", is_authenticated=False)


async def test_phone_shows_the_list_or_the_conversation_and_back_leads_from_one_to_the_other(
    open_page: Open, desk: PlayedDesk
) -> None:
    await _talk(desk)
    page = await open_page("light", "en-GB", 390)
    await desk.open(page)
    await row(page, "4f2a91c").click()
    await expect(log(page)).to_be_visible()
    await expect(row(page, "4f2a91c")).to_be_hidden()

    await page.get_by_role("link", name="Back").click()

    await expect(row(page, "4f2a91c")).to_be_visible()
    await expect(log(page)).to_be_hidden()


WHOLE_OR_NOT = """one => {
    const box = one.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(one);
    const text = range.getBoundingClientRect();
    return text.top >= box.bottom || (text.left >= box.left && text.right <= box.right);
}"""


@pytest.mark.parametrize("width", [768, 1024])
async def test_nothing_is_wider_than_the_page_nor_is_an_answers_place_cut_to_nothing(
    open_page: Open, desk: PlayedDesk, width: int
) -> None:
    await _talk(desk)
    await desk.post("/reply-topics", {"name": "Withdrawal", "minimum_level": 2})
    await desk.patch("/me", {"language": "ru"})
    page = await open_page("light", "ru-RU", width)
    for path in PATHS:
        await desk.open(page, path)
        await page.get_by_role("heading").first.wait_for(state="attached")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert (path, wide) == (path, width)

    await desk.open(page, "/inbox/open/1")
    topic = page.locator(".composer select")
    await expect(topic).to_be_in_viewport(ratio=1)
    place = page.locator(".composer [data-reach]")
    await expect(place).to_contain_text("ana@customers.example")
    assert await place.evaluate("one => one.offsetWidth") >= 160
    # What gives way does so whole, and the channel is still told.
    await expect(place).to_have_accessible_name(re.compile("E-mail.*ana@customers"))
    assert await page.locator(".composer .keys").evaluate(WHOLE_OR_NOT)

    await desk.open(page, "/inbox/all")
    await page.get_by_text("Send it elsewhere").first.click()
    await expect(page.get_by_role("log").get_by_text("Отправитель не прошёл")).to_be_visible()


LONG_NAME = "Maximiliane-Alexandrina von und zu Hohenstein-Wolkersdorf-Reichenbach " * 2


async def test_between_a_phone_and_a_desk_the_panel_lies_over_the_conversation_and_moves_nothing(
    open_page: Open, desk: PlayedDesk
) -> None:
    await desk.say("email", "Where is 4f2a91c?", person=LONG_NAME, subject="My withdrawal")
    page = await open_page("light", "en-GB", 1100)
    await desk.open(page)
    await row(page, "4f2a91c").click()
    send = page.get_by_role("button", name="Send", exact=True)
    before = await send.bounding_box()

    await page.keyboard.press("i")
    await expect(page.get_by_role("heading", name="Identities")).to_be_visible()

    assert await send.bounding_box() == before

    await desk.open(page, "/search?q=4f2a91c")
    for found in await page.get_by_role("article").all():
        box = await found.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 1100


@pytest.mark.parametrize(
    ("language", "word"), [("zh-CN", "登录"), ("ru-RU", "Вход"), ("de-DE", "Sign in")]
)
async def test_page_speaks_to_strangers_in_the_language_of_their_browser_or_in_english(
    open_page: Open, desk: PlayedDesk, language: str, word: str
) -> None:
    await desk.context.clear_cookies()
    page = await open_page("light", language, 1440)

    await desk.open(page)

    await expect(page.get_by_role("heading", name=word)).to_be_visible()


async def test_pages_of_the_book(
    page: Page,
    open_page: Open,
    desk: PlayedDesk,
    screenshot: Screenshot,
) -> None:
    """What the README shows: one conversation over two channels, answered."""
    await _talk(desk)
    await desk.open(page)
    await row(page, "4f2a91c").click()
    await page.get_by_role("button", name="Note", exact=True).click()
    await page.get_by_role("textbox", name="Write a note for your team").fill(
        "Held by a manual check; finance is done by 15:00."
    )
    await page.keyboard.press("Control+Enter")
    await expect(log(page).get_by_text("manual check")).to_be_visible()
    await page.get_by_role("button", name="Reply", exact=True).click()
    await write(page, "It is being checked by hand and will be through by 15:00.")
    await page.keyboard.press("Control+Enter")
    await desk.until_heard("email", "checked by hand")
    await expect(answers(page).get_by_role("button", name="Accepted")).to_be_visible()
    dark = await open_page("dark", "en-GB", 1440)
    for one, name in ((page, "inbox"), (dark, "inbox-dark")):
        await one.goto(f"{desk.url}/inbox/open/1")
        await expect(log(one).get_by_text("4f2a91c")).to_be_visible()
        await screenshot(one, name)
