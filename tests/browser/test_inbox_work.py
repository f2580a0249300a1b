"""An agent's day at the page: live news, cuts, crossings, keys, notes, drafts."""

from __future__ import annotations

import re

from playwright.async_api import FilePayload, Page, expect

from tests.browser.desk import PlayedDesk, answers, log, open_on_a_wire, row, saving, write


async def test_word_from_outside_appears_by_itself_and_brings_its_row_to_the_top(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "I was first.")
    await desk.say("email", "I was second.", person="Zoe", address="zoe@customers.example")
    await desk.open(page)
    await row(page, "I was first.").click()
    await page.mouse.move(1000, 400)

    await desk.say("webchat", "And I am back.")

    await expect(log(page).get_by_text("And I am back.")).to_be_visible()
    first = page.get_by_role("list", name="Conversations").get_by_role("listitem").first
    await expect(first).to_contain_text("And I am back.")


async def test_rows_stay_where_they_are_while_the_pointer_is_on_the_list(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "I was first.")
    await desk.say("email", "I was second.", person="Zoe", address="zoe@customers.example")
    await desk.open(page)
    first = page.get_by_role("list", name="Conversations").get_by_role("listitem").first
    await first.hover()

    await desk.say("webchat", "And I am back.")

    pill = page.get_by_role("button", name="1 new")
    await expect(pill).to_be_visible()
    await expect(first).to_contain_text("I was second.")
    await pill.click()
    await expect(first).to_contain_text("And I am back.")


async def test_what_was_said_during_a_cut_is_there_when_the_wire_is_mended(
    page: Page, desk: PlayedDesk
) -> None:
    wire = await open_on_a_wire(page, desk, "Before the cut.")
    await wire.cut()
    await expect(page.get_by_text("Connection lost", exact=False)).to_be_visible()
    await desk.say("webchat", "During the cut.")

    await wire.mend(page)

    await expect(log(page).get_by_text("During the cut.")).to_be_visible()
    await expect(log(page).get_by_text("During the cut.")).to_have_count(1)
    await expect(page.get_by_text("Connection lost", exact=False)).to_have_count(0)


async def test_reply_that_crossed_a_word_of_the_person_waits_for_a_decision(
    page: Page, page_errors: list[str], desk: PlayedDesk
) -> None:
    wire = await open_on_a_wire(page, desk, "Where is my money?")
    await wire.cut()
    await desk.say("webchat", "Forget it, I have it.")

    await write(page, "It comes tomorrow.")
    await page.keyboard.press("Control+Enter")

    await expect(page.get_by_text(re.compile("^Ana.* wrote "))).to_be_visible()
    assert await desk.heard("webchat") == []
    await page.get_by_role("button", name="Send anyway").click()
    await desk.until_heard("webchat", "It comes tomorrow.")
    assert all("409" in one for one in page_errors)
    page_errors.clear()


async def test_keys_alone_open_answer_and_solve(page: Page, desk: PlayedDesk) -> None:
    await desk.say("webchat", "Can you help me?")
    await desk.open(page)
    await expect(row(page, "Can you help me?")).to_be_visible()

    await page.keyboard.press("j")
    await expect(log(page).get_by_text("Can you help me?")).to_be_visible()
    await page.keyboard.press("r")
    await expect(page.get_by_role("textbox", name="Write a reply")).to_be_focused()
    await page.keyboard.type("With pleasure.")
    await page.keyboard.press("Control+Enter")
    await expect(answers(page)).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Shift+A")
    await page.keyboard.press("e")

    await expect(page.get_by_text("Bo Larsen took the case")).to_be_visible()
    await expect(page.get_by_text("Bo Larsen solved the case")).to_be_visible()
    await desk.until_heard("webchat", "With pleasure.")


async def test_key_of_a_cyrillic_layout_does_what_its_place_says(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "Can you help me?")
    await desk.open(page)
    await expect(row(page, "Can you help me?")).to_be_visible()

    await page.evaluate(
        "document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'о', code: 'KeyJ', bubbles: true}))"
    )

    await expect(page).to_have_url(re.compile(r"/inbox/open/\d+$"))


async def test_enter_of_an_input_method_chooses_a_word_and_sends_nothing(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "你好")
    await desk.open(page)
    await row(page, "你好").click()
    await write(page, "您好")

    await page.get_by_role("textbox", name="Write a reply").evaluate(
        "area => area.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', ctrlKey: true, isComposing: true, bubbles: true}))"
    )

    await expect(page.get_by_role("textbox", name="Write a reply")).to_have_text("您好")
    await expect(answers(page)).to_have_count(0)


async def test_note_is_marked_as_one_and_reaches_nobody_outside(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "Can you help me?")
    await desk.open(page)
    await row(page, "Can you help me?").click()
    await page.get_by_role("button", name="Note", exact=True).click()
    await page.get_by_role("textbox", name="Write a note for your team").fill("Ask finance first.")

    await page.get_by_role("button", name="Add note").click()

    note = log(page).get_by_role("article", name=re.compile("^Note by Bo Larsen"))
    await expect(note).to_contain_text("Ask finance first.")
    await expect(row(page, "Ask finance first.")).to_be_visible()
    assert await desk.heard("webchat") == []


async def test_unsent_text_is_there_after_a_reload_and_the_row_says_so(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "Can you help me?")
    await desk.open(page)
    await row(page, "Can you help me?").click()
    async with saving(page, "I was about to say"):
        await write(page, "I was about to say")

    await page.evaluate("localStorage.clear()")
    await page.reload()

    area = page.get_by_role("textbox", name="Write a reply")
    await expect(area).to_have_text("I was about to say")
    await expect(row(page, "Ana Lopez").get_by_text("Draft")).to_be_visible()


async def test_file_goes_out_with_the_answer(page: Page, desk: PlayedDesk) -> None:
    await desk.say("email", "Please send me the form.", subject="Form")
    await desk.open(page)
    await row(page, "Please send me the form.").click()
    await write(page, "Here it is.")
    content = b"%PDF-1.4 a small form"
    form = FilePayload(name="form.pdf", mimeType="application/pdf", buffer=content)
    await page.locator("input[type=file]:not([capture])").set_input_files(form)

    await page.get_by_role("button", name="Send", exact=True).click()

    await expect(answers(page).get_by_role("link", name=re.compile("form.pdf"))).to_be_visible()
    await desk.until_heard("email", "Here it is.")


async def test_paused_account_is_named_with_its_reason_where_agents_work(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.open(page, "/connectors")
    await page.get_by_role("link", name="E-mail (sandbox)").click()

    await page.get_by_role("button", name="Pause").click()
    await page.get_by_role("textbox", name="Why (agents see it)").fill("Paused by hand")
    await page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    # Once the desk has it: whoever leaves the page before that has paused nothing.
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await desk.open(page)

    banner = page.get_by_role("status").filter(has_text="E-mail (sandbox)")
    await expect(banner).to_contain_text("Paused by hand")
