"""Codes by which somebody goes on elsewhere: of a signed-in visitor, and sent by an agent."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.link_codes import LIFE, read_code
from router.services.inbound import Incoming, accept
from router.services.roles import Role
from router.storage.engine import Database
from tests.services.builders import received, sender
from tests.web.room import Room, open_room
from tests.web.visiting import Chat, Page


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


async def add_account(chat: Chat, channel: str, own_name: str) -> int:
    return int(
        await chat.value(
            "insert into accounts (channel, label, hook_token, own_name, created_at)"
            " values ($1, $1, $1, $2, now()) returning id",
            channel,
            own_name,
        )
    )


async def signed(chat: Chat, account: str = "customer-7") -> Page:
    page = chat.page(await chat.site())
    assert (await page.open(page.sign(account))).status == 200
    return page


async def test_signed_visitor_gets_a_code_and_where_it_may_be_said(chat: Chat) -> None:
    await add_account(chat, "telegram", "harbor_bot")
    await add_account(chat, "discord", "Harbor")
    page = await signed(chat)

    answered = await page.call("POST", "/link-codes")

    made = answered.body
    code = made["code"]
    assert (answered.status, read_code(code)) == (200, code)
    left = msgspec.convert(made["expires_at"], type=type(chat.database.clock.now()))
    assert left - chat.database.clock.now() == LIFE
    assert made["seconds"] == LIFE.total_seconds()
    assert [(one["channel"], one["url"]) for one in made["targets"]] == [
        ("telegram", f"https://t.me/harbor_bot?start={code}"),
        ("discord", None),
    ]


async def test_visitors_code_links_the_other_chat_to_their_account(chat: Chat) -> None:
    telegram = await add_account(chat, "telegram", "harbor_bot")
    page = await signed(chat)
    await page.say("Hello from the page")
    code = (await page.call("POST", "/link-codes")).body["code"]
    by = sender("4711", realm="telegram")
    event = received(by, "/start", link_code=code)

    [stored] = await accept(
        chat.database,
        chat.desk.context.blobs,  # type: ignore[arg-type]  # it has some
        [Incoming(account_id=telegram, fence=None, events=(event,))],
    )

    assert not isinstance(stored, BaseException)
    row = await chat.row(
        "select count(distinct p.root_id) as people, count(*) as messages from messages m"
        " join persons p on p.id = m.person_id where m.direction = 'in'"
    )
    assert (row["people"], row["messages"]) == (1, 2)
    linked = await chat.row("select level, host_account from identities where realm = 'telegram'")
    assert (linked["level"], linked["host_account"]) == (2, "customer-7")


async def test_visitor_who_is_not_signed_in_gets_no_code(chat: Chat) -> None:
    await add_account(chat, "telegram", "harbor_bot")
    page = await chat.visitor(await chat.site())

    answered = await page.call("POST", "/link-codes")

    assert (answered.status, answered.code) == (403, "attestation_required")
    assert await chat.value("select count(*) from link_codes") == 0


@pytest.mark.parametrize(
    "change",
    [
        "update identities set is_shared = true where realm like 'web:%'",
        "update visitor_sessions set ended_at = created_at",
    ],
    ids=["several people use it", "over, and this node does not know"],
)
async def test_session_that_vouches_for_nobody_makes_no_code(chat: Chat, change: str) -> None:
    await add_account(chat, "telegram", "harbor_bot")
    page = await signed(chat)
    await page.say("Hello from the page")
    await chat.value(change)

    answered = await page.call("POST", "/link-codes")

    assert (answered.status, answered.code) == (403, "attestation_required")
    assert await chat.value("select count(*) from link_codes") == 0


async def test_desk_with_no_other_channel_makes_no_code(chat: Chat) -> None:
    page = await signed(chat)

    answered = await page.call("POST", "/link-codes")

    assert (answered.status, answered.code) == (400, "no_channel")


async def test_session_that_asks_all_the_time_is_told_to_wait(chat: Chat) -> None:
    await add_account(chat, "telegram", "harbor_bot")
    page = await signed(chat)

    answers = [(await page.call("POST", "/link-codes")).status for _ in range(7)]

    assert answers == [200] * 6 + [429]


async def test_hosts_page_gets_the_deep_links_with_the_code(chat: Chat) -> None:
    await add_account(chat, "telegram", "harbor_bot")
    await add_account(chat, "email", "help@harbor.example")
    await signed(chat)  # a chat where codes are not typed
    site = await chat.desk.token(Role.HOST)
    await site.call("PUT", "/host/accounts/customer-7", {})

    made = (await site.post("/host/accounts/customer-7/link-codes")).body
    only = await site.post("/host/accounts/customer-7/link-codes", {"channels": ["email"]})

    assert {one["channel"]: one["url"] for one in made["targets"]} == {
        "telegram": f"https://t.me/harbor_bot?start={made['code']}",
        "email": f"mailto:help@harbor.example?body={made['code']}",
    }
    assert [one["channel"] for one in only.body["targets"]] == ["email"]


async def test_agent_has_a_code_sent_and_never_sees_it(room: Room) -> None:
    agent = await room.desk.signed_in()
    person = await room.stage.meets("ada")
    identity = await room.stage.value("select id from identities")

    answered = await agent.post(f"/persons/{person}/link-codes", {"identity_id": identity})

    sent = str(await room.stage.value("select text from deliveries"))
    code = read_code(sent.partition("\n")[0])
    assert answered.status == 201
    assert code is not None
    timeline = await agent.get(f"/conversations/{person}/messages")
    assert code not in timeline.raw.decode()
    assert "••••" in timeline.raw.decode()


@pytest.mark.parametrize("change", ["level = 0", "is_shared = true"])
async def test_nobody_is_sent_a_code_who_may_not_use_it(room: Room, change: str) -> None:
    agent = await room.desk.signed_in()
    person = await room.stage.meets("ada")
    identity = await room.stage.value(f"update identities set {change} returning id")

    answered = await agent.post(f"/persons/{person}/link-codes", {"identity_id": identity})

    assert answered.status == 400
    assert await room.stage.value("select count(*) from deliveries") == 0


async def test_code_goes_to_no_identity_of_somebody_else(room: Room) -> None:
    agent = await room.desk.signed_in()
    await room.stage.meets("ada")
    identity = await room.stage.value("select id from identities")
    other = await room.stage.meets("grace")

    answered = await agent.post(f"/persons/{other}/link-codes", {"identity_id": identity})

    assert answered.status == 404


async def test_code_that_cannot_be_sent_was_not_made(room: Room) -> None:
    agent = await room.desk.signed_in()
    person = await room.stage.meets("ada")
    identity = await room.stage.value("update identities set is_reachable = false returning id")

    answered = await agent.post(f"/persons/{person}/link-codes", {"identity_id": identity})

    assert (answered.status, answered.code) == (409, "not_sent")
    assert await room.stage.value("select count(*) from link_codes") == 0


def test_code_lives_for_ten_minutes() -> None:
    assert timedelta(minutes=10) == LIFE
