"""What only its owner may read: their chat shows it, the agents' record has dots for it."""

import pytest

from router.services.callers import Caller
from router.services.identity import step_ups
from router.services.identity.step_ups import Ask
from router.services.outbound.automatic import DOTS, Voice
from router.services.roles import PERMISSIONS, Role
from router.storage.sight import FULL_SIGHT
from tests.services.builders import make_account
from tests.web.visiting import Chat, Page

PAGE = "https://host.example/prove"


@pytest.fixture
async def page(chat: Chat) -> Page:
    """Somebody who is signed in and has written."""
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())
    await page.say("Pay it out")
    return page


def voice_of(page: Page) -> Voice:
    door = page.chat.doors.find_local(page.site.hook)
    assert door is not None
    return Voice(keyring=page.chat.keyring, capabilities_of=lambda _: door.connector.capabilities)


def caller_of(chat: Chat) -> Caller:
    return Caller(
        agent_id=chat.author.agent_id,
        name="Bo",
        role=Role.AGENT,
        permissions=PERMISSIONS[Role.AGENT],
        team_ids=frozenset(),
        access_classes=FULL_SIGHT.classes,
    )


async def ask(page: Page) -> int:
    """The line with the link, taken by the chat."""
    wanted = Ask(
        case_id=await page.chat.value("select max(id) from cases"),
        identity_id=await page.chat.value(
            "select identity_id from messages where direction = 'in' order by id desc limit 1"
        ),
    )
    asked = await step_ups.ask(
        page.chat.database, voice_of(page), PAGE, caller_of(page.chat), wanted
    )
    assert asked.message_id is not None
    await page.chat.settle(asked.message_id, "sent")
    return asked.message_id


async def test_step_up_is_a_link_in_the_chat_of_its_owner_and_dots_in_the_record(
    page: Page,
) -> None:
    line = await ask(page)

    shown = (await page.texts())[-1]
    assert f"{PAGE}?step_up=" in shown
    assert DOTS not in shown
    kept = await page.chat.value("select text from messages where id = $1", line)
    assert DOTS in kept
    assert "step_up=" not in kept


async def test_open_page_is_told_the_link_of_a_step_up(page: Page) -> None:
    async with page.socket() as wire:
        await wire.next("replay")
        await ask(page)

        told = (await wire.next("messages"))["messages"]

    assert f"{PAGE}?step_up=" in told[-1]["text"]


async def test_step_up_that_was_taken_back_is_not_shown(page: Page) -> None:
    line = await ask(page)
    await page.chat.value("update messages set deleted_at = received_at where id = $1", line)

    assert (await page.texts())[-1] == ""


async def test_step_up_of_another_channel_keeps_its_dots_in_the_chat(page: Page) -> None:
    """The chat repeats what was said elsewhere; who reads the chat is not who was asked there."""
    line = await ask(page)
    chat = page.chat
    mail = await make_account(chat.database, channel="email", label="mailbox")
    home = await chat.value("select place_id from messages where id = $1", line)
    place = await chat.value(
        "insert into places (account_id, remote_place, kind, created_at)"
        " values ($1, 'grace', 'mail_thread', now())"
        " returning id",
        mail,
    )
    await chat.value(
        "update messages set place_id = $2, account_id = $3 where id = $1", line, place, mail
    )
    await chat.value("insert into echoes (message_id, place_id) values ($1, $2)", line, home)

    assert DOTS in (await page.texts())[-1]
