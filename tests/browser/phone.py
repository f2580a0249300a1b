"""A phone that is touched: no mouse, no keyboard, 390 pixels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page

from tests.browser.desk import SETTLED

WIDTH, HEIGHT = 390, 844
LEAST = 24
"""Pixels that a finger finds: WCAG 2.5.8. A link within a text may be as low as its line."""
ROOMY = 44
"""Pixels that it finds without looking: WCAG 2.5.5."""
_FAULTS = """([width, least]) => {
  const faults = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > width) faults.push(`the page is ${wide} wide`);
  // On a page of somebody else's, what is ours stands in a tree of its own.
  const tree = document.querySelector("body > div")?.shadowRoot ?? document;
  const isOurs = tree === document;
  const above = document.querySelector("[role=dialog], [role=menu], [role=listbox]");
  const over = (isOurs && above) || tree;
  const touched = "a[href], button, input:not([type=file]), select, textarea, summary";
  for (const one of over.querySelectorAll(touched)) {
    if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const style = getComputedStyle(one);
    if (one.closest(".hidden, .skip, [inert]") || style.pointerEvents === "none") continue;
    const whole = (one.matches("[type=checkbox], [type=radio]") && one.closest("label")) || one;
    const box = whole.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    if (x < 0 || y < 0 || x > width || y > innerHeight) continue;
    const what = one.tagName.toLowerCase() + " " + JSON.stringify(
      (one.getAttribute("aria-label") || one.innerText || one.className).trim().slice(0, 40));
    const isInText = style.display === "inline";
    if (!isInText && Math.min(box.width, box.height) < least - 0.5)
      faults.push(`${what} is ${Math.round(box.width)} × ${Math.round(box.height)}`);
    const top = tree.elementFromPoint(x, y);
    // What is laid over the page, a panel, what was unfolded or a notice, hides what is below it;
    // so does the foot of a form, past which its fields are scrolled.
    const cover = top?.closest("aside, .float, .toast, form > .foot, [role=dialog] .foot");
    const isLaid = cover?.matches(":not(aside)") || isOver(cover);
    if (isLaid && !cover.contains(one)) continue;
    // What is scrolled half away lies below a head that stays.
    const isAtEdge = scrolled(one, box);
    if (!isInText && !isAtEdge && top && !whole.contains(top) && !top.contains(one)
        && !(one.labels && [...one.labels].some((label) => label.contains(top))))
      faults.push(`${what} lies behind ${top.tagName.toLowerCase()}.${top.className}`);
  }
  return faults;

  function isOver(aside) {
    return aside ? getComputedStyle(aside).position === "absolute" : false;
  }
  function scrolled(one, box) {
    for (let at = one.parentElement; at; at = at.parentElement) {
      const { overflowY, overflowX } = getComputedStyle(at);
      if (!/auto|scroll|hidden/.test(overflowY + overflowX)) continue;
      const edge = at.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      // Within a pixel of the edge, what is hit is what lies beyond.
      const [right, bottom] = [edge.right - 1, edge.bottom - 1];
      if (y < edge.top + 1 || y > bottom || x < edge.left + 1 || x > right) return true;
    }
    return false;
  }
}"""


@asynccontextmanager
async def open_phone(chromium: Browser, **profile: Any) -> AsyncIterator[Page]:
    """A page of its own profile, which is touched."""
    context = await chromium.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        locale="en-GB",
        timezone_id="UTC",
        has_touch=True,
        is_mobile=True,
        **profile,
    )
    yield await context.new_page()
    await context.close()


async def faults_of_touch(page: Page, least: int = LEAST) -> list[str]:
    """What a finger cannot do with what is in sight: too wide, too small, or behind something."""
    await page.evaluate(SETTLED)
    return list(await page.evaluate(_FAULTS, [WIDTH, least]))
