"""Whoever is signed in at the site goes on by another channel: code, links, time left."""

import re

from playwright.async_api import Page, expect

from core.link_codes import read_code
from tests.browser.host_page import check_access, open_host_page
from tests.browser.test_widget_reception import ANYWHERE, check_fits, open_panel
from tests.web.test_link_codes import add_account
from tests.web.visiting import Chat


async def test_signed_in_visitor_is_shown_a_code_with_its_time_and_its_links(
    chat: Chat, page: Page
) -> None:
    await add_account(chat, "telegram", "harbor_bot")
    await add_account(chat, "discord", "Harbor")
    site = await chat.site("elsewhere", allowed_origins=ANYWHERE)
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await open_panel(page)
        offer = page.get_by_role("button", name="Write to us elsewhere")
        await page.get_by_role("textbox", name="Message").wait_for()
        await expect(offer).to_have_count(0)

        await page.evaluate("token => onethread.identify(token)", chat.page(site).sign())
        await offer.click()

        link = page.get_by_role("link", name="Telegram")
        shown = page.get_by_text(re.compile(r"^\w{4}-\w{4}-\w{4}$"))
        code = await shown.inner_text()
        assert read_code(code) == code
        await expect(link).to_have_attribute("href", f"https://t.me/harbor_bot?start={code}")
        await expect(page.get_by_text("Discord Harbor")).to_be_visible()
        await expect(page.get_by_role("timer")).to_have_text(
            re.compile(r"Good for (10:00|\d:\d\d)")
        )
        await check_fits(page)
        await check_access(page)

        # A code is good once: the next channel is linked by another.
        await page.get_by_role("button", name="Get a new code").click()
        await expect(shown).not_to_have_text(code)
        assert read_code(await shown.inner_text())
