"""Edits and deletions of what an agent sent: queued in its lane, carried out, told truthfully."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.capabilities import Capabilities, TextLimit
from core.clock import FakeClock
from core.delivery import next_backoff
from core.errors import OutcomeUnknown, PermanentError, TransientError
from core.ids import RemoteId
from core.messages import RemotePart, Sent
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.outbound import Author, decide
from router.services.outbound.amending import Edit, delete_reply, edit_reply
from router.storage import deliveries
from router.storage.engine import Database
from router.storage.sight import FULL_SIGHT
from tests.runtime.sending_desk import SendingDesk, open_sending_desk
from tests.services.answering_desk import make_agent

CHANGES = Capabilities(edit=True, delete=True)


async def edit(desk: SendingDesk, message: int, text: str, **fields: Any) -> int:
    author = fields.pop("author", desk.author)
    fields.setdefault("client_key", f"edit-{text}")
    return await edit_reply(
        desk.database,
        desk.capabilities.__getitem__,
        author,
        Edit(message_id=message, text=text, **fields),
    )


async def delete(desk: SendingDesk, message: int) -> int:
    return await delete_reply(desk.database, desk.capabilities.__getitem__, desk.author, message)


async def sent(desk: SendingDesk, text: str = "first", **fields: Any) -> int:
    """A reply that went out, and its message."""
    written = await desk.answer(await desk.hear("ann"), text, **fields)
    async with desk.sending():
        await desk.until_states(*["sent"] * len(await desk.deliveries()))
    return written.message_id


async def texts(desk: SendingDesk, message: int) -> list[str]:
    rows = await desk.rows(
        "select text from message_revisions where message_id = $1 order by revision", message
    )
    return [row["text"] for row in rows]


async def desk_that(database: Database, folder: Path, capabilities: Capabilities) -> SendingDesk:
    return await open_sending_desk(database, folder, capabilities)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> SendingDesk:
    return await desk_that(database, tmp_path, CHANGES)


async def test_edited_reply_reads_so_here_and_on_the_network(desk: SendingDesk) -> None:
    message = await sent(desk)

    await edit(desk, message, "better")
    async with desk.sending():
        await desk.until_states("sent", "sent")

    [key] = [call.key for call in desk.connector.calls]
    assert desk.connector.amended == [("edit", "better", f"id-{key}")]
    assert await desk.value("select text from messages where id = $1", message) == "better"
    assert await texts(desk, message) == ["first", "better"]
    assert [row["kind"] for row in await desk.deliveries()] == ["send", "edit"]


async def test_deleted_reply_is_gone_here_and_on_the_network_once(desk: SendingDesk) -> None:
    message = await sent(desk)

    await delete(desk, message)
    await delete(desk, message)
    async with desk.sending():
        await desk.until_states("sent", "sent")

    assert [what for what, _, _ in desk.connector.amended] == ["delete"]
    assert await desk.value("select deleted_at is not null from messages where id = $1", message)


async def test_each_part_that_reads_differently_is_changed_and_one_left_over_deleted(
    database: Database, tmp_path: Path
) -> None:
    short = Capabilities(edit=True, delete=True, text=TextLimit(length=10))
    desk = await desk_that(database, tmp_path, short)
    message = await sent(desk, "one one\ntwo two\nthree")

    await edit(desk, message, "one one\nTWO two")
    async with desk.sending():
        await desk.until_states(*["sent"] * 5)

    first, second, third = (f"id-{call.key}" for call in desk.connector.calls)
    assert first
    assert sorted(desk.connector.amended) == [("delete", "", third), ("edit", "TWO two", second)]


async def test_edit_that_needs_more_messages_than_went_out_is_refused(
    database: Database, tmp_path: Path
) -> None:
    short = Capabilities(edit=True, text=TextLimit(length=10))
    desk = await desk_that(database, tmp_path, short)
    message = await sent(desk, "one one")

    with pytest.raises(Refused) as refused:
        await edit(desk, message, "one one\ntwo two")

    assert refused.value.code == "too_long"
    assert await texts(desk, message) == []


async def test_edit_waits_behind_the_message_that_it_is_of(desk: SendingDesk) -> None:
    written = await desk.answer(await desk.hear("ann"), "first")
    await edit(desk, written.message_id, "better")

    async with desk.sending():
        await desk.until_states("sent", "sent")

    assert desk.connector.texts == ["first"]
    assert [text for _, text, _ in desk.connector.amended] == ["better"]


async def test_edit_of_what_never_went_out_fails_and_says_so(desk: SendingDesk) -> None:
    written = await desk.answer(await desk.hear("ann"), "first")
    desk.connector.says("first", PermanentError("No."))
    await edit(desk, written.message_id, "better")

    async with desk.sending():
        await desk.until_states("failed", "failed")

    assert desk.connector.amended == []
    [_, row] = await desk.deliveries()
    assert row["reason"] == "It never went out, so there is nothing to change."


async def test_newer_edit_takes_the_place_of_one_that_waits(desk: SendingDesk) -> None:
    message = await sent(desk)

    await edit(desk, message, "second")
    await edit(desk, message, "third")
    async with desk.sending():
        await desk.until_states("sent", "cancelled", "sent")

    assert [text for _, text, _ in desk.connector.amended] == ["third"]
    assert await texts(desk, message) == ["first", "second", "third"]


async def test_same_edit_told_twice_is_made_once(desk: SendingDesk) -> None:
    message = await sent(desk)

    await edit(desk, message, "better", client_key="k")
    await edit(desk, message, "better", client_key="k")
    await edit(desk, message, "better", client_key="another")

    assert await desk.states() == ["sent", "queued"]
    assert await texts(desk, message) == ["first", "better"]


async def test_deleted_before_it_went_out_it_never_goes_out(desk: SendingDesk) -> None:
    written = await desk.answer(await desk.hear("ann"), "first", hold=timedelta(minutes=1))
    desk.capabilities[desk.channel] = Capabilities()

    await delete(desk, written.message_id)

    assert await desk.states() == ["cancelled"]
    assert await desk.value("select deleted_at is not null from messages where direction = 'out'")


async def test_edit_whose_outcome_is_unknown_is_made_again(
    desk: SendingDesk, clock: FakeClock
) -> None:
    message = await sent(desk)
    desk.connector.says("better", OutcomeUnknown("Silence."))

    await edit(desk, message, "better")
    async with desk.sending() as sender:
        await desk.until_recorded(2)
        clock.advance(next_backoff(1, jitter=1.0))
        sender.wake()
        await desk.until_states("sent", "sent")

    assert len(desk.connector.amended) == 2
    assert desk.connector.asked == []


async def test_deletion_that_failed_on_the_way_is_made_again_from_the_start(
    desk: SendingDesk, clock: FakeClock
) -> None:
    parts = (RemotePart(remote_id=RemoteId("9")), RemotePart(remote_id=RemoteId("10")))
    desk.connector.says("album", Sent(remote_parts=parts))
    message = await sent(desk, "album")
    desk.connector.says("10", TransientError("Down."))

    await delete(desk, message)
    async with desk.sending() as sender:
        await desk.until_recorded(2)
        clock.advance(next_backoff(1, jitter=1.0))
        sender.wake()
        await desk.until_states("sent", "sent")

    assert [one for _, _, one in desk.connector.amended] == ["9", "10", "9", "10"]


async def test_refused_edit_can_be_tried_again_by_an_agent(desk: SendingDesk) -> None:
    message = await sent(desk)
    desk.connector.says("better", PermanentError("Too old."))
    await edit(desk, message, "better")
    async with desk.sending():
        await desk.until_states("sent", "failed")
        [_, failed] = await desk.deliveries()

        await decide(desk.database, failed["id"], "resend")
        await desk.until_states("sent", "cancelled", "sent")

    assert failed["reason"] == "Too old."
    assert [what for what, _, _ in desk.connector.amended] == ["edit", "edit"]
    assert desk.connector.texts == ["first"]


async def test_only_who_wrote_it_may_change_it(desk: SendingDesk) -> None:
    message = await sent(desk)
    other = Author(agent_id=await make_agent(desk.database, "Eve"), name="Eve", sight=FULL_SIGHT)

    with pytest.raises(Forbidden):
        await edit(desk, message, "mine", author=other)
    with pytest.raises(NotFound):
        await edit(desk, 4711, "nothing")
    theirs = int(await desk.value("select id from messages where direction = 'in'"))
    with pytest.raises(NotFound):
        await edit(desk, theirs, "theirs")


@pytest.mark.parametrize(
    ("capabilities", "code"),
    [
        (Capabilities(), "cannot_edit"),
        (Capabilities(edit=True, edit_window=timedelta(hours=1)), "too_late"),
    ],
)
async def test_edit_beyond_what_the_network_allows_is_refused(
    desk: SendingDesk, clock: FakeClock, capabilities: Capabilities, code: str
) -> None:
    message = await sent(desk)
    desk.capabilities[desk.channel] = capabilities
    clock.advance(timedelta(hours=2))

    with pytest.raises(Conflict) as refused:
        await edit(desk, message, "better")

    assert refused.value.code == code
    assert await texts(desk, message) == []


@pytest.mark.parametrize(
    ("capabilities", "code"),
    [
        (Capabilities(), "cannot_delete"),
        (Capabilities(delete=True, delete_window=timedelta(hours=1)), "too_late"),
    ],
)
async def test_deletion_beyond_what_the_network_allows_is_refused(
    desk: SendingDesk, clock: FakeClock, capabilities: Capabilities, code: str
) -> None:
    message = await sent(desk)
    desk.capabilities[desk.channel] = capabilities
    clock.advance(timedelta(hours=2))

    with pytest.raises(Conflict) as refused:
        await delete(desk, message)

    assert refused.value.code == code
    assert await desk.states() == ["sent"]


async def test_deleted_reply_cannot_be_edited_and_an_empty_one_is_refused(
    desk: SendingDesk,
) -> None:
    message = await sent(desk)

    with pytest.raises(Refused):
        await edit(desk, message, "  ")
    await delete(desk, message)
    with pytest.raises(Conflict) as refused:
        await edit(desk, message, "better")

    assert refused.value.code == "deleted"


async def test_receipt_after_an_edit_is_of_what_was_sent(desk: SendingDesk) -> None:
    message = await sent(desk)
    await edit(desk, message, "better")
    async with desk.sending():
        await desk.until_states("sent", "sent")

    [first, _] = await desk.deliveries()
    async with desk.database.transaction() as work:
        remote = f"id-{first['send_key']}"
        found = await deliveries.lock_by_remote_id(work, desk.account, None, remote)

    assert found is not None
    assert found.id == first["id"]
