"""A place where several people write, as an agent meets it, and the way to one of them alone."""

from __future__ import annotations

import asyncpg
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.desk import PERSON, PlayedDesk, answers, faults_of_access, log, row, write

BEN = "ben@customers.example"
PLACE = "Exchange › Traders"
IBAN = "DE02 1203 0000"


async def test_what_is_said_in_a_group_is_seen_and_what_is_personal_goes_on_in_private(
    page: Page,
    desk: PlayedDesk,
    database_url: str,
    chromium: Browser,
    screenshot: Screenshot,
    page_errors: list[str],
) -> None:
    await desk.say("email", "I write to you alone.")
    await desk.say("email", "My withdrawal is stuck.")
    await desk.say("email", "Mine too, since Monday!", person="Ben", address=BEN)
    await _seat_in_a_group(database_url)
    await desk.open(page)
    await row(page, "My withdrawal is stuck.").click()

    await _look_around(page, screenshot)
    await _be_refused(page, desk, screenshot)
    assert all("409" in one for one in page_errors), page_errors
    page_errors.clear()
    await _choose_to_go_on(page, desk, screenshot)
    await _look_elsewhere(desk, page.url, chromium, screenshot)


async def _seat_in_a_group(database_url: str) -> None:
    """As a network with groups tells it: all but the first message were written in one of them."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            f"""
            insert into places (account_id, remote_place, kind, title, parent, created_at)
            select account_id, v.remote, 'group', v.title, v.parent, now() from places,
                (values ('guild', 'Exchange', null), ('team', 'Traders', 'guild'))
                    v(remote, title, parent)
            where places.id = (select min(id) from places);
            update messages set place_id = (select id from places where remote_place = 'team')
            where id > (select min(id) from messages);
            update places set kind = 'direct' where id = (select min(id) from places);
            update persons set attributes = '{{"iban": "{IBAN}"}}' where display_name = '{PERSON}'
            """
        )
    finally:
        await connection.close()


async def _look_around(page: Page, screenshot: Screenshot) -> None:
    around = log(page).get_by_role("button", name=f"What others say in {PLACE}")
    await expect(around).to_have_count(1)
    await around.press("Enter")
    panel = page.get_by_role("dialog", name=PLACE)
    await expect(panel).to_contain_text("Mine too, since Monday!")
    await expect(panel.locator("[aria-current]")).to_contain_text("My withdrawal is stuck.")
    await expect(panel.get_by_role("textbox")).to_have_count(0)
    assert await faults_of_access(page) == []
    await screenshot(page, "place-context")
    await panel.get_by_role("link", name="Conversation with Ben").click()
    await expect(panel).to_be_hidden()
    await expect(log(page)).to_contain_text("Mine too, since Monday!")
    await expect(log(page)).not_to_contain_text("My withdrawal is stuck.")
    await page.go_back()


async def _be_refused(page: Page, desk: PlayedDesk, screenshot: Screenshot) -> None:
    """The server finds what the page cannot know; the words are not lost."""
    await write(page, f"It goes to {IBAN}.")
    await page.keyboard.press("Control+Enter")
    refusal = log(page).get_by_text("It holds something personal")
    await expect(refusal).to_be_visible()
    await screenshot(page, "refused-in-public")
    await log(page).get_by_role("button", name="Continue in private").click()
    await expect(answers(page)).to_have_count(1)
    await expect(log(page).get_by_text("Bo Larsen went on in private")).to_be_visible()
    await desk.until_heard("email", IBAN)


async def _choose_to_go_on(page: Page, desk: PlayedDesk, screenshot: Screenshot) -> None:
    public = page.get_by_role("group", name="Others read along")
    await public.get_by_label("Private").check()
    await expect(public.get_by_role("alert")).to_contain_text("marked private")
    await public.get_by_role("button", name="Continue in private").click()
    await public.get_by_label(f"Leave a line in {PLACE}").first.check()
    await write(page, "It was sent at noon.")
    await screenshot(page, "continue-in-private")
    assert await faults_of_access(page) == []
    await page.get_by_role("textbox", name="Write a reply").press("Control+Enter")
    await expect(answers(page)).to_have_count(3)
    await expect(answers(page).last).to_contain_text("I answered you privately.")
    await desk.until_heard("email", "It was sent at noon.")
    await screenshot(page, "continued-in-private")


async def _look_elsewhere(
    desk: PlayedDesk, address: str, chromium: Browser, screenshot: Screenshot
) -> None:
    """The same on a phone at night."""
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
        locale="ru-RU",
        has_touch=True,
        is_mobile=True,
        bypass_csp=True,
        storage_state=await desk.context.storage_state(),
    )
    page = await context.new_page()
    await page.goto(address)
    await page.locator(".composer").get_by_role("textbox").tap()  # Empty it is a bar, until then.
    await page.locator(".composer .public button").click()
    await expect(page.locator(".composer .public.alone")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await screenshot(page, "continue-in-private-phone")
    await page.locator(".message.in header button", has_text=PLACE).click()
    await expect(page.get_by_role("dialog")).to_contain_text("Mine too, since Monday!")
    await screenshot(page, "place-context-phone")
    assert await faults_of_access(page) == []
    await context.close()
