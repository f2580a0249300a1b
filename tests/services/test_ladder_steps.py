"""What fails on its new way too goes on again: to somewhere new each time."""

from pathlib import Path

import pytest

from core.capabilities import Capabilities, FileLimits
from core.errors import ContentRejected, RecipientGone
from core.messages import DeliveryReported, ReportedState
from core.rich_text_cuts import RichText
from router.services.outbound import report
from router.services.outbound.queueing import queue_parts
from router.storage import continuations
from router.storage.continuations import NewContinuation
from router.storage.engine import Database
from tests.services.climbing_desk import (
    BLOCKED,
    BOT,
    LETTERS,
    ClimbingDesk,
    open_climbing_desk,
)

NO_MAILBOX = RecipientGone("No such mailbox.")
SENTENCE = "We could not deliver this where you wrote before:"


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> ClimbingDesk:
    return await open_climbing_desk(database, tmp_path)


async def miss_twice(desk: ClimbingDesk, *, others: tuple[str, ...]) -> int:
    """Ann blocked the bot, and the mailbox that she wrote from last is no more; the message."""
    ann = await desk.hear("ann")
    for other in others:
        await desk.known_as(ann, other)
    place = await desk.value("select id from places where remote_place = 'ann'")
    written = await desk.answer(ann, "Good day", place_id=place)
    await desk.send(failing={"*": BLOCKED})
    await desk.climb()
    await desk.send(desk.letters, failing={"*": NO_MAILBOX})
    return written.message_id


async def bounced(desk: ClimbingDesk, message: int) -> None:
    """The last delivery that was taken comes back."""
    sent = [one for one in await desk.deliveries(message) if one["state"] == "sent"][-1]
    bounce = DeliveryReported(
        event_key=f"bounce-{sent['id']}",
        state=ReportedState.FAILED,
        send_key=sent["send_key"],
        recipient_is_gone=True,
        reason="No such mailbox.",
        code="5.1.1",
    )
    async with desk.database.transaction() as work:
        await report(work, sent["account_id"], bounce)


async def test_what_fails_on_its_second_way_goes_on_by_a_third(desk: ClimbingDesk) -> None:
    message = await miss_twice(desk, others=("one@people.example", "two@people.example"))

    [result] = await desk.climb()
    await desk.send(desk.letters)

    assert result.what == "moved"
    assert [one.place for one in desk.taken] == ["one@people.example"]
    assert await desk.way(message) == [
        ("sample", "cancelled", "moved_on"),
        ("letters", "cancelled", "moved_on"),
        ("letters", "sent", ""),
    ]
    assert len(await desk.events("moved_on")) == 2


async def test_bounce_of_the_second_way_lets_it_go_on_too(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    for other in ("one@people.example", "two@people.example"):
        await desk.known_as(ann, other)
    place = await desk.value("select id from places where remote_place = 'ann'")
    written = await desk.answer(ann, "Good day", place_id=place)
    await desk.send(failing={"*": BLOCKED})
    for _ in range(3):
        await desk.climb()
        await desk.send(desk.letters)
        if any(one["state"] == "sent" for one in await desk.deliveries(written.message_id)):
            await bounced(desk, written.message_id)

    assert [one.place for one in desk.taken] == ["two@people.example", "one@people.example"]
    assert (await desk.events("no_rung"))[-1]["message_id"] == written.message_id


async def test_it_never_goes_where_it_failed_before(desk: ClimbingDesk) -> None:
    message = await miss_twice(desk, others=("one@people.example",))
    # As if both took messages again.
    await desk.value("update identities set is_reachable = true, unreachable_reason = ''")

    [result] = await desk.climb()

    assert (result.what, result.reasons) == ("stayed", ("no_other_way",))
    assert [state for _, state, _ in await desk.way(message)] == ["cancelled", "failed"]


async def test_failure_for_another_reason_on_the_second_way_stays_there(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.hear("ann")
    for other in ("one@people.example", "two@people.example"):
        await desk.known_as(ann, other)
    place = await desk.value("select id from places where remote_place = 'ann'")
    await desk.answer(ann, "Good day", place_id=place)
    await desk.send(failing={"*": BLOCKED})
    await desk.climb()
    await desk.send(desk.letters, failing={"*": ContentRejected("Too rude.")})

    assert await desk.climb() == []


async def test_file_that_stayed_behind_goes_along_where_it_is_taken(desk: ClimbingDesk) -> None:
    desk.capabilities["letters"] = Capabilities(
        files=FileLimits(), subject=True, threads=True, can_open_conversation=True
    )
    ann = await desk.hear("ann")
    for other in ("one@people.example", "two@people.example"):
        await desk.known_as(ann, other)
    place = await desk.value("select id from places where remote_place = 'ann'")
    file = await desk.upload()
    await desk.answer(ann, "Good day", place_id=place, attachment_ids=(file,))
    await desk.send(failing={"*": BLOCKED})
    await desk.climb()
    await desk.send(desk.letters, failing={"*": NO_MAILBOX})
    desk.capabilities["letters"] = LETTERS

    await desk.climb()
    await desk.send(desk.letters)

    assert [one.files for one in desk.taken] == [(10,)]


async def test_what_was_for_a_host_account_goes_to_no_other_by_way_of_nobodys(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.hear("ann")
    for other in ("hers@people.example", "nobodys@people.example"):
        await desk.known_as(ann, other)
    await desk.value("update identities set host_account = '41' where handle = 'ann'")
    await desk.value("update identities set host_account = '42' where handle like 'hers@%'")
    place = await desk.value("select id from places where remote_place = 'ann'")
    await desk.answer(ann, "Good day", place_id=place)
    await desk.send(failing={"*": BLOCKED})
    await desk.climb()
    await desk.send(desk.letters, failing={"*": NO_MAILBOX})

    [result] = await desk.climb()

    assert "other_host_account" in result.reasons


async def letter_for(desk: ClimbingDesk, *, addresses: tuple[str, ...]) -> int:
    """What Ann did not read in the chat was said again at the first of these; the letter."""
    ann = await desk.hear("ann")
    for one in addresses:
        await desk.known_as(ann, one)
    await desk.value("update identities set level = 2, host_account = '41'")
    place = await desk.value("select id from places where remote_place = 'ann'")
    unread = await desk.answer(ann, "Good day", place_id=place)
    await desk.send()
    desk.taken.clear()
    to = await desk.row(
        "select i.id, i.home_person_id, p.id as place_id from identities i"
        " join places p on p.remote_place = i.handle where i.handle = $1",
        addresses[0],
    )
    stop = "https://desk.example/stop/1"
    fresh = NewContinuation(
        person_id=to["home_person_id"],
        case_id=await desk.value("select case_id from messages where id = $1", unread.message_id),
        place_id=to["place_id"],
        account_id=desk.letters,
        author_name="Ada",
        subject="Your chat",
        text=f"You missed this:\n\nAda:\nGood day\n\nNo more of these: {stop}",
        stop_url=stop,
    )
    async with desk.database.transaction() as work:
        letter = await continuations.insert_continuation(
            work, fresh, chat_place_id=place, continued=[unread.message_id]
        )
        assert letter is not None
        await queue_parts(
            work,
            [RichText(fresh.text)],
            message_id=letter,
            person_id=fresh.person_id,
            account_id=desk.letters,
            place_id=fresh.place_id,
            identity_id=to["id"],
        )
    await desk.send(desk.letters)
    desk.taken.clear()
    return letter


async def test_letter_that_bounces_goes_on_to_another_address_of_the_same_account(
    desk: ClimbingDesk,
) -> None:
    letter = await letter_for(desk, addresses=("one@people.example", "two@people.example"))

    await bounced(desk, letter)
    await desk.climb()
    await desk.send(desk.letters)

    assert [(one.place, one.text) for one in desk.taken] == [
        ("two@people.example", f"{SENTENCE}\n\nYou missed this:\n\nAda:\nGood day")
    ]
    assert await desk.value("select context from messages where id = $1", letter) == {
        "left_stop_url": "https://desk.example/stop/1"
    }


async def test_letter_that_bounces_goes_neither_back_to_its_chat_nor_to_another_account(
    desk: ClimbingDesk,
) -> None:
    letter = await letter_for(desk, addresses=("one@people.example", "two@people.example"))
    await desk.value("update identities set host_account = null where handle like 'two@%'")
    desk.capabilities["sample"] = BOT

    await bounced(desk, letter)
    [result] = await desk.climb()

    assert (result.what, result.reasons) == ("stayed", ("other_host_account",))
