"""What receivers are told: signed, of what they asked for, once there is anybody to tell."""

import asyncio
import base64
import hmac
import json
import os
import signal
import sys
from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.runtime.webhook_sender import LOOK_SECONDS
from router.services.errors import Conflict
from router.services.webhooks_out import keeping
from router.services.webhooks_out.emitting import emit
from tests.runtime.webhook_desk import KEYRING, Desk, Receiver
from tests.services.triage_desk import STOLEN, TriageDesk
from tests.waiting import until


async def test_fact_arrives_signed_with_ids_and_without_what_was_said(
    desk: Desk, receiver: Receiver
) -> None:
    webhook, secret = await desk.tell(receiver.url)
    message = await desk.stage.says("ana", "My seed is apple pear")

    await desk.work()

    [(headers, body)] = receiver.posts
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    tag = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    told = json.loads(body)
    assert headers["webhook-signature"] == f"v1,{tag}"
    assert headers["Content-Type"] == "application/json"
    assert told["type"] == "person_wrote"
    assert told["data"]["message_id"] == message
    assert told["data"]["conversation_id"] == await desk.stage.person_of(message)
    assert b"apple" not in body
    [call] = await desk.calls(webhook)
    assert (call.state, call.status, call.answer, call.tries) == (
        "delivered", 200, "so it went", 1,
    )  # fmt: skip


async def test_receiver_with_the_right_to_texts_gets_what_was_said_while_it_is_there(
    desk: Desk, receiver: Receiver
) -> None:
    await desk.tell(receiver.url, has_texts=True)
    await desk.stage.says("ana", "Where is it?")
    gone = await desk.stage.says("ben", "Forget this")
    await desk.stage.run("update messages set deleted_at = now() where id = $1", gone)

    await desk.work()

    texts = {one["data"]["message_id"]: one["data"].get("text") for one in receiver.bodies}
    assert texts.pop(gone) is None
    assert list(texts.values()) == ["Where is it?"]


async def test_address_inside_is_never_connected_to(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    guarded = desk.new_worker(allowed=())
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")

    await desk.work(worker=guarded)
    await guarded.close()

    assert receiver.posts == []
    assert [one.fault for one in await desk.calls(webhook)] == ["inside"]


async def test_both_secrets_sign_for_a_day_after_a_renewal(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await keeping.renew_secret(desk.stage.database, KEYRING, desk.owner, webhook)
    await desk.stage.says("ana")
    await desk.work()
    clock.advance(timedelta(days=1))
    await desk.stage.says("ben")
    await desk.work()

    counts = [len(headers["webhook-signature"].split(" ")) for headers, _ in receiver.posts]
    assert counts == [2, 1]


async def test_facts_are_told_by_kind_team_topic_and_class(
    desk: Desk, receiver: Receiver, other: Receiver
) -> None:
    team = await desk.stage.value(
        "insert into teams (name, created_at) values ('Books', now()) returning id"
    )
    await desk.tell(receiver.url, team_ids=(int(str(team)),))
    webhook, _ = await desk.tell(other.url, "person_wrote", "case_opened")
    await desk.stage.run(
        "update webhooks set classes = '[\"normal\"]'::jsonb where id = $1", webhook
    )
    named = await desk.stage.case_of(await desk.stage.says("ana"))
    await desk.stage.run("update cases set team_id = $2 where id = $1", named, team)
    secret = await desk.stage.case_of(await desk.stage.says("ben"))
    await desk.stage.restrict(secret)

    await desk.work(2)

    assert [one["data"]["case_id"] for one in receiver.bodies] == [named]
    assert sorted(one["type"] for one in other.bodies) == ["case_opened", "person_wrote"]
    assert {one["data"]["case_id"] for one in other.bodies} == {named}


async def test_what_rules_say_goes_to_those_who_asked_for_it(
    desk: Desk, receiver: Receiver, other: Receiver
) -> None:
    await desk.tell(receiver.url, "rule_emitted")
    await desk.tell(other.url)
    message = await desk.stage.says("ana")
    root, case = await desk.stage.person_of(message), await desk.stage.case_of(message)

    async with desk.stage.database.transaction() as work:
        count = await emit(work, word="refund", root_id=root, case_id=case, message_id=message)
    await desk.work()

    assert count == 1
    [told] = receiver.bodies
    assert (told["type"], told["data"]["word"], told["data"]["case_id"]) == (
        "rule_emitted", "refund", case,
    )  # fmt: skip


async def test_without_a_webhook_the_outbox_is_not_read_and_nothing_is_open(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    await desk.stage.says("ana")
    await desk.work(3)
    count = "select count(*) from followers where name = 'webhooks'"
    assert await desk.stage.value(count) == 0

    webhook, _ = await desk.tell(receiver.url)
    clock.advance(timedelta(seconds=LOOK_SECONDS))
    await desk.work()
    assert receiver.posts == []  # what was before is not told

    await desk.stage.says("ben")
    await desk.work()
    assert len(receiver.posts) == 1
    await keeping.drop_webhook(desk.stage.database, desk.owner, webhook)
    await desk.stage.says("eve")
    await desk.work()
    assert len(receiver.posts) == 1


_DYING = """
import asyncio, sys
from core.clock import SystemClock
from router.runtime.egress import EgressGuard
from router.runtime.webhook_sender import WebhookSender
from router.services.keyring import Keyring
from router.storage.engine import Database

async def main():
    database = Database(sys.argv[1], clock=SystemClock())
    sender = WebhookSender(
        database, Keyring("a secret key for tests"), EgressGuard(["127.0.0.0/8"]), None)
    async with asyncio.TaskGroup() as posts:
        await sender.round(posts)

asyncio.run(main())
"""


async def test_killed_between_the_post_and_its_record_it_comes_again_under_the_same_id(
    desk: Desk, receiver: Receiver, clock: FakeClock, database_url: str
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    await desk.stage.relay()
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DYING, database_url,
        env={
            **os.environ,
            "ONETHREAD_TEST_BUILD": "1",
            "ONETHREAD_FAILPOINTS": "webhooks.before_record_commit:1:hang",
        },
    )  # fmt: skip

    async def has_arrived() -> bool:
        return bool(receiver.posts)

    await until(has_arrived)
    dying.send_signal(signal.SIGKILL)
    await dying.wait()
    await desk.stage.run(
        "update webhook_calls set claimed_until = $1, due_at = $1", clock.now()
    )  # the other process had the real time

    await desk.work()

    assert len(receiver.posts) == 2
    assert len(set(receiver.ids)) == 1
    assert [one.state for one in await desk.calls(webhook)] == ["delivered"]


async def test_webhook_is_told_of_no_more_than_who_saved_it_sees_now(
    desk: Desk, receiver: Receiver
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.run("update agents set role = 'supervisor'")
    await desk.work()
    secret = await desk.stage.case_of(await desk.stage.says("ben"))
    await desk.stage.restrict(secret)
    open_to_all = await desk.stage.case_of(await desk.stage.says("ana"))
    await desk.work(2)
    told = [one["data"]["case_id"] for one in receiver.bodies]

    await desk.stage.run("update agents set is_active = false")
    await desk.stage.says("ana")
    await desk.work(2)

    assert told == [open_to_all]
    assert [one["data"]["case_id"] for one in receiver.bodies] == told
    assert (await desk.webhook(webhook)).state == "paused"
    with pytest.raises(Conflict, match="has left"):
        await keeping.resume_webhook(desk.stage.database, desk.owner, webhook)


async def test_message_that_triage_read_is_told_of_once(desk: Desk, receiver: Receiver) -> None:
    triage = await TriageDesk.open(desk.stage)
    await desk.tell(receiver.url, "message_triaged")

    message, case = await triage.says("ana", STOLEN)
    await desk.work(2)

    [told] = receiver.bodies
    assert (told["type"], told["data"]["message_id"], told["data"]["case_id"]) == (
        "message_triaged",
        message,
        case,
    )


async def test_danger_is_told_to_a_pager_with_its_kind_and_whom_it_was_told_to(
    desk: Desk, receiver: Receiver
) -> None:
    boss = await desk.stage.agent("Boss", role="supervisor")
    await desk.tell(receiver.url, "danger_told", "danger_escalated")
    triage = await TriageDesk.open(desk.stage)
    _, case = await triage.says("ana", STOLEN)

    await desk.work()

    [told] = receiver.bodies
    assert (told["type"], told["data"]["case_id"]) == ("danger_told", case)
    assert told["data"]["danger"] == "stolen_account"
    assert boss.agent_id in told["data"]["told"]
    assert b"hacked" not in receiver.posts[0][1]
