"""The first hour with onethread: a served desk with its sandbox, from the printed link on."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count

import pytest
from playwright.async_api import Page, Response, expect

from router.web.widget_assets import FOLDER
from tests import run_folder
from tests.browser.newcomer import InboxPage, SandboxPage, WidgetPage
from tests.real import missing
from tests.rig.product import Product

GRACE = "Grace Hopper"
RECOVERY_MS = 90_000
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who just typed `make run`: three tabs, and the process that serves them."""

    product: Product
    inbox: InboxPage
    sandbox: SandboxPage
    widget: WidgetPage


@pytest.fixture
async def product() -> AsyncIterator[Product]:
    """With the PostgreSQL that it brings, as on a first run."""
    if not (FOLDER / "widget.js").is_file():
        missing("the pages were not built; `make web` builds them")
    # Not pytest's own folder: PostgreSQL gives up root, and could not enter it.
    folder = run_folder.path() / f"story-{os.getpid()}-{next(_numbers)}"
    served = Product(folder, arguments=["--sandbox"])
    folder.chmod(0o755)
    await served.start()
    await served.until_ready()
    yield served
    await served.stop()
    shutil.rmtree(folder)


@pytest.fixture
async def newcomer(product: Product, page: Page, page_errors: list[str]) -> Newcomer:
    """The first agent was made by the link, and Grace stands before the widget at her exchange."""
    inbox = InboxPage(page)
    await inbox.set_up(await product.setup_link())
    # The page asked who is there before anybody was: the browser logs that as an error.
    assert [error for error in page_errors if "401" not in error] == []
    page_errors.clear()
    sandbox = SandboxPage(await page.context.new_page())
    await sandbox.page.goto(f"{product.url}/sandbox")
    widget = WidgetPage(await sandbox.open_site(GRACE))
    await widget.open()
    return Newcomer(product, inbox, sandbox, widget)


async def test_one_person_is_one_conversation_answered_on_either_channel(
    newcomer: Newcomer,
) -> None:
    inbox, sandbox, widget = newcomer.inbox, newcomer.sandbox, newcomer.widget
    articles = inbox.log.get_by_role("article")

    # Somebody who is signed in at the exchange chats, and writes from the address verified there.
    await widget.say("My withdrawal is on hold, why?")
    await expect(widget.page.get_by_text("Sent", exact=True)).to_be_visible()
    await sandbox.mail("Here is the transaction: 4f2c.", subject="Withdrawal on hold")
    await inbox.page.bring_to_front()
    grace = inbox.row(GRACE)
    await expect(grace).to_contain_text("transaction: 4f2c.")
    await expect(inbox.rows).to_have_count(1)
    await expect(grace).to_contain_text("Verified")
    await expect(grace.get_by_role("img", name="E-mail")).to_be_visible()
    await expect(grace.get_by_role("img", name="Web chat")).to_be_visible()
    await inbox.open(grace)
    await expect(articles).to_have_count(2)
    await expect(articles.first).to_contain_text("My withdrawal is on hold, why?")

    # One answer on each channel, and each of them arrives there only.
    await inbox.choose_channel("E-mail")
    by_mail = await inbox.answer("We wrote to the operator of the network.")
    await expect(by_mail).to_contain_text("Accepted")
    await inbox.choose_channel("Web chat")
    by_chat = await inbox.answer("It is released now.")
    await expect(by_chat).to_contain_text(re.compile("Delivered|Read"))
    await expect(widget.shows("It is released now.")).to_be_visible()
    await expect(widget.shows("We wrote to the operator of the network.")).to_have_count(0)
    await sandbox.page.bring_to_front()
    arrived = sandbox.arrived("E-mail")
    await expect(arrived).to_contain_text("We wrote to the operator of the network.")
    await expect(arrived).to_contain_text("Re: Withdrawal on hold")
    await expect(arrived).to_have_count(1)

    # Somebody who only claims to be Grace.
    await sandbox.mail("Send it all to me.", subject="Urgent", genuine=False)
    await inbox.page.bring_to_front()
    forged = inbox.row("Send it all to me.")
    await expect(forged).to_contain_text("Unproven sender")
    await expect(inbox.rows).to_have_count(2)
    await expect(articles).to_have_count(4)
    await inbox.open(forged)
    await expect(articles).to_have_count(1)
    await expect(articles).to_contain_text("Not verified")

    # Two persons in truth: merged by mistake, and separated again.
    await inbox.open(inbox.row("It is released now."))
    await inbox.merge("Grace", "She said so on the phone.")
    await expect(inbox.rows).to_have_count(1)
    await expect(inbox.message("Send it all to me.")).to_be_visible()
    await inbox.undo_merge("The phone call was not hers.")
    await expect(inbox.rows).to_have_count(2)
    await expect(inbox.message("Send it all to me.")).to_have_count(0)
    await expect(articles).to_have_count(4)

    # A note for the team, and the matter is done.
    await expect(await inbox.note("Tell the payments team.")).to_be_visible()
    await inbox.page.get_by_role("button", name="Solve", exact=True).click()
    await expect(inbox.rows).to_have_count(1)
    await inbox.page.get_by_role("link", name=re.compile("^Solved")).click()
    await expect(inbox.row("Tell the payments team.")).to_be_visible()
    await expect(widget.shows("Tell the payments team.")).to_have_count(0)
    await expect(sandbox.arrived("E-mail")).to_have_count(1)


def _answers_what_is_sent(response: Response) -> bool:
    return response.request.method == "POST" and response.url.endswith("/messages")


async def test_after_kill_nine_all_is_there_once_and_the_open_page_catches_up(
    newcomer: Newcomer, page_errors: list[str]
) -> None:
    inbox, sandbox, widget = newcomer.inbox, newcomer.sandbox, newcomer.widget
    await widget.say("said before")
    await inbox.page.bring_to_front()
    await inbox.open(inbox.row(GRACE))
    await expect(inbox.message("said before")).to_be_visible()
    await inbox.page.evaluate("window.isStillTheSame = true")
    await sandbox.mail("mailed at the last moment", subject="Just in time")
    await widget.say("taken at the last moment")
    await expect(widget.shows("taken at the last moment")).to_be_visible()
    await expect(widget.page.get_by_text("Sending…")).to_have_count(0)

    await newcomer.product.kill()
    await widget.say("said to nobody")
    await inbox.answer("answered while nobody listened")
    await expect(inbox.page.get_by_text("Connection lost.")).to_be_visible()
    await newcomer.product.start()
    await newcomer.product.until_ready()

    words = (
        "said before",
        "mailed at the last moment",
        "taken at the last moment",
        "said to nobody",
        "answered while nobody listened",
    )
    for word in words:
        await expect(inbox.message(word)).to_have_count(1, timeout=RECOVERY_MS)
    answer = inbox.message(words[-1])
    gone_out = answer.get_by_role("button", name=re.compile("Accepted|Delivered|Read"))
    asks = answer.get_by_role("button", name="Send anyway")
    # Where words of hers came in first, the answer waits for a decision, as it should.
    for _ in words:
        await expect(gone_out.or_(asks)).to_be_visible(timeout=RECOVERY_MS)
        if await gone_out.is_visible():
            break
        async with inbox.page.expect_response(_answers_what_is_sent):
            await asks.click()
    await expect(gone_out).to_be_visible(timeout=RECOVERY_MS)
    assert await inbox.page.evaluate("window.isStillTheSame") is True
    await inbox.page.reload()
    await expect(inbox.log.get_by_role("article")).to_have_count(len(words))
    for word in words:
        await expect(inbox.message(word)).to_have_count(1)
    page_errors.clear()  # the browser logs each request that nobody answered
