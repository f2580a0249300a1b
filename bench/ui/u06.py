"""U6: a conversation of 10,000 messages: opening it, and going to its oldest case."""

from playwright.async_api import Page

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.people import LONG
from bench.ui.stand import Stand, timed

# Solved cases stand as a line each.
_OLDEST = """subject => pace.until(() => {
  const log = document.querySelector("[role=log]");
  const titles = [...log.querySelectorAll("[data-case] strong")];
  return log.scrollTop === 0 && titles.some((one) => one.textContent === subject);
})"""
_SAID = """text => pace.until(
  () => document.querySelector("[role=log]").textContent.includes(text)
)"""

_FURTHER = """() => {
  const box = document.querySelector(".rows.scroll");
  if (box.scrollTop > 50_000) throw new Error("it is not in the list");
  box.scrollTop += 500;
}"""
SETTLED_MS = 200


async def measure(stand: Stand) -> list[Figure]:
    page = await stand.page("/inbox/open")
    figures = await long_story(page)
    await page.close()
    return figures


async def long_story(page: Page) -> list[Figure]:
    row = page.get_by_role("listitem").filter(has_text=LONG)
    await page.get_by_role("listitem").first.wait_for()
    while (
        not await row.count()
    ):  # others may have written since: who wrote before them is further down
        await page.evaluate(_FURTHER)
        await page.wait_for_timeout(SETTLED_MS)
    opening = await timed(page, "pace.switched", "", row.click)
    await page.get_by_role("log").focus()
    at_end = await page.locator("[data-message]").count()
    oldest = await timed(page, _OLDEST, "Matter 0", lambda: page.keyboard.press("Home"))
    fold = page.locator("[data-case] button").first
    unfolded = await timed(page, _SAID, "Line 1. ", fold.click)
    messages = await page.locator("[data-message]").count()
    return [
        most("U6", "10,000 messages: open", opening, "ms", 200),
        most("U6", "10,000 messages: to the oldest case", oldest, "ms", 500),
        most("U6", "10,000 messages: the oldest case unfolded", unfolded, "ms", 500),
        most("U6", "messages in the document", max(at_end, messages), "messages", 300),
    ]
