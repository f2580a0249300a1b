"""Codes that an agent has sent to somebody: typed elsewhere they join, and prove no account."""

from pathlib import Path

import pytest

from connectors.email.convert import to_events
from connectors.email.reading.envelope import Reading
from core.link_codes import new_code, read_code
from core.messages import MessageReceived
from router.services.identity.sent_codes import send_code
from router.services.viewer import Viewer
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import received, signed_sender
from tests.services.linking_desk import HOST, JOINED, LINKED, REFUSED, LinkingDesk


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


@pytest.fixture
async def linking(desk: AnsweringDesk) -> LinkingDesk:
    return LinkingDesk(desk)


async def sent_to(linking: LinkingDesk, handle: str) -> str:
    """The code, as they read it in their thread."""
    identity = await linking.identity(handle)
    sent = await send_code(
        linking.desk.database,
        linking.voice,
        Viewer(linking.desk.author.agent_id),
        person_id=identity["root_id"],
        identity_id=identity["id"],
        channels={"sample"},
        unseen_on=(),
    )
    [delivery] = await linking.desk.deliveries(sent.message_id)
    code = read_code(delivery["text"].partition("\n")[0])
    assert code is not None
    assert delivery["identity_id"] == identity["id"]
    return code


async def test_code_sent_to_one_chat_joins_the_other(linking: LinkingDesk) -> None:
    await linking.hears("ada", "Hello from here")
    await linking.hears("lovelace", "Hello from there")

    await linking.hears("lovelace", await sent_to(linking, "ada"))

    ada, lovelace = await linking.identity("ada"), await linking.identity("lovelace")
    assert ada["root_id"] == lovelace["root_id"]
    assert (ada["level"], lovelace["level"]) == (1, 1)
    assert (ada["host_account"], lovelace["host_account"]) == (None, None)
    assert (await linking.said())[1:] == [JOINED]
    [line] = await linking.events()
    assert (line["event"], line["host_account"]) == ("joined_by_code", None)


async def test_join_by_a_code_says_what_it_rests_on_and_can_be_undone(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    from router.services.identity.merging import undo_merge

    await linking.hears("ada", "Hello from here")
    await linking.hears("lovelace", await sent_to(linking, "ada"))
    edge = await desk.row("select id, ground, agent_id from person_merges")

    await undo_merge(desk.database, merge_id=edge["id"], agent_id=None, reason="Not the same")

    assert (edge["ground"], edge["agent_id"]) == ("link_code", None)
    ada, lovelace = await linking.identity("ada"), await linking.identity("lovelace")
    assert ada["root_id"] != lovelace["root_id"]


async def test_code_of_somebody_without_an_account_joins_nobody_who_has_one(
    linking: LinkingDesk,
) -> None:
    await linking.hears("ada", "Hello")
    await linking.hears("lovelace", code=(await linking.code()).code)
    assert await linking.said() == [LINKED]

    await linking.hears("lovelace", await sent_to(linking, "ada"))

    ada, lovelace = await linking.identity("ada"), await linking.identity("lovelace")
    assert ada["root_id"] != lovelace["root_id"]
    assert await linking.outcome() == "other_account"


async def test_code_sent_to_a_linked_chat_links_the_other_to_its_account(
    linking: LinkingDesk,
) -> None:
    await linking.hears("ada", code=(await linking.code()).code)

    await linking.hears("lovelace", await sent_to(linking, "ada"))

    lovelace = await linking.identity("lovelace")
    assert (lovelace["level"], lovelace["host_account"]) == (2, HOST)
    assert lovelace["root_id"] == (await linking.identity("ada"))["root_id"]


async def test_code_is_worthless_once_the_chat_it_was_sent_to_is_linked_no_more(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await linking.hears("ada", code=(await linking.code()).code)
    code = await sent_to(linking, "ada")
    await desk.value(
        "update identities set level = 1, host_account = null where handle = 'ada' returning id"
    )

    await linking.hears("lovelace", code)

    assert (await linking.identity("lovelace"))["level"] == 1
    assert await linking.outcome() == "taken_back"


async def test_code_is_worthless_once_the_chat_it_was_sent_to_is_of_another_account(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await linking.hears("ada", code=(await linking.code()).code)
    code = await sent_to(linking, "ada")
    await desk.value(
        "update identities set host_account = 'customer-1' where handle = 'ada' returning id"
    )

    await linking.hears("lovelace", code)

    assert (await linking.identity("lovelace"))["level"] == 1
    assert await linking.outcome() == "other_account"


async def test_own_code_said_in_the_same_chat_changes_nothing(linking: LinkingDesk) -> None:
    await linking.hears("ada", "Hello")
    before = await linking.identity("ada")

    await linking.hears("ada", await sent_to(linking, "ada"))

    assert (await linking.identity("ada"))["root_id"] == before["root_id"]
    assert await linking.desk.value("select count(*) from person_merges") == 0


async def test_forged_mail_with_a_good_code_links_nothing(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    await desk.hear(signed_sender("visitor", host=HOST))
    code = (await linking.code()).code
    raw = (
        "From: ada@shop.example\r\nTo: help@desk.example\r\nSubject: code\r\n"
        f"Message-ID: <forged@shop.example>\r\n\r\n{code}\r\n"
    )
    [event] = to_events(raw.encode(), Reading(own_address="help@desk.example"))
    assert isinstance(event, MessageReceived)

    await linking.takes_in(event)

    linked = await desk.rows("select realm from identities where host_account is not null")
    assert sorted(row["realm"] for row in linked) == ["host", "web:shop"]
    assert await linking.outcome() == "unproven"
    assert await linking.said() == []


async def test_answer_to_a_mail_with_the_code_only_in_its_quote_links_nothing(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    code = (await linking.code()).code
    text = f"Is this from you?\n\n> {code}\n> To go on in another chat"

    await linking.takes_in(received("ada", text))

    assert await linking.outcome() == "good"


async def test_wrong_code_for_a_join_reads_like_every_other(linking: LinkingDesk) -> None:
    await linking.hears("ada", new_code())

    assert await linking.said() == [REFUSED]
