"""What somebody does who has no mouse: each key once the page has done what the last one asked."""

from __future__ import annotations

import asyncio

from playwright.async_api import Locator, Page, expect

MOST_TABS = 120
HAS_FOCUS = "(one) => one === one.getRootNode().activeElement"


async def tab_to(target: Locator) -> None:
    """Tab until it has the focus."""
    await target.wait_for()
    for _ in range(MOST_TABS):
        if await target.evaluate(HAS_FOCUS):
            return
        await target.page.keyboard.press("Tab")
    raise AssertionError(f"the focus never came to {target}")


async def type_into(target: Locator, text: str) -> None:
    """In place of what stands there."""
    await tab_to(target)
    await target.page.keyboard.press("Control+a")
    await target.page.keyboard.type(text)
    await expect(target).to_have_value(text)


async def press(target: Locator, key: str = "Enter") -> None:
    await tab_to(target)
    await expect(target).to_be_enabled()
    await target.page.keyboard.press(key)


async def chord(page: Page, *keys: str) -> None:
    """One right after the other, as fingers do: the page gives them a second and a half."""
    await asyncio.gather(*(page.keyboard.press(key) for key in keys))


async def choose(button: Locator, action: str) -> None:
    """From the menu that this button opens."""
    page = button.page
    await button.focus()
    await page.keyboard.press("Enter")
    # Its lines can be seen a moment before the focus is among them.
    await expect(page.locator(":is([role=menu], [role=menu] *):focus")).to_be_visible()
    await page.get_by_role("menuitem", name=action).press("Enter")
