"""Who runs the desk, on a phone, with one finger: the queue, and an approval."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from tests.browser.colleagues import join
from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk
from tests.browser.phone import ROOMY, faults_of_touch, open_phone


async def test_supervisor_gives_a_case_out_takes_it_back_and_approves_an_answer_by_touch(
    desk: PlayedDesk, chromium: Browser, screenshot: Screenshot
) -> None:
    await desk.put("/approval-policy", {"amounts": [{"above": 1000}]})
    await desk.say("webchat", "My deposit is stuck")
    ana = await desk.newest()
    assert ana is not None
    async with open_phone(chromium) as colleague:
        await join(colleague.context, desk, "Ada King", role="agent")
        money = {"client_key": "m", "kind": "reply", "text": "We give you 5,000 USDT back."}
        ada = PlayedDesk(desk.product, colleague.context)
        await ada.post(f"/conversations/{ana['person_id']}/approvals", money)
    signed_in = await desk.context.storage_state()
    async with open_phone(chromium, storage_state=signed_in) as page:
        await _give_out(page, desk)
        await screenshot(page, "touch-queue")
        await _approve(page, desk)
        await screenshot(page, "touch-approvals")


async def _approve(page: Page, desk: PlayedDesk) -> None:
    await desk.open(page, "/settings/approvals")
    await expect(page.get_by_text("We give you 5,000 USDT back.")).to_be_visible()
    assert await faults_of_touch(page, ROOMY) == []
    await page.get_by_role("button", name="Approve and send: Ana Lopez").tap()
    await expect(page.get_by_text("Nothing waits")).to_be_visible()
    await desk.until_heard("webchat", "We give you 5,000 USDT back.")


async def _give_out(page: Page, desk: PlayedDesk) -> None:
    """To Ada, and back into the queue."""
    await desk.open(page, "/settings/queue")
    await page.get_by_role("button", name="Ana Lopez: Give to").tap()
    assert await faults_of_touch(page, ROOMY) == []
    await page.get_by_role("menuitem", name="Ada King").tap()
    await expect(page.get_by_role("button", name="Ana Lopez: Give to")).to_have_count(0)
    ada = page.get_by_role("listitem").filter(has_text="Ada King")
    await ada.get_by_role("button", name="Ada King: Cases").tap()
    await ada.get_by_role("button", name="Back to the queue").tap()
    await expect(page.get_by_role("button", name="Ana Lopez: Give to")).to_be_visible()
    assert await faults_of_touch(page, ROOMY) == []
