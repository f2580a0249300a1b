"""Who is no rung, and what is not for the ladder at all."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.clock import FakeClock
from core.delivery import GIVE_UP_AFTER
from core.errors import (
    AuthRefused,
    ConnectorError,
    ContentRejected,
    OutcomeUnknown,
    RateLimited,
    TransientError,
)
from core.messages import DeliveryReported, ProfileChanged, ReportedState
from router.services.ladder.climbing import STALE_AFTER, Stepped
from router.services.outbound import decide, report
from router.storage import ladder
from router.storage.engine import Database
from tests.services.builders import sender
from tests.services.climbing_desk import (
    BLOCKED,
    BOT,
    ClimbingDesk,
    open_climbing_desk,
)
from tests.waiting import PATIENCE


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> ClimbingDesk:
    return await open_climbing_desk(database, tmp_path)


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
    await desk.answer(await desk.meet_ann())
    sent = desk.send(failing={"*": error})
    if isinstance(error, AuthRefused):
        async with asyncio.timeout(PATIENCE):
            await sent
    else:
        await sent

    assert await desk.climb() == []
    await desk.send(desk.letters)
    assert desk.taken == []


async def test_bounce_that_names_no_message_of_ours_moves_nothing(desk: ClimbingDesk) -> None:
    ann = await desk.meet_ann()
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


async def test_part_that_may_have_arrived_keeps_the_message_where_it_is(
    desk: ClimbingDesk,
) -> None:
    await desk.miss_ann()
    await desk.value("update deliveries set part_count = 2")
    await desk.value(
        "insert into deliveries (message_id, person_id, account_id, place_id, identity_id, part,"
        " part_count, lane, send_key, state, due_at, queued_at, state_at)"
        " select message_id, person_id, account_id, place_id, identity_id, 1, 2, lane, 'k2',"
        " 'unknown', due_at, queued_at, state_at from deliveries"
    )

    [result] = await desk.climb()

    assert (result.what, result.reasons) == (Stepped.STAYED, ("partly_said",))


async def test_part_that_may_have_arrived_at_an_earlier_attempt_keeps_the_message_too(
    desk: ClimbingDesk, clock: FakeClock
) -> None:
    desk.capabilities["sample"] = msgspec.structs.replace(BOT, send_is_deduplicated=True)
    written = await desk.answer(await desk.meet_ann())
    await desk.send(failing={"*": OutcomeUnknown("No answer came.")})
    clock.advance(timedelta(minutes=1))
    await desk.send(failing={"*": BLOCKED})

    assert await desk.climb() == []
    assert await desk.way(written.message_id) == [("sample", "unknown", "outcome_unknown")]
    assert not await desk.value("select is_reachable from identities where handle = 'ann'")


@pytest.mark.parametrize(
    "error",
    [
        ContentRejected("Too long."),
        TransientError("Down."),
        RateLimited("Later.", retry_after=timedelta(minutes=1)),
    ],
)
async def test_failure_after_an_attempt_that_may_have_arrived_is_unknown_and_keeps_its_key(
    desk: ClimbingDesk, clock: FakeClock, error: ConnectorError
) -> None:
    desk.capabilities["sample"] = msgspec.structs.replace(BOT, send_is_deduplicated=True)
    await desk.answer(await desk.meet_ann())
    await desk.send(failing={"*": OutcomeUnknown("No answer came.")})
    clock.advance(GIVE_UP_AFTER)
    await desk.send(failing={"*": error})

    [row] = await desk.deliveries()
    assert (row["state"], row["code"]) == ("unknown", "outcome_unknown")
    assert row["reason"] == "No answer came."
    again = await decide(desk.database, row["id"], "resend")
    assert again.send_key == row["send_key"]


async def test_scheduled_answer_is_not_old_news_when_it_goes_out(
    desk: ClimbingDesk, clock: FakeClock
) -> None:
    ann = await desk.meet_ann()
    await desk.answer(ann, send_at=clock.now() + timedelta(days=5))
    clock.advance(timedelta(days=5))
    await desk.send(failing={"*": BLOCKED})

    [result] = await desk.climb()

    assert result.what is Stepped.MOVED


async def test_what_is_held_for_its_recall_waits(desk: ClimbingDesk) -> None:
    await desk.answer(await desk.meet_ann(), hold=timedelta(minutes=1))
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
    await desk.answer(await desk.meet_ann())
    clock.advance(STALE_AFTER + timedelta(minutes=1))
    await desk.send(failing={"*": BLOCKED})

    [result] = await desk.climb()

    assert result.reasons == ("stale",)


async def test_answer_of_a_restricted_case_goes_nowhere_by_itself(desk: ClimbingDesk) -> None:
    await desk.miss_ann()
    await desk.value("update cases set access_class = 'kyc'")

    [result] = await desk.climb()

    assert result.reasons == ("restricted",)


async def test_case_that_needs_more_keeps_its_answers(desk: ClimbingDesk) -> None:
    await desk.miss_ann()
    await desk.value("update cases set minimum_level = 2")

    [result] = await desk.climb()

    assert result.reasons == ("level_too_low",)


async def test_what_was_said_to_somebody_proven_goes_to_nobody_less_proven(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.meet_ann()
    await desk.value("update identities set level = 2, host_account = 'h1' where handle = 'ann'")
    await desk.answer(ann)
    # Taken back since; it was said to somebody at level 2 all the same.
    await desk.value("update identities set level = 1, host_account = null")
    await desk.send(failing={"*": BLOCKED})

    [result] = await desk.climb()

    assert result.reasons == ("level_too_low",)


async def test_what_was_for_somebody_proven_since_goes_to_nobody_less_proven(
    desk: ClimbingDesk,
) -> None:
    await desk.miss_ann()
    await desk.value("update identities set level = 2, host_account = 'h1' where handle = 'ann'")

    [result] = await desk.climb()

    assert result.reasons == ("level_too_low",)


@pytest.mark.parametrize("column", ["is_shared", "notices_stopped_at"])
async def test_address_that_is_shared_or_stopped_gets_nothing(
    desk: ClimbingDesk, column: str
) -> None:
    await desk.miss_ann()
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
    await desk.miss_ann()
    await desk.value("delete from ladder_steps")
    await desk.value("update messages set agent_id = null where direction = 'out'")
    async with desk.database.transaction() as work:
        await ladder.fall(work, [row["id"] for row in await desk.deliveries()])

    assert await desk.climb() == []
