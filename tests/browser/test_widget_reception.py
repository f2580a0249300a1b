"""W8: the form, the hours, what was said elsewhere; in every language, direction and theme."""

from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.host_page import check_access, open_host_page
from tests.web.visiting import Chat, Site

ANYWHERE = ["http://127.0.0.1:*"]
FORM: list[dict[str, Any]] = [
    {"name": "name", "label": "Your name"},
    {"name": "email", "label": "E-mail", "kind": "email", "is_required": True},
    {"name": "topic", "label": "Topic", "kind": "choice", "choices": ["Order", "Refund"]},
]
CONSENT = {
    "name": "consent",
    "label": "I agree that my answers are kept to help me",
    "kind": "consent",
    "is_required": True,
}
CLOSED = [{"days": "sat", "opens": "10:00", "closes": "10:01"}]


async def open_panel(page: Page) -> None:
    await page.locator("button").last.click()
    await page.get_by_role("dialog").wait_for()


async def check_fits(page: Page) -> None:
    """Nothing in the panel is cut off or scrolls sideways."""
    wide = await page.evaluate(
        "() => [...document.querySelector('body > div').shadowRoot.querySelectorAll("
        "'.panel,.log,.form,.head,.foot')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.className)"
    )
    assert wide == []


async def claims(chat: Chat) -> dict[str, str]:
    row = await chat.row("select context from messages where direction = 'in' order by id limit 1")
    found: dict[str, str] = row["context"]
    return found


async def test_form_comes_first_and_its_answers_go_with_the_first_message_only(
    chat: Chat, page: Page
) -> None:
    site = await chat.site("form", allowed_origins=ANYWHERE, form=FORM)
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await open_panel(page)
        await expect(page.get_by_role("textbox", name="Message")).to_have_count(0)
        await expect(page.get_by_role("textbox", name="Your name")).to_be_focused()
        await page.get_by_role("button", name="Start the chat").click()
        await expect(page.get_by_role("textbox", name="E-mail")).to_be_focused()
        await page.get_by_role("textbox", name="E-mail").fill("ada@people.example")
        await page.get_by_role("combobox", name="Topic").select_option("Refund")
        await page.get_by_role("button", name="Start the chat").click()

        box = page.get_by_role("textbox", name="Message")
        for text in ("one", "two"):
            await box.fill(text)
            await box.press("Enter")
        await chat.becomes("select count(*) from messages", 2)
        await page.reload()
        await open_panel(page)
        await box.wait_for()

    assert await claims(chat) == {"claimed_email": "ada@people.example", "claimed_topic": "Refund"}
    assert await chat.value("select count(*) from messages where context <> '{}'") == 1
    assert await chat.value("select count(*) from identities where realm = 'email'") == 0


async def test_whoever_is_signed_in_is_not_asked(chat: Chat, page: Page) -> None:
    site = await chat.site("form", allowed_origins=ANYWHERE, form=FORM)
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await page.evaluate("token => onethread.identify(token)", chat.page(site).sign())
        await open_panel(page)

        await page.get_by_role("textbox", name="Message").wait_for()
        await expect(page.get_by_role("button", name="Start the chat")).to_have_count(0)


async def test_closed_desk_takes_messages_and_an_address_that_proves_nothing(
    chat: Chat, page: Page
) -> None:
    site = await chat.site("closed", allowed_origins=ANYWHERE, hours=CLOSED)
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await open_panel(page)
        await expect(page.get_by_text("Leave us a message")).to_be_visible()
        await page.get_by_label("leave an address").fill("ada@people.example")
        await page.get_by_role("button", name="Leave it").click()
        await expect(page.get_by_text("We may answer to ada@people.example")).to_be_visible()
        box = page.get_by_role("textbox", name="Message")
        await box.fill("Hello?")
        await box.press("Enter")
        await expect(page.get_by_text("Sent", exact=True)).to_be_visible()

    assert await claims(chat) == {"claimed_email": "ada@people.example"}
    assert await chat.value("select max(level) from messages") == 1


async def test_expected_time_of_an_answer_is_said(chat: Chat, page: Page) -> None:
    site = await chat.site("open", allowed_origins=ANYWHERE, reply_minutes=5)
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await open_panel(page)
        await page.get_by_role("textbox", name="Message").fill("a")
        await page.keyboard.press("Enter")

        await expect(page.get_by_text("Usually answers within 5 minutes")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en", "zh", "ru", "ar"])
async def test_form_and_closed_desk_look_right_to_everybody(
    chat: Chat, page: Page, screenshot: Screenshot, theme: str, width: int, language: str
) -> None:
    note = "We use this to answer you. See shop.example/privacy."
    site = await chat.site(
        "form",
        allowed_origins=ANYWHERE,
        form=[*FORM, CONSENT],
        form_note=note,
        hours=CLOSED,
        timezone="Europe/Berlin",
    )
    await page.set_viewport_size({"width": width, "height": 800})
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await page.evaluate(
            "([theme, locale]) => { onethread.setTheme(theme); onethread.setLocale(locale) }",
            [theme, language],
        )
        await open_panel(page)
        await page.get_by_role("button").last.wait_for()
        await page.locator(".form").wait_for()
        await screenshot(page, f"form-{language}-{theme}-{width}")
        await check_access(page)
        await check_fits(page)
        direction = await page.locator("body > div").get_attribute("dir")
        assert direction == ("rtl" if language == "ar" else "ltr")


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_closed_desk_without_a_form_looks_right(
    chat: Chat, page: Page, screenshot: Screenshot, language: str
) -> None:
    site = await chat.site("closed", allowed_origins=ANYWHERE, hours=CLOSED)
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await page.evaluate("locale => onethread.setLocale(locale)", language)
        await open_panel(page)
        box = page.locator("textarea")
        await box.fill("Is anybody there? — هل من أحد هناك؟")
        await box.press("Enter")
        await page.locator(".own .bubble").wait_for()
        receipt: FilePayload = {
            "name": "receipt.pdf",
            "mimeType": "application/pdf",
            "buffer": b"%PDF-1.4 x",
        }
        await page.locator("input[type=file]").set_input_files([receipt])
        await expect(page.locator(".chip.busy")).to_have_count(0)
        await screenshot(page, f"closed-{language}")
        await check_access(page)
        await check_fits(page)


async def elsewhere(chat: Chat, site: Site) -> None:
    """What the loop that follows a letter writes once it was answered."""
    person = await chat.value("select min(person_id) from messages")
    mail = await chat.value(
        "insert into accounts (channel, label, hook_token, created_at)"
        " select 'email', 'mail', 'mail', created_at from accounts limit 1 returning id"
    )
    place = await chat.value(
        "insert into places (account_id, remote_place, kind, created_at)"
        " select $1, 'a', 'mail_thread', created_at from accounts limit 1 returning id",
        mail,
    )
    message = await chat.value(
        "insert into messages (person_id, place_id, account_id, direction, text, received_at)"
        " select $1, $2, $3, 'in', 'Thank you, by mail', received_at from messages limit 1"
        " returning id",
        person,
        place,
        mail,
    )
    await chat.value(
        "insert into echoes (place_id, message_id) select id, $1 from places where account_id = $2",
        message,
        site.account,
    )


async def test_what_was_said_elsewhere_says_so(
    chat: Chat, page: Page, screenshot: Screenshot
) -> None:
    site = await chat.site("open", allowed_origins=ANYWHERE, reply_minutes=5)
    async with open_host_page(chat, site) as host:
        await page.goto(host.url)
        await open_panel(page)
        await page.get_by_role("textbox", name="Message").fill("Hello")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
        await elsewhere(chat, site)
        await page.reload()
        await open_panel(page)

        await expect(page.get_by_text("Thank you, by mail")).to_be_visible()
        await expect(page.get_by_text("by e-mail", exact=True)).to_be_visible()
        await screenshot(page, "elsewhere")
