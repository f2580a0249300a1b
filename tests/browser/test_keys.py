"""The agent's keys: changed in their list, kept with the agent, shown wherever a key is shown."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.desk import PlayedDesk, log, row


async def test_keys_are_changed_kept_with_the_agent_shown_and_switched_off(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "Can you help me?")
    await desk.open(page)
    await expect(row(page, "Can you help me?")).to_be_visible()
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")

    await keys.get_by_role("button", name=re.compile(r"^Next conversation: j")).click()
    await page.keyboard.press("k")
    await expect(keys.get_by_role("alert")).to_contain_text("k is taken by: ")
    # Shown at once, and kept as soon as the server has said so.
    async with page.expect_response(re.compile("/api/v1/me$")):
        await page.keyboard.press("y")
    await expect(
        keys.get_by_role("button", name=re.compile(r"^Next conversation: y"))
    ).to_be_focused()
    await page.reload()
    await expect(row(page, "Can you help me?")).to_be_visible()
    await page.keyboard.press("j")
    await expect(page).to_have_url(re.compile(r"/inbox/open$"))
    await page.keyboard.press("y")
    await expect(log(page).get_by_text("Can you help me?")).to_be_visible()
    await expect(log(page)).to_be_focused()

    await page.keyboard.press("Control+k")
    await page.keyboard.type("> repl")
    await expect(page.get_by_role("option").first).to_contain_text("r")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("@ana")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.keyboard.press("?")
    await keys.get_by_role("checkbox", name=re.compile("^Keys without Ctrl")).uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("u")
    await expect(page).to_have_url(re.compile(r"/inbox/open/\d+$"))
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="What do you want to do?")).to_be_visible()
