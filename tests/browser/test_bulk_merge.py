"""Everybody who is picked is made one person, with what speaks for it in sight, and one undo; and a
photo stands where initials stood.
"""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.by_keys import chord, press, tab_to
from tests.browser.conftest import Screenshot
from tests.browser.desk import DESK_S, PlayedDesk, row
from tests.waiting import until

ANA = "ana@people.example"
NAMED = "one => one.labels[0].innerText.trim()"


async def test_picked_people_become_one_by_keys_and_three_again_by_one_undo(
    page: Page, desk: PlayedDesk, screenshot: Screenshot
) -> None:
    await desk.say("email", "It is me.", person="Ana Lopez", address=ANA, subject="Refund")
    await desk.say("telegram", f"Write to {ANA}", person="An", address="5000000081")
    await desk.say("telegram", "Hello?", person="Максимилиан", address="5000000082")

    async def is_suggested() -> bool:
        return bool((await desk.get("/suggestions"))["suggestions"])

    await until(is_suggested, seconds=DESK_S)
    await desk.open(page)
    rows = page.get_by_role("list", name="Conversations").get_by_role("listitem")
    await expect(rows).to_have_count(3)
    await chord(page, "*", "a")
    await expect(page.get_by_text("3 selected")).to_be_visible()
    await page.keyboard.press("m")

    # One is left out, another one stands for both; the ground that the desk knows is said.
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("radio")).to_have_count(3)
    await expect(dialog).to_contain_text(ANA)
    await screenshot(page, "merge-three")
    # Arrows reach each of them, as nobody changes places with who is chosen.
    await tab_to(dialog.get_by_role("radio", checked=True))
    names = {await dialog.get_by_role("radio", checked=True).evaluate(NAMED)}
    for _ in range(2):
        await page.keyboard.press("ArrowDown")
        chosen = dialog.get_by_role("radio", checked=True)
        await expect(chosen).to_be_focused()
        name = await chosen.evaluate(NAMED)
        await expect(dialog.get_by_role("status")).to_contain_text(f"conversation of {name}.")
        names.add(name)
    assert names == {"Ana Lopez", "An", "Максимилиан"}
    await press(dialog.get_by_role("button", name="Leave out Максимилиан"))
    await expect(dialog.get_by_role("radio")).to_have_count(2)
    await expect(dialog.locator("[type=radio]:focus")).to_have_count(1)
    await tab_to(dialog.get_by_role("radio", checked=True))
    while not await dialog.get_by_role("radio", name="An", exact=True).is_checked():
        await page.keyboard.press("ArrowDown")
    await expect(dialog).to_contain_text("will stand in the conversation of An.")
    await expect(dialog.get_by_role("button", name="Merge all")).to_be_disabled()
    await dialog.get_by_label("Reason").fill("She gave her address.")
    await page.keyboard.press("Enter")

    await expect(rows).to_have_count(2)
    await expect(page.get_by_text("1 merged")).to_be_visible()
    await screenshot(page, "merged")
    await page.get_by_role("button", name="Undo").click()
    await expect(rows).to_have_count(3)
    await expect(row(page, "Ana Lopez")).to_be_visible()


async def test_photo_is_chosen_shown_and_removed(
    page: Page, desk: PlayedDesk, screenshot: Screenshot
) -> None:
    await desk.open(page, "/settings/me")
    drawn = await page.screenshot(clip={"x": 0, "y": 0, "width": 300, "height": 200})
    photos = page.locator(".avatar img")

    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Choose a picture").click()
    chooser = await choosing.value
    await chooser.set_files({"name": "me.png", "mimeType": "image/png", "buffer": drawn})
    await expect(photos).to_have_count(2)
    assert await photos.first.evaluate("one => one.decode().then(() => one.naturalWidth)") == 192
    await screenshot(page, "photo")
    await chooser.set_files({"name": "me.png", "mimeType": "image/png", "buffer": b"none"})
    await expect(page.get_by_text("This picture cannot be read")).to_be_visible()

    await page.get_by_role("button", name="Remove", exact=True).click()
    await expect(photos).to_have_count(0)
