"""Reading one conversation: what is told while one looks elsewhere, found, filtered and folded."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.desk import DESK_S, NAME, PlayedDesk, answers, log, row, write
from tests.waiting import until

RECORDER = """
const told = (window.told = []);
window.Notification = class extends window.Notification {
    constructor(title, options) {
        super(title, options);
        told.push([title, options.body, this]);
    }
};
document.hasFocus = () => !window.isHidden;
Object.defineProperty(document, "visibilityState", {
    get: () => (window.isHidden ? "hidden" : "visible"),
});
window.hide = (isHidden) => {
    window.isHidden = isHidden;
    document.dispatchEvent(new Event("visibilitychange"));
};
"""
"""Notifications are the browser's own; nothing in a page can ask for those shown."""


async def has_told(page: Page, times: int) -> bool:
    return bool(await page.evaluate("told.length") == times)


async def is_unread(desk: PlayedDesk) -> bool:
    return bool((await desk.rows())[0]["unread"])


async def is_read(desk: PlayedDesk) -> bool:
    return not await is_unread(desk)


async def test_what_comes_is_told_found_filtered_and_folded(page: Page, desk: PlayedDesk) -> None:
    await desk.context.grant_permissions(["notifications"], origin=desk.url)
    await page.add_init_script(RECORDER)
    await desk.say("webchat", "Where is my refund?")
    [ana] = [one["person_id"] for one in await desk.rows()]
    case = (await desk.get(f"/conversations/{ana}"))["cases"][0]["id"]
    me = (await desk.get("/me"))["agent"]["id"]
    await desk.post(f"/cases/{case}", {"owner_id": me})

    # Told of while looking elsewhere, and not of what is looked at.
    await desk.open(page, "/settings/alerts")
    await page.get_by_label("Notify me while I look elsewhere").check()
    await expect(page.get_by_label("Notify me while I look elsewhere")).to_be_checked()
    await page.get_by_label("With a sound").uncheck()
    await desk.say("webchat", "It has been a week")
    await until(lambda: has_told(page, 1), seconds=DESK_S)
    assert await page.evaluate("told[0].slice(0, 2)") == ["Ana Lopez", "It has been a week"]
    await expect(page).to_have_title("(1) Settings · onethread")
    await page.evaluate("told[0][2].onclick()")
    await expect(log(page)).to_contain_text("It has been a week")
    await expect(page).to_have_title(f"{NAME} · onethread")

    # Read is what was looked at: not in a tab that is hidden, but as soon as it is there again.
    await page.evaluate("hide(true)")
    await desk.say("webchat", "Nobody looks at this")
    await expect(log(page)).to_contain_text("Nobody looks at this")
    await until(lambda: has_told(page, 2), seconds=DESK_S)
    assert await is_unread(desk)
    await page.evaluate("hide(false)")
    await until(lambda: is_read(desk), seconds=DESK_S)
    await desk.say("webchat", "I am in front of you, refund please")
    await expect(log(page)).to_contain_text("in front of you")

    # Found by letters in the whole conversation, by keys.
    await page.locator("#main").focus()
    await page.keyboard.press("f")
    bar = page.get_by_role("search", name="Find in this conversation")
    await expect(bar.get_by_role("searchbox")).to_be_focused()
    await bar.get_by_role("searchbox").fill("REFUND")
    await expect(bar.get_by_role("status")).to_have_text("1 of 2")
    await expect(log(page).locator(".sought")).to_contain_text("in front of you")
    await page.keyboard.press("Enter")
    await expect(bar.get_by_role("status")).to_have_text("2 of 2")
    await expect(log(page).locator(".sought")).to_contain_text("Where is my refund?")
    await page.wait_for_function("CSS.highlights.get('found-now')?.size === 1")

    # Only notes: what is written comes into it, and the rest stays out.
    await desk.post(
        f"/conversations/{ana}/messages",
        {"client_key": "n1", "kind": "note", "text": "Refund is on its way"},
    )
    await expect(bar.get_by_role("status")).to_have_text("3 of 3")
    await bar.get_by_role("button", name="Only notes").click()
    await expect(log(page).get_by_role("article")).to_have_count(1)
    await expect(log(page)).to_contain_text("Refund is on its way")
    await expect(bar.get_by_role("status")).to_have_text("1 of 1")
    await page.keyboard.press("Escape")
    await bar.get_by_role("searchbox").press("Escape")
    await expect(bar).to_have_count(0)
    await expect(log(page).get_by_role("article")).to_have_count(5)
    assert await page.evaluate("told.length") == 2

    # Where the find went is the end of a short log: it was read there.
    await until(lambda: is_read(desk), seconds=DESK_S)
    await expect(page.get_by_role("button", name="Newest")).to_have_count(0)

    # A solved case stands in one line, and opens where it stands.
    await desk.post(f"/cases/{case}", {"state": "solved"})
    await desk.post(f"/conversations/{ana}/cases", {"subject": "Another matter"})
    await desk.post(
        f"/conversations/{ana}/messages",
        {"client_key": "n2", "kind": "note", "text": "Begins anew"},
    )
    await page.reload()
    await expect(log(page).get_by_role("article")).to_have_count(1)
    line = log(page).get_by_role("button", name=re.compile(rf"Case {case}.*5 messages"))
    await line.click()
    await expect(log(page).get_by_role("article")).to_have_count(6)
    opened = log(page).get_by_role("button", expanded=True)
    await expect(opened).to_be_focused()
    await opened.press("Enter")
    await expect(log(page).get_by_role("article")).to_have_count(1)
    await expect(row(page, "Ana Lopez")).to_have_count(1)


async def test_newest_words_stay_in_sight_when_something_else_takes_room(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "\n".join(f"line {number}" for number in range(60)))
    await desk.open(page)
    await row(page, "line").click()
    await write(page, "We look into it")
    await page.keyboard.press("Control+Enter")
    await expect(answers(page)).to_be_in_viewport(ratio=1)

    # The lines keep their size: only their place is less high.
    await log(page).evaluate("box => (box.parentElement.style.marginBlockStart = '120px')")

    await expect(answers(page)).to_be_in_viewport(ratio=1)
