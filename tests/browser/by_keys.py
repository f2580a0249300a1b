"""What somebody does who has no mouse: each key once the page has done what the last one asked."""

from __future__ import annotations

import asyncio

from playwright.async_api import Locator, Page, expect

MOST_TABS = 120
MOST_LEAPS = 5
HAS_FOCUS = "(one) => one === one.getRootNode().activeElement"
_DISTANCE = """(one) => {
  const at = document.activeElement;
  const within = at?.closest("[role=dialog]") ?? document;
  if (at === null || one.getRootNode() !== document || !within.contains(one)) return 0;
  const stops = [...within.querySelectorAll(
    "a[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable=true]",
  )].filter((stop) => stop.tabIndex >= 0 && !stop.matches(":disabled, [inert] *")
    && (stop.type !== "radio" || stop.checked || stop === one)
    && stop.checkVisibility({ visibilityProperty: true }));
  const to = stops.indexOf(one);
  const from = stops.findLastIndex((stop) => stop === at
    || at.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_PRECEDING);
  return to < 0 ? 0 : to - from;
}"""
"""About how many times Tab leads there from where the focus is; less than none: back."""


async def tab_to(target: Locator) -> None:
    """Tab until it has the focus, the shorter way first. Raises AssertionError where none leads."""
    await target.wait_for()
    keys = target.page.keyboard
    for _ in range(MOST_LEAPS):
        if await target.evaluate(HAS_FOCUS):
            return
        distance = int(await target.evaluate(_DISTANCE))
        if distance == 0:
            break
        key = "Tab" if distance > 0 else "Shift+Tab"
        await asyncio.gather(*(keys.press(key) for _ in range(abs(distance))))
    for _ in range(MOST_TABS):
        if await target.evaluate(HAS_FOCUS):
            return
        await keys.press("Tab")
    raise AssertionError(f"the focus never came to {target}")


async def type_into(target: Locator, text: str) -> None:
    """In place of what stands there."""
    await tab_to(target)
    await target.page.keyboard.press("Control+a")
    await target.page.keyboard.type(text)
    if await target.evaluate("one => 'value' in one"):
        await expect(target).to_have_value(text)
    else:
        await expect(target).to_have_text(text)


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
    await press(button)
    # Its lines can be seen a moment before the focus is among them.
    await expect(page.locator(":is([role=menu], [role=menu] *):focus")).to_be_visible()
    wanted = page.get_by_role("menuitem", name=action)
    await expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        if await wanted.get_attribute("data-highlighted") is not None:
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")


async def select(target: Locator, option: str) -> None:
    """From a list of the browser's own: what begins with these letters."""
    await tab_to(target)
    await target.page.keyboard.type(option)
    chosen = "one => one.selectedOptions[0].label.trim()"
    assert str(await target.evaluate(chosen)).startswith(option), option
