"""What comes by itself stands in the page: on a small phone it lies over nothing."""

from __future__ import annotations

import json
import re

from playwright.async_api import Browser, Locator, WebSocketRoute, expect

from tests.browser.desk import PlayedDesk
from tests.browser.looks import NARROW
from tests.waiting import until

LOW = 380
STOLEN = "Help! Somebody hacked into my account and stole all my coins"


async def test_danger_and_deadline_push_a_small_phone_s_page_and_cover_nothing(
    chromium: Browser, desk: PlayedDesk
) -> None:
    wires: list[WebSocketRoute] = []

    def follow(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        wires.append(socket)

    width, _ = NARROW[0]
    context = await chromium.new_context(
        viewport={"width": width, "height": 640},
        locale="en-GB",
        storage_state=await desk.context.storage_state(),
    )
    page = await context.new_page()
    await page.route_web_socket(re.compile("/api/v1/feed"), follow)
    await desk.say(channel="webchat", text="Hello")
    await desk.open(page)
    main, danger = page.locator("main"), page.get_by_role("region", name="may be in danger")
    await expect(main.get_by_role("listitem").first).to_be_visible()
    before = await _top(main)

    await desk.say(channel="telegram", text=STOLEN, address="5000000001", person="Ana")
    await expect(danger).to_contain_text("Stolen account: Ana")
    me = (await desk.get("/me"))["agent"]["id"]
    said = {"event": "deadline_near", "told": [me], "target": "first_reply"}
    wires[-1].send(json.dumps(await _line(desk, said | {"due_at": "2026-03-04T10:00:00Z"})))
    notice = page.locator(".toast").filter(has_text="first answer")
    await expect(notice).to_be_visible()

    assert await _top(notice) >= before
    assert await _top(main) >= await _bottom(notice) > await _bottom(danger)
    await notice.get_by_role("button", name="Close").press("Enter")
    await danger.get_by_role("button", name="View").press("Enter")
    await expect(page.get_by_role("log", name="Messages")).to_contain_text(STOLEN)
    await expect(danger).to_have_count(0)
    assert await _top(main) == before
    await context.close()


async def test_what_sends_is_within_reach_where_a_small_phone_s_page_has_no_room(
    chromium: Browser, desk: PlayedDesk
) -> None:
    """With its keys on the screen, or with lines over the page, hardly anything of it is left."""
    width, _ = NARROW[0]
    context = await chromium.new_context(
        viewport={"width": width, "height": LOW},
        storage_state=await desk.context.storage_state(),
    )
    page = await context.new_page()
    await desk.say(channel="webchat", text="Hello")
    row = await desk.newest()
    assert row is not None
    await desk.open(page, f"/inbox/all/{row['person_id']}")
    box = page.get_by_role("textbox", name="Write a reply")
    await box.fill("An answer")
    await page.keyboard.press("Escape")
    await page.keyboard.press("f")
    await expect(page.get_by_role("search")).to_be_visible()
    send = page.get_by_role("button", name="Send", exact=True)
    await expect(send).not_to_be_in_viewport(ratio=1)

    async def is_reached() -> bool:
        # Whatever comes meanwhile moves the field away from below the pointer.
        await box.hover()
        await page.mouse.wheel(0, 400)
        return await _bottom(send) <= LOW

    await until(is_reached)
    await context.close()


async def _line(desk: PlayedDesk, event: dict[str, object]) -> dict[str, object]:
    """A frame of the feed, as of a line that the desk wrote by itself."""
    row = await desk.newest()
    assert row is not None
    path = f"/conversations/{row['person_id']}/messages?limit=1"
    [message] = (await desk.get(path))["messages"]
    author = {"kind": "system", "id": None, "name": ""}
    line = message | {"id": 999_999, "direction": "event", "author": author, "event": event}
    frame = {"type": "event", "position": 10**9, "person_id": row["person_id"]}
    return frame | {"kind": "message.created", "message": line, "row": row}


async def _top(one: Locator) -> float:
    box = await one.bounding_box()
    assert box is not None
    return box["y"]


async def _bottom(one: Locator) -> float:
    box = await one.bounding_box()
    assert box is not None
    return box["y"] + box["height"]
