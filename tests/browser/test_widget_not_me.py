"""A visitor whose chat is joined with somebody else says so in the widget."""

from __future__ import annotations

from dataclasses import replace

from playwright.async_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.host_page import HostPage, check_access
from tests.web.visiting import Chat, Site


async def test_visitor_who_is_joined_with_a_stranger_says_so_and_agents_read_it(
    chat: Chat, site: Site, host: HostPage, page: Page, screenshot: Screenshot
) -> None:
    stranger = await chat.visitor(replace(site, origin="http://127.0.0.1:1"))
    await stranger.say("I am somebody else")
    await page.goto(host.url)
    await page.evaluate("() => onethread.open()")
    box = page.get_by_role("textbox", name="Message")
    await box.fill("Where is my order?")
    await box.press("Enter")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    agent = await chat.desk.signed_in()
    first, second = await chat.value("select array_agg(id order by id) from persons")
    await agent.post(f"/persons/{second}/merge", {"into": first, "reason": "One."})

    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="That's not me").click()
    asking = page.get_by_role("alertdialog")
    await expect(asking).to_contain_text("Until then nothing about an account is said here")
    await screenshot(page, "widget-not-me")
    await check_access(page)
    await asking.get_by_role("button", name="That's not me").click()

    await expect(asking).to_have_count(0)
    await expect(page.get_by_text("somebody who is not me")).to_be_visible()
    doubted = "select home_person_id from identities where doubted_at is not null"
    await chat.becomes(doubted, second)
    await chat.becomes("select count(*) from messages where text like '%not me.'", 1)
