"""The main job in the browser: one person, one conversation, answered where they want it."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.desk import EMAIL, NAME, PASSWORD, PlayedDesk, answers, log, row, write


async def test_link_of_the_first_start_makes_the_owner_and_opens_the_inbox(
    page: Page, page_errors: list[str], new_desk: PlayedDesk
) -> None:
    await page.goto(await new_desk.product.setup_link())
    await page.get_by_label("Name").fill(NAME)
    await page.get_by_label("Email address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)

    await page.get_by_role("button", name="Open the desk").click()

    await expect(page).to_have_url(f"{new_desk.url}/inbox/open")
    await expect(page.get_by_text("All done")).to_be_visible()
    # Before anybody signed in the page asked who it is: the browser logs the 401.
    assert [one for one in page_errors if "401" not in one] == []
    page_errors.clear()


async def test_newcomer_is_kept_in_the_language_of_their_first_page(
    page: Page, page_errors: list[str], new_desk: PlayedDesk
) -> None:
    await page.goto(await new_desk.product.setup_link())
    await page.get_by_role("button", name="简体中文").click()
    await page.get_by_label("姓名").fill(NAME)
    await page.get_by_label("电子邮件地址").fill(EMAIL)
    await page.get_by_label("密码").fill(PASSWORD)

    await page.get_by_role("button", name="打开客服台").click()

    await expect(page.get_by_text("全部处理完毕")).to_be_visible()
    assert (await new_desk.get("/me"))["agent"]["language"] == "zh"
    page_errors.clear()


async def test_wrong_password_is_refused_in_words_and_the_right_one_opens_the_desk(
    page: Page, page_errors: list[str], desk: PlayedDesk
) -> None:
    await desk.context.clear_cookies()
    await desk.open(page)
    await page.get_by_label("Email address").fill(EMAIL)
    await page.get_by_label("Password").fill("wrong horse battery")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("The address or the password is wrong.")).to_be_visible()

    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_text("All done")).to_be_visible()
    assert [one for one in page_errors if "401" not in one] == []
    page_errors.clear()


async def test_chat_and_mail_of_one_person_are_one_conversation_answered_on_each(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "My withdrawal is pending.")
    await desk.say("email", "Here is its number: 4f2a91c.", subject="My withdrawal")
    await desk.open(page)
    await row(page, "Ana Lopez").click()
    await expect(log(page).get_by_text("My withdrawal is pending.")).to_be_visible()
    await expect(log(page).get_by_text("Here is its number: 4f2a91c.")).to_be_visible()

    await write(page, "Answered by mail.")
    await page.keyboard.press("Control+Enter")
    await desk.until_heard("email", "Answered by mail.")
    await page.get_by_role("button", name="Channel for the reply").click()
    await page.get_by_role("menuitemradio").filter(has=page.get_by_label("Web chat")).click()
    await write(page, "Answered in the chat.")
    await page.keyboard.press("Control+Enter")

    await desk.until_heard("webchat", "Answered in the chat.")
    assert not any("Answered in the chat." in one for one in await desk.heard("email"))
    await expect(answers(page)).to_have_count(2)
    await expect(
        answers(page).last.get_by_role("button", name=re.compile("Accepted|Delivered"))
    ).to_be_visible()
    assert len(await desk.rows()) == 1


async def test_mail_that_fails_its_checks_stands_apart_and_is_marked(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "My withdrawal is pending.")
    await desk.say(
        "email", "Send it to bc1qevil instead.", subject="Urgent", is_authenticated=False
    )
    await desk.open(page)

    await row(page, "bc1qevil").click()

    await expect(row(page, "bc1qevil").get_by_text("Unproven sender")).to_be_visible()
    await expect(
        log(page).get_by_text("The sender failed verification", exact=False)
    ).to_be_visible()
    await expect(log(page).get_by_text("My withdrawal is pending.")).to_have_count(0)


async def test_merging_two_persons_and_undoing_it_gives_each_their_words_back(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say(
        "webchat", "First said by the one.", person="Ana", address="one@customers.example"
    )
    await desk.say(
        "email", "Then said by the other.", person="Bea", address="two@customers.example"
    )
    await desk.open(page)
    await row(page, "First said").click()
    panel = page.get_by_role("complementary", name="Person")
    await panel.get_by_role("button", name="Merge with another person").click()
    dialog = page.get_by_role("dialog", name="Merge persons")
    await dialog.get_by_label("Who is the same person?").fill("two@")
    await dialog.get_by_role("button", name="Bea").click()
    await dialog.get_by_label("Reason").fill("Both sent the same passport.")
    await dialog.get_by_role("button", name="Merge", exact=True).click()
    await expect(log(page).get_by_text("Then said by the other.")).to_be_visible()
    await expect(log(page).get_by_text("First said by the one.")).to_be_visible()

    await panel.get_by_role("button", name="Undo").first.click()
    await page.get_by_label("Reason").fill("It was another Bea.")
    await page.get_by_role("button", name="Separate them").click()

    await expect(log(page).get_by_text("Then said by the other.")).to_have_count(0)
    await expect(row(page, "Then said by the other.")).to_be_visible()
    await expect(row(page, "First said by the one.")).to_be_visible()


async def test_text_of_people_is_shown_as_it_was_written_and_never_as_markup(
    page: Page, desk: PlayedDesk
) -> None:
    attack = '<img src=x onerror="document.title=1"><b>bold</b>'
    await desk.say("email", attack, person=f"Eve {attack}", address="eve@x.example", subject=attack)
    await desk.open(page)

    await row(page, "Eve").click()

    await expect(log(page).get_by_text(attack).first).to_be_visible()
    await expect(page.locator("img[src=x]")).to_have_count(0)
    await expect(page.locator("b", has_text=re.compile("^bold$"))).to_have_count(0)
