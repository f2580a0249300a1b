"""What certainly did not arrive goes on by another way of the same person, once."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.capabilities import FileLimits
from core.clock import FakeClock
from core.errors import (
    AuthRefused,
    ConnectorError,
    ContentRejected,
    OutcomeUnknown,
    PlaceGone,
    RecipientGone,
)
from core.messages import DeliveryReported, ProfileChanged, ReportedState
from router.services.errors import Conflict
from router.services.ladder import take_step
from router.services.ladder.climbing import STALE_AFTER, Stepped
from router.services.outbound import report
from router.services.outbound.decisions import decide
from router.storage import ladder
from router.storage.engine import Database
from tests.services.builders import sender
from tests.services.climbing_desk import LETTERS, ClimbingDesk, Taken, open_climbing_desk

BLOCKED = RecipientGone("They blocked the bot.")
SENTENCE = "We could not deliver this where you wrote before:"


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> ClimbingDesk:
    return await open_climbing_desk(database, tmp_path)


async def _ann(desk: ClimbingDesk) -> int:
    """Ann wrote letters first, and by the bot last."""
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    await desk.hear("ann", "It is me again")
    return ann


async def _blocked(desk: ClimbingDesk, text: str = "Good day") -> int:
    """An answer to Ann that the bot was not allowed to deliver."""
    written = await desk.answer(await _ann(desk), text)
    await desk.send(failing={"*": BLOCKED})
    return written.message_id


@pytest.mark.parametrize("error", [BLOCKED, PlaceGone("The chat is gone.")])
async def test_answer_that_certainly_did_not_arrive_goes_on_by_mail(
    desk: ClimbingDesk, error: ConnectorError
) -> None:
    written = await desk.answer(await _ann(desk), "Good day")
    await desk.send(failing={"*": error})

    await desk.climb()
    await desk.send(desk.letters)

    assert desk.taken == [
        Taken("letters", "ann@people.example", f"{SENTENCE}\n\nGood day", "Your message to us")
    ]
    assert await desk.way(written.message_id) == [
        ("sample", "cancelled", "moved_on"),
        ("letters", "sent", ""),
    ]
    [old, _] = await desk.deliveries(written.message_id)
    assert old["reason"] == str(error)


async def test_message_is_of_its_new_place_and_a_line_says_where_it_came_from(
    desk: ClimbingDesk,
) -> None:
    message = await _blocked(desk)
    before = await desk.row("select place_id, case_id from messages where id = $1", message)

    await desk.climb()

    moved = await desk.row(
        "select m.place_id, m.account_id, l.remote_place, o.root_id from messages m"
        " join places l on l.id = m.place_id join persons o on o.id = m.person_id"
        " where m.id = $1",
        message,
    )
    step = await desk.step(message)
    assert moved["remote_place"] == "ann@people.example"
    assert moved["account_id"] == desk.letters
    assert (step["state"], step["to_place_id"]) == ("moved", moved["place_id"])
    assert await desk.events("moved_on") == [
        {
            "event": "moved_on",
            "case_id": before["case_id"],
            "message_id": message,
            "account_id": desk.account,
            "place_id": before["place_id"],
            "identity_id": await desk.identity("ann"),
            "to_account_id": desk.letters,
            "to_place_id": moved["place_id"],
            "to_identity_id": await desk.identity("ann@people.example"),
            "left_out": 0,
        }
    ]


async def test_answer_by_mail_to_what_went_on_joins_the_same_case(desk: ClimbingDesk) -> None:
    message = await _blocked(desk)

    await desk.climb()

    case = await desk.value("select case_id from messages where id = $1", message)
    keys = await desk.rows("select kind, case_id, account_id from thread_keys")
    assert keys == [{"kind": "reply_token", "case_id": case, "account_id": desk.letters}]


@pytest.mark.parametrize(
    "error",
    [
        OutcomeUnknown("No answer came."),
        ContentRejected("Too long."),
        AuthRefused("The token is not good any more."),
    ],
)
async def test_failure_that_is_not_of_who_is_there_goes_nowhere(
    desk: ClimbingDesk, error: ConnectorError
) -> None:
    await desk.answer(await _ann(desk))
    sent = desk.send(failing={"*": error})
    if isinstance(error, AuthRefused):
        async with asyncio.timeout(10):
            await sent
    else:
        await sent

    assert await desk.climb() == []
    await desk.send(desk.letters)
    assert desk.taken == []


async def test_hard_bounce_that_comes_later_lets_it_go_on(desk: ClimbingDesk) -> None:
    ann = await _ann(desk)
    place = await desk.value("select id from places where remote_place = 'ann@people.example'")
    written = await desk.answer(ann, "By letter", place_id=place)
    await desk.send(desk.letters)
    [sent] = await desk.deliveries(written.message_id)
    bounce = DeliveryReported(
        event_key="b",
        state=ReportedState.FAILED,
        send_key=sent["send_key"],
        recipient_is_gone=True,
        reason="No such mailbox.",
        code="5.1.1",
    )
    async with desk.database.transaction() as work:
        await report(work, desk.letters, bounce)

    await desk.climb()
    await desk.send()

    assert [one.text for one in desk.taken] == ["By letter", f"{SENTENCE}\n\nBy letter"]
    assert await desk.way(written.message_id) == [
        ("letters", "cancelled", "moved_on"),
        ("sample", "sent", ""),
    ]


async def test_bounce_that_names_no_message_of_ours_moves_nothing(desk: ClimbingDesk) -> None:
    ann = await _ann(desk)
    place = await desk.value("select id from places where remote_place = 'ann@people.example'")
    await desk.answer(ann, place_id=place)
    await desk.send(desk.letters)
    guess = DeliveryReported(
        event_key="b",
        state=ReportedState.FAILED,
        remote_place="ann@people.example",  # type: ignore[arg-type]  # a RemotePlace is a str
        recipient_is_gone=True,
    )
    async with desk.database.transaction() as work:
        assert await report(work, desk.letters, guess)

    assert await desk.climb() == []


async def test_second_report_of_the_old_way_says_nothing_of_the_new_one(
    desk: ClimbingDesk,
) -> None:
    message = await _blocked(desk)
    await desk.climb()
    await desk.send(desk.letters)
    [old, _] = await desk.deliveries(message)
    late = DeliveryReported(
        event_key="b", state=ReportedState.FAILED, send_key=old["send_key"], recipient_is_gone=True
    )

    async with desk.database.transaction() as work:
        await report(work, desk.account, late)

    assert await desk.climb() == []
    assert [state for _, state, _ in await desk.way(message)] == ["cancelled", "sent"]


async def test_what_waits_for_somebody_who_is_told_to_be_gone_goes_on(desk: ClimbingDesk) -> None:
    written = await desk.answer(await _ann(desk))
    gone = ProfileChanged(event_key="gone", sender=sender("ann"), is_reachable=False, reason="Left")
    await desk.take_in(gone)

    [result] = await desk.climb()
    await desk.send()
    await desk.send(desk.letters)

    assert result.what is Stepped.MOVED
    assert [one.channel for one in desk.taken] == ["letters"]
    assert [code for _, _, code in await desk.way(written.message_id)] == ["moved_on", ""]


async def test_part_that_may_have_arrived_keeps_the_message_where_it_is(
    desk: ClimbingDesk,
) -> None:
    await _blocked(desk)
    await desk.value("update deliveries set part_count = 2")
    await desk.value(
        "insert into deliveries (message_id, person_id, account_id, place_id, identity_id, part,"
        " part_count, lane, send_key, state, due_at, queued_at, state_at)"
        " select message_id, person_id, account_id, place_id, identity_id, 1, 2, lane, 'k2',"
        " 'unknown', due_at, queued_at, state_at from deliveries"
    )

    [result] = await desk.climb()

    assert (result.what, result.reasons) == (Stepped.STAYED, ("partly_said",))


async def test_what_is_held_for_its_recall_waits(desk: ClimbingDesk) -> None:
    await desk.answer(await _ann(desk), hold=timedelta(minutes=1))
    gone = ProfileChanged(event_key="gone", sender=sender("ann"), is_reachable=False)
    await desk.take_in(gone)

    assert [one.what for one in await desk.climb()] == [Stepped.NOT_YET]


async def test_without_another_way_the_failure_stays_and_says_what_would_help(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.hear("ann")
    written = await desk.answer(ann)
    await desk.send(failing={"*": BLOCKED})

    [result] = await desk.climb()

    assert (result.what, result.reasons) == (Stepped.STAYED, ("no_other_way",))
    assert await desk.way(written.message_id) == [("sample", "failed", "recipient_gone")]
    [line] = await desk.events("no_rung")
    assert line["because"] == ["no_other_way"]
    assert await desk.climb() == []


async def test_old_failure_goes_nowhere(desk: ClimbingDesk, clock: FakeClock) -> None:
    await desk.answer(await _ann(desk))
    clock.advance(STALE_AFTER + timedelta(minutes=1))
    await desk.send(failing={"*": BLOCKED})

    [result] = await desk.climb()

    assert result.reasons == ("stale",)


async def test_answer_of_a_restricted_case_goes_nowhere_by_itself(desk: ClimbingDesk) -> None:
    await _blocked(desk)
    await desk.value("update cases set access_class = 'kyc'")

    [result] = await desk.climb()

    assert result.reasons == ("restricted",)


async def test_case_that_needs_more_keeps_its_answers(desk: ClimbingDesk) -> None:
    await _blocked(desk)
    await desk.value("update cases set minimum_level = 2")

    [result] = await desk.climb()

    assert result.reasons == ("level_too_low",)


async def test_what_was_said_to_somebody_proven_goes_to_nobody_less_proven(
    desk: ClimbingDesk,
) -> None:
    ann = await _ann(desk)
    await desk.value("update identities set level = 2, host_account = 'h1' where handle = 'ann'")
    await desk.answer(ann)
    # Taken back since; it was said to somebody at level 2 all the same.
    await desk.value("update identities set level = 1, host_account = null")
    await desk.send(failing={"*": BLOCKED})

    [result] = await desk.climb()

    assert result.reasons == ("level_too_low",)


@pytest.mark.parametrize("column", ["is_shared", "notices_stopped_at"])
async def test_address_that_is_shared_or_stopped_gets_nothing(
    desk: ClimbingDesk, column: str
) -> None:
    await _blocked(desk)
    value = "true" if column == "is_shared" else "now()"
    await desk.value(f"update identities set {column} = {value} where realm = 'letters'")
    await desk.value("update messages set case_id = null where direction = 'in'")

    [result] = await desk.climb()

    assert result.reasons == ("shared" if column == "is_shared" else "stopped",)


async def test_address_that_stopped_notices_gets_answers_to_its_own_words(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    case = await desk.value(
        "select m.case_id from messages m join identities i on i.id = m.identity_id"
        " where i.realm = 'letters'"
    )
    await desk.value("update identities set notices_stopped_at = now() where realm = 'letters'")
    await desk.hear("ann", "Here as well")
    bots = await desk.value("select id from places where remote_place = 'ann'")
    await desk.answer(ann, case_id=case, place_id=bots)
    await desk.send(failing={"*": BLOCKED})

    assert [one.what for one in await desk.climb()] == [Stepped.MOVED]


async def test_address_that_only_the_host_has_verified_is_written_to_first(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.hear("ann")
    await desk.value(
        "insert into identities (realm, handle, home_person_id, level, host_account, created_at,"
        " seen_at) values ('letters', 'ann@people.example', $1, 2, 'h1', now(), now())",
        ann,
    )
    written = await desk.answer(ann)
    await desk.send(failing={"*": BLOCKED})

    await desk.climb()
    await desk.send(desk.letters)

    assert [one.place for one in desk.taken] == ["ann@people.example"]
    opened = await desk.value("select identity_id from messages where id = $1", written.message_id)
    assert opened == await desk.identity("ann@people.example")


async def test_address_that_nobody_wrote_from_or_verified_gets_nothing(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.hear("ann")
    await desk.value(
        "insert into identities (realm, handle, home_person_id, level, created_at, seen_at)"
        " values ('letters', 'ann@people.example', $1, 1, now(), now())",
        ann,
    )
    await desk.answer(ann)
    await desk.send(failing={"*": BLOCKED})

    [result] = await desk.climb()

    assert result.reasons == ("claimed",)


async def test_notice_and_copies_go_nowhere(desk: ClimbingDesk) -> None:
    await _blocked(desk)
    await desk.value("delete from ladder_steps")
    await desk.value("update messages set agent_id = null where direction = 'out'")
    async with desk.database.transaction() as work:
        await ladder.fall(work, [row["id"] for row in await desk.deliveries()])

    assert await desk.climb() == []


async def test_several_answers_go_on_in_the_order_in_which_they_were_said(
    desk: ClimbingDesk,
) -> None:
    ann = await _ann(desk)
    for text in ("One", "Two", "Three"):
        await desk.answer(ann, text)
    await desk.send(failing={"*": BLOCKED})

    await desk.climb()
    await desk.send(desk.letters)

    assert [one.text.split("\n\n")[1] for one in desk.taken] == ["One", "Two", "Three"]


async def test_first_way_cannot_be_sent_again_and_the_second_can(desk: ClimbingDesk) -> None:
    message = await _blocked(desk)
    await desk.climb()
    await desk.send(desk.letters, failing={"*": ContentRejected("No.")})
    first, second = await desk.deliveries(message)

    with pytest.raises(Conflict) as refused:
        await decide(desk.database, first["id"], "resend")
    again = await decide(desk.database, second["id"], "resend")

    assert refused.value.code == "moved_on"
    assert again.account_id == desk.letters


async def test_agent_who_decided_first_is_heeded(desk: ClimbingDesk) -> None:
    message = await _blocked(desk)
    [failed] = await desk.deliveries(message)

    await decide(desk.database, failed["id"], "drop")

    assert await desk.climb() == []
    assert [code for _, _, code in await desk.way(message)] == ["dropped"]


async def test_resent_and_failed_again_it_goes_on(desk: ClimbingDesk) -> None:
    message = await _blocked(desk)
    [failed] = await desk.deliveries(message)
    await decide(desk.database, failed["id"], "resend")
    assert await desk.climb() == []

    await desk.send(failing={"*": BLOCKED})
    await desk.climb()
    await desk.send(desk.letters)

    assert [one.channel for one in desk.taken] == ["letters"]


async def test_two_loops_at_once_let_it_go_on_once(desk: ClimbingDesk) -> None:
    message = await _blocked(desk)
    person = await desk.value("select person_id from messages where id = $1", message)

    results = await asyncio.gather(
        *(take_step(desk.database, desk.keyring, desk.networks, message, person) for _ in range(4))
    )
    await desk.send(desk.letters)

    assert sorted(one.what for one in results) == ["moved", "obsolete", "obsolete", "obsolete"]
    assert len(desk.taken) == 1


async def test_files_that_a_channel_does_not_take_are_named_and_stay_behind(
    desk: ClimbingDesk,
) -> None:
    limits = FileLimits(max_count=3, max_size=50)
    desk.capabilities["letters"] = msgspec.structs.replace(LETTERS, files=limits)
    large, small = await desk.upload(size=500), await desk.upload(size=10)
    written = await desk.answer(await _ann(desk), attachment_ids=[large, small])
    await desk.send(failing={"*": BLOCKED})

    await desk.climb()
    await desk.send(desk.letters)

    [letter] = desk.taken
    assert letter.text.endswith("Good day\n\nThese files cannot be sent here: a.png")
    assert letter.files == (10,)
    assert (await desk.step(written.message_id))["left_out"] == [large]
