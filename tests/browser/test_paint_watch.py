"""What the bars of live pages measure with: an event that is never painted is not left out."""

from __future__ import annotations

import json
import math

from playwright.async_api import Page

from bench.ui.stand import SCRIPTS

_LINE = '<div data-row="7"></div>'
# It hears what the test says, and its page shows what the test writes.
_SOCKET = """window.WebSocket = class extends EventTarget {};
"""


async def test_event_that_is_never_painted_took_for_ever(page: Page) -> None:
    await _open(page)

    await _tell(page, (1, "first"), shown="first")
    await page.wait_for_function("heard.shown.length === 1")
    await _tell(page, (2, "never shown"))
    await page.wait_for_function("heard.shown.length === 2")

    [shown, lost] = await _shown(page)
    assert math.isfinite(shown)
    assert math.isinf(lost)


async def test_row_that_showed_a_newer_message_instead_is_left_out(page: Page) -> None:
    await _open(page)

    await _tell(page, (1, "older"), (2, "newer"), shown="newer")
    await page.wait_for_function("heard.shown.length === 1")
    await _tell(page, (3, "never shown"))
    await page.wait_for_function("heard.shown.length === 2")

    [shown, lost] = await _shown(page)
    assert math.isfinite(shown)
    assert math.isinf(lost)


async def _open(page: Page) -> None:
    """A page with one row, and a socket to tell it of messages."""
    await page.goto("about:blank")
    await page.set_content(_LINE)
    for script in SCRIPTS:
        await page.evaluate(
            f"() => {{ {_SOCKET if script.name == 'feed.js' else ''} {script.read_text()} }}"
        )
    await page.evaluate("() => void (window.socket = new WebSocket())")


async def _tell(page: Page, *messages: tuple[int, str], shown: str = "") -> None:
    """The page hears of these in one go, and shows that at once."""
    frames = [
        json.dumps(
            {
                "type": "event",
                "kind": "message.created",
                "message": {
                    "id": message_id,
                    "text": text,
                    "direction": "in",
                    "received_at": "2026-01-01T00:00Z",
                },
                "row": {"person_id": 7},
            }
        )
        for message_id, text in messages
    ]
    await page.evaluate(
        """([frames, shown]) => {
            for (const data of frames) socket.dispatchEvent(new MessageEvent("message", {data}));
            if (shown) document.querySelector("[data-row]").textContent = shown;
        }""",
        [frames, shown],
    )


async def _shown(page: Page) -> list[float]:
    found: list[float] = await page.evaluate("heard.shown.map((one) => one.since_heard)")
    return found
