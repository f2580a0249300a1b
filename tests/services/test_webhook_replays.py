"""A period that goes out again: in the background, batch by batch, and seen while it waits."""

import asyncio
import os
import sys
from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.failpoints import EXIT_STATUS
from router.services.errors import Conflict
from router.services.housekeeping import end_what_is_over
from router.services.webhooks_out import keeping, replaying, sending
from router.services.webhooks_out.sending import Outcome
from router.services.webhooks_out.shapes import Replay, Webhook
from router.settings import Retention
from router.storage.webhooks_out import NOTICED_FOR
from tests.runtime.webhook_desk import KEYRING, Desk, open_desk
from tests.stage import Stage

MANY = 2 * replaying.BATCH + 7


@pytest.fixture
async def desk(stage: Stage) -> Desk:
    return await open_desk(stage)


async def lay(desk: Desk, clock: FakeClock, *, many: int = MANY) -> int:
    """A webhook with so many calls of the last minutes: each third failed, the others arrived."""
    webhook, _ = await desk.tell("https://books.example/hook")
    await desk.stage.run(
        """
        insert into webhook_calls (event_id, webhook_id, kind, happened_at, made_at, due_at,
            state, tries, ended_at)
        select 'e' || n, $1, 'person_wrote', $2::timestamptz - n * interval '1 second', $2, $2,
            case when n % 3 = 0 then 'failed' else 'delivered' end, 1, $2
        from generate_series(1, $3::int) n
        """,
        webhook,
        clock.now(),
        many,
    )
    return webhook


async def ask(desk: Desk, webhook: int, **wanted: object) -> None:
    asked = Replay(**wanted)  # type: ignore[arg-type]  # fields of Replay
    assert await replaying.replay(desk.stage.database, desk.owner, webhook, asked) is None


async def look_through(desk: Desk) -> None:
    """All of the period is due."""
    while await replaying.advance(desk.stage.database):
        pass


async def shown(desk: Desk) -> Webhook:
    [found] = await keeping.list_webhooks(desk.stage.database)
    return found


async def test_period_goes_out_again_in_batches_and_says_how_far_it_is(
    desk: Desk, clock: FakeClock
) -> None:
    webhook = await lay(desk, clock)
    since = clock.now() - timedelta(seconds=MANY - 4)
    await ask(desk, webhook, since=since, only_failed=True)

    has_more = await replaying.advance(desk.stage.database)
    first = (await shown(desk)).replay
    with pytest.raises(Conflict, match="already"):
        await ask(desk, webhook, since=since)
    await look_through(desk)
    last = (await shown(desk)).replay

    assert has_more
    assert first is not None
    assert last is not None
    assert (first.ended_at, 0 < first.percent < 100) == (None, True)
    assert first.count == replaying.BATCH // 3
    assert (last.percent, last.count, last.ended_at) == (100, (MANY - 4) // 3, clock.now())
    waiting = "select count(*) from webhook_calls where state = 'waiting'"
    assert await desk.stage.value(waiting) == last.count
    assert "webhook.replay_ended" in str(
        await desk.stage.value("select array_agg(action) from audit_log")
    )


_DYING = """
import asyncio, sys
from core.clock import SystemClock
from router.services.webhooks_out import replaying
from router.storage.engine import Database

async def main():
    database = Database(sys.argv[1], clock=SystemClock())
    while await replaying.advance(database):
        pass

asyncio.run(main())
"""


async def test_killed_in_a_batch_it_goes_on_after_the_last_that_was_done(
    desk: Desk, clock: FakeClock, database_url: str
) -> None:
    webhook = await lay(desk, clock)
    await ask(desk, webhook, until=clock.now())
    ids = "select array_agg(event_id order by id) from webhook_calls"
    before = await desk.stage.value(ids)
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DYING, database_url,
        env={
            **os.environ,
            "ONETHREAD_TEST_BUILD": "1",
            "ONETHREAD_FAILPOINTS": "webhooks.before_replay_commit:2:exit",
        },
    )  # fmt: skip
    assert await dying.wait() == EXIT_STATUS
    died = (await shown(desk)).replay

    await desk.stage.run("update webhook_calls set state = 'delivered' where state = 'waiting'")
    await look_through(desk)

    found = (await shown(desk)).replay
    assert died is not None
    assert found is not None
    assert (died.count, died.ended_at) == (replaying.BATCH, None)
    assert (found.count, found.percent) == (MANY, 100)
    waiting = "select count(*) from webhook_calls where state = 'waiting'"
    assert await desk.stage.value(waiting) == MANY - replaying.BATCH
    assert await desk.stage.value(ids) == before


async def test_two_who_look_through_a_period_at_once_send_each_call_once(
    desk: Desk, clock: FakeClock
) -> None:
    webhook = await lay(desk, clock, many=replaying.BATCH + 30)
    await ask(desk, webhook, until=clock.now())
    ids = "select array_agg(event_id order by id) from webhook_calls"
    before = await desk.stage.value(ids)

    await asyncio.gather(*(replaying.advance(desk.stage.database) for _ in range(2)))

    found = (await shown(desk)).replay
    assert found is not None
    assert (found.percent, found.count) == (100, replaying.BATCH + 30)
    assert await desk.stage.value(ids) == before


async def test_paused_webhook_goes_on_where_its_tries_ended_and_the_oldest_first(
    desk: Desk, clock: FakeClock
) -> None:
    webhook = await lay(desk, clock, many=2)
    later = clock.now() + timedelta(hours=3)
    await desk.stage.run(
        "update webhook_calls set state = 'waiting', ended_at = null, first_tried_at = made_at,"
        " due_at = case when event_id = 'e1' then $1 else made_at end,"
        " tries = case when event_id = 'e1' then 7 else 0 end",
        later,
    )
    await keeping.pause_webhook(desk.stage.database, desk.owner, webhook)
    clock.advance(timedelta(hours=1))

    await keeping.resume_webhook(desk.stage.database, desk.owner, webhook)

    waits = "select array_agg(event_id order by due_at, id) from webhook_calls where tries = 0"
    due = "select bool_and(due_at <= $1) from webhook_calls"
    assert await desk.stage.value(waits) == ["e1", "e2"]
    assert await desk.stage.value(due, clock.now())


async def test_call_that_goes_out_again_stays_in_the_log_as_such(
    desk: Desk, clock: FakeClock
) -> None:
    webhook = await lay(desk, clock, many=1)
    [before] = await desk.calls(webhook)

    one = Replay(call_id=before.id)
    assert await replaying.replay(desk.stage.database, desk.owner, webhook, one) == 1

    [call] = await desk.calls(webhook)
    last = (await shown(desk)).last
    assert (before.again_at, call.again_at, call.state) == (None, clock.now(), "waiting")
    assert last is not None
    assert last.id == call.id


async def test_nothing_of_a_period_is_added_to_what_waits_for_a_paused_receiver(
    desk: Desk, clock: FakeClock
) -> None:
    webhook = await lay(desk, clock, many=3)
    await ask(desk, webhook, since=clock.now() - NOTICED_FOR, only_failed=True)
    await keeping.pause_webhook(desk.stage.database, desk.owner, webhook)
    waiting = "select count(*) from webhook_calls where state = 'waiting'"

    has_more = await replaying.advance(desk.stage.database)
    paused = await desk.stage.value(waiting)
    await keeping.resume_webhook(desk.stage.database, desk.owner, webhook)
    await replaying.advance(desk.stage.database)

    assert (has_more, paused, await desk.stage.value(waiting)) == (False, 0, 1)


async def test_call_of_long_ago_that_waits_to_go_out_again_is_not_dropped(
    desk: Desk, clock: FakeClock
) -> None:
    """As they are as old as the log when somebody asks for two weeks."""
    webhook = await lay(desk, clock, many=3)
    clock.advance(NOTICED_FOR - timedelta(minutes=1))
    await ask(desk, webhook, since=clock.now() - NOTICED_FOR, only_failed=True)
    await look_through(desk)
    clock.advance(timedelta(minutes=2))

    dropped = await end_what_is_over(desk.stage.database, Retention())

    assert dropped["webhook_calls"] == 2
    assert await desk.stage.value("select array_agg(state) from webhook_calls") == ["waiting"]


async def test_what_arrives_while_a_period_is_looked_through_goes_out_once(
    desk: Desk, clock: FakeClock
) -> None:
    webhook = await lay(desk, clock, many=2)
    await desk.stage.run("update webhook_calls set state = 'waiting', ended_at = null")
    await ask(desk, webhook, until=clock.now() + timedelta(hours=1))
    clock.advance(timedelta(seconds=1))
    await desk.stage.run("update webhook_calls set state = 'delivered', ended_at = $1", clock.now())

    await replaying.advance(desk.stage.database)

    assert (await shown(desk)).waiting == 0


async def test_while_many_wait_for_a_receiver_no_more_are_added(
    desk: Desk, clock: FakeClock
) -> None:
    webhook = await lay(desk, clock, many=2 * replaying.MOST_WAITING)
    await ask(desk, webhook, until=clock.now())

    await look_through(desk)

    found = (await shown(desk)).replay
    assert found is not None
    assert (found.ended_at, found.count) == (None, replaying.MOST_WAITING)


async def test_cancelled_period_ends_and_what_went_out_stays_in_the_log(
    desk: Desk, clock: FakeClock
) -> None:
    webhook = await lay(desk, clock)
    await desk.stage.run(
        "insert into webhook_tries (call_id, at, status, milliseconds)"
        " select id, made_at, case state when 'failed' then 500 else 200 end, 1 from webhook_calls"
    )
    own = await desk.stage.value("select max(id) from webhook_calls")
    await ask(desk, webhook, until=clock.now())
    await replaying.advance(desk.stage.database)
    sent = "(select id from webhook_calls where state = 'waiting' order by id limit 3)"
    await desk.stage.run(
        f"update webhook_calls set state = 'delivered', tries = 1 where id in {sent}"
    )
    claimed = "(select id from webhook_calls where state = 'waiting' order by id limit 1)"
    later = clock.now() + timedelta(minutes=1)
    await desk.stage.run(
        f"update webhook_calls set claimed_until = $1 where id in {claimed}", later
    )
    one = Replay(call_id=int(str(own)))
    clock.advance(timedelta(seconds=1))
    await replaying.replay(desk.stage.database, desk.owner, webhook, one)

    await replaying.cancel(desk.stage.database, desk.owner, webhook)
    has_more = await replaying.advance(desk.stage.database)

    found = (await shown(desk)).replay
    assert found is not None
    assert not has_more
    assert (found.ended_at, found.percent < 100) == (clock.now(), True)
    assert (found.count, found.cancelled) == (4, replaying.BATCH - 4)
    assert found.cancelled_by is not None
    states = "select jsonb_object_agg(state, n) from (select state, count(*) n from webhook_calls"
    by_state = await desk.stage.value(f"{states} group by 1) x")
    assert by_state == {"waiting": 2, "failed": MANY // 3 - 1, "delivered": MANY * 2 // 3}
    again = "select count(*) from webhook_calls where again_at is not null"
    assert await desk.stage.value(again) == 5
    with pytest.raises(Conflict) as over:
        await replaying.cancel(desk.stage.database, desk.owner, webhook)
    assert over.value.code == "not_replaying"
    await ask(desk, webhook, until=clock.now())
    assert (await shown(desk)).replay.cancelled_by is None  # type: ignore[union-attr]  # begun


async def test_call_on_its_way_when_a_period_is_cancelled_is_not_tried_again(
    desk: Desk, clock: FakeClock
) -> None:
    """Of a receiver that is dead: what is on its way then is what nobody wants to go on."""
    webhook = await lay(desk, clock, many=6)
    await ask(desk, webhook, until=clock.now(), only_failed=True)
    await look_through(desk)
    hook = next(one for one in await sending.ready(desk.stage.database) if one.id == webhook)
    first, second = await sending.claim(desk.stage.database, KEYRING, hook, limit=2)

    await replaying.cancel(desk.stage.database, desk.owner, webhook)
    await sending.record(desk.stage.database, hook, first.call, Outcome(status=503))
    await sending.record(desk.stage.database, hook, second.call, Outcome(status=200))

    states = {call.id: call.state for call in await desk.calls(webhook)}
    assert (states[first.call.id], states[second.call.id]) == ("failed", "delivered")
    assert (await shown(desk)).waiting == 0


async def test_call_on_its_way_when_a_period_is_cancelled_is_not_tried_again_after_a_kill(
    desk: Desk, clock: FakeClock
) -> None:
    """Nobody records what became of it, and so its claim lapses."""
    webhook = await lay(desk, clock, many=6)
    await ask(desk, webhook, until=clock.now())
    await look_through(desk)
    hook = next(one for one in await sending.ready(desk.stage.database) if one.id == webhook)
    claimed = await sending.claim(desk.stage.database, KEYRING, hook, limit=6)
    await replaying.cancel(desk.stage.database, desk.owner, webhook)

    before = await sending.claim(desk.stage.database, KEYRING, hook, limit=6)
    held = (await shown(desk)).waiting
    clock.advance(timedelta(hours=1))
    after = await sending.claim(desk.stage.database, KEYRING, hook, limit=6)

    assert (len(claimed), before, held, after) == (6, [], 6, [])
    assert {call.state for call in await desk.calls(webhook)} == {"failed"}
    assert (await shown(desk)).waiting == 0


async def test_call_that_somebody_sent_once_more_by_itself_is_not_cancelled_with_a_period(
    desk: Desk, clock: FakeClock
) -> None:
    webhook = await lay(desk, clock, many=3)
    await ask(desk, webhook, until=clock.now(), only_failed=True)
    await look_through(desk)
    failed, *others = sorted(await desk.calls(webhook), key=lambda call: call.state != "waiting")
    clock.advance(timedelta(seconds=1))
    one = Replay(call_id=others[0].id)
    await replaying.replay(desk.stage.database, desk.owner, webhook, one)

    await replaying.cancel(desk.stage.database, desk.owner, webhook)

    found = (await shown(desk)).replay
    assert found is not None
    assert (found.count, found.cancelled) == (0, 1)
    states = {call.id: call.state for call in await desk.calls(webhook)}
    assert (states[failed.id], states[others[0].id]) == ("failed", "waiting")
