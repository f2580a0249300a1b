"""How one sends: by which way and why not by another, by which key, and what a picture shows."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Callable

from playwright.async_api import Page, Response, Route, expect

from tests.browser.conftest import Screenshot
from tests.browser.desk import DESK_S, PlayedDesk, answers, faults_of_access, row, write
from tests.waiting import until

TELEGRAM = "4711"
SOON = {
    "reach": "shared",
    "title": "Refund soon",
    "tags": [],
    "texts": {"en": {"text": "Your money comes on Friday."}},
}


async def hold(page: Page, pattern: str) -> asyncio.Event:
    """What the page asks for there waits until the event is set."""
    is_over = asyncio.Event()

    async def wait(route: Route) -> None:
        await is_over.wait()
        await route.continue_()

    await page.route(pattern, wait)
    return is_over


def saves(words: str) -> Callable[[Response], bool]:
    """Whether it answers a draft with these words: what is typed from then on is undone apart."""
    return lambda answer: words in (answer.request.post_data or "")


def picture(width: int, height: int) -> bytes:
    """A PNG of one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    lines = (b"\0" + b"\x3b\x82\xf6" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


async def test_agent_chooses_the_way_the_key_and_what_a_picture_shows(
    page: Page, desk: PlayedDesk, screenshot: Screenshot
) -> None:
    await desk.post("/snippets", SOON)
    await desk.say("email", "Where is my money?", subject="Refund")
    [mail] = await desk.rows()
    await desk.say("telegram", "It is me, too", address=TELEGRAM)
    telegram = next(one for one in await desk.rows() if one["person_id"] != mail["person_id"])
    await desk.post(
        f"/persons/{telegram['person_id']}/merge",
        {"into": mail["person_id"], "reason": "She said so."},
    )
    account = desk.account_of("email")
    await desk.post(f"/accounts/{account}/pause", {"reason": "Moving house"})

    # The settings' page: Enter sends, and mail goes out at once for this agent.
    await desk.open(page, "/settings/sending")
    await page.get_by_role("checkbox", name="Enter sends").check()
    await page.get_by_role("checkbox", name="Take a case on").check()
    mine = page.get_by_role("combobox", name="For me").first
    await mine.select_option("0")
    await expect(page.get_by_text("Saved").first).to_be_visible()
    await screenshot(page, "sending-settings")
    assert await faults_of_access(page) == []

    # Every way with its reason, the best first.
    await desk.open(page)
    await row(page, "Ana Lopez").click()
    await page.get_by_role("button", name="Channel for the reply").click()
    ways = page.get_by_role("menuitemradio")
    await expect(ways.first).to_contain_text("last wrote")
    await expect(ways.nth(1)).to_contain_text("The account is paused: the answer waits")
    await screenshot(page, "ways")
    assert await faults_of_access(page) == []
    await page.keyboard.press("Escape")

    # With the first key the case is taken on; Enter sends; undo changes what has left already.
    await write(page, "Good day Ana")
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_contain_text("Good day Ana")
    await desk.until_heard("telegram", "Good day Ana", TELEGRAM)

    async def is_taken_on() -> bool:
        cases = (await desk.get(f"/conversations/{mail['person_id']}"))["cases"]
        owners = [one["owner"] and one["owner"]["name"] for one in cases]
        return owners == [None, "Bo Larsen"]

    await until(is_taken_on, seconds=DESK_S)
    await page.keyboard.press("Control+z")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await screenshot(page, "undo-sent")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)

    # Who is quicker than the list of canned replies does not send its shortcut.
    snippets = await hold(page, "**/api/v1/snippets")
    await write(page, "/soon")
    await page.keyboard.press("Enter")
    snippets.set()
    await expect(page.get_by_role("option", name="Refund soon")).to_be_visible()
    async with page.expect_response(saves("on Friday")):
        await page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Write a reply")
    await expect(field).to_contain_text("Your money comes on Friday.")

    # What was deleted here comes back before what was sent does.
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Backspace")
    await expect(field).to_have_text("")
    await page.keyboard.press("Control+z")
    await expect(field).to_contain_text("Your money comes on Friday.")
    await expect(dialog).to_be_hidden()

    # By mail, a picture with its words.
    await page.get_by_role("button", name="Channel for the reply").click()
    await page.get_by_role("menuitemradio").nth(1).click()
    await page.locator("input[type=file]").first.set_input_files(
        {"name": "seal.png", "mimeType": "image/png", "buffer": picture(40, 30)}
    )
    await page.get_by_role("button", name="Alt text of seal.png").click()
    words_of_it = page.get_by_role("textbox", name="Alt text of seal.png")
    await expect(words_of_it).to_be_focused()
    await page.keyboard.type("A broken seal")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Alt text of seal.png")).to_have_attribute(
        "title", "A broken seal"
    )
    await screenshot(page, "picture")
    assert await faults_of_access(page) == []

    # The words are there before the picture goes out, though one leaves them by sending.
    words = await hold(page, "**/api/v1/uploads/*")
    await page.get_by_role("button", name="Alt text of seal.png").click()
    await expect(words_of_it).to_be_focused()
    await page.keyboard.type(", up close")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(field).to_contain_text("Your money comes on Friday.")
    async with page.expect_response(lambda answer: answer.url.endswith("/messages")) as sending:
        words.set()
    sent = await (await sending.value).json()
    assert [one["description"] for one in sent["attachments"]] == ["A broken seal, up close"]
    await expect(answers(page).last).to_contain_text("Your money comes on Friday.")
    await expect(field).to_have_text("")
    await expect(answers(page).filter(has_text="/soon")).to_have_count(0)
