"""What the pages weigh, and that a cut leaves no trace: bars of `make bench-ui` as gates."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from bench.bar import Figure
from bench.ui import u01, u02, u17, weights
from tests.browser.desk import DESK_S, PERSON, PlayedDesk, log, open_on_a_wire, row
from tests.waiting import until

MOST_FIRST_FILES = 6
"""One turn of a line; 4 were seen, and 57 before they were put together."""
MISSED = 170
"""Messages; each is about three events."""

BESIDE = ("/suggestions", "/findings", "/fields")
"""What a conversation shows beside itself is fetched with it, and followed from then on."""
WORDS = 4


@pytest.mark.parametrize("bar", [u01, u02, u17], ids=["U1", "U2", "U17"])
async def test_page_weighs_no_more_than_its_bar(bar: object) -> None:
    figures: list[Figure] = await bar.measure(None)  # type: ignore[attr-defined]  # a module

    assert [(one.what, one.value) for one in figures if not one.holds] == []


def test_desk_begins_with_few_files() -> None:
    assert 0 < weights.files_of_first_load() <= MOST_FIRST_FILES


async def test_page_that_was_cut_off_shows_what_a_fresh_one_shows(
    page: Page, desk: PlayedDesk
) -> None:
    wire = await open_on_a_wire(page, desk, "Before the cut.")
    await page.mouse.move(1000, 400)  # under the pointer the list would stand still
    await page.evaluate("window.isTheSamePage = true")
    await wire.cut()
    for number in range(MISSED):
        await desk.drop_in(
            "telegram", f"Missed {number}.", address=str(5_000_000_000 + number % 40)
        )
    await desk.say("webchat", "Last word of the cut.")

    await wire.mend(page)

    await expect(log(page).get_by_text("Last word of the cut.")).to_be_visible()
    fresh = await page.context.new_page()
    await fresh.goto(page.url)
    await expect(log(fresh).get_by_text("Last word of the cut.")).to_be_visible()
    await expect(page.get_by_text("Connection lost", exact=False)).to_have_count(0)

    async def is_alike() -> bool:
        told = [[await _order(one), await _said(one)] for one in (page, fresh)]
        return told[0] == told[1]

    await until(is_alike, seconds=DESK_S)
    assert await page.evaluate("window.isTheSamePage")


async def test_words_in_the_open_conversation_ask_for_nothing_of_it_again(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("telegram", "The first word.")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    await desk.open(page)
    await row(page, PERSON).first.click()
    await expect(log(page).get_by_text("The first word.")).to_be_visible()

    async def is_told_all() -> bool:
        return all(any(one.endswith(last) for one in asked) for last in BESIDE)

    await until(is_told_all, seconds=DESK_S)
    asked.clear()
    for number in range(WORDS):
        await desk.say("telegram", f"Another word {number}.")

    await expect(log(page).get_by_text(f"Another word {WORDS - 1}.")).to_be_visible()
    assert [one for one in asked if "/persons/" in one or "/cases/" in one] == []


async def _order(page: Page) -> list[str]:
    """The people of the list, in its order."""
    rows = page.get_by_role("list", name="Conversations").get_by_role("listitem")
    await expect(rows.first).to_contain_text("Last word of the cut.")
    return await rows.locator(".name").all_inner_texts()


async def _said(page: Page) -> list[str | None]:
    return [
        await one.get_attribute("data-message")
        for one in await log(page).locator("[data-message]").all()
    ]
