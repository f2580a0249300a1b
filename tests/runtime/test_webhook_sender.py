"""Receivers that hang, drip, redirect, fail or go: each holds up itself, and nothing is lost."""

import asyncio
import base64
import hmac
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.clock import FakeClock
from router.runtime.egress import EgressGuard
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.webhook_sender import LOOK_SECONDS, PLACES, WebhookSender
from router.services.callers import Caller
from router.services.keyring import Keyring
from router.services.roles import EVERY_CLASS, PERMISSIONS, Role
from router.services.webhooks_out import keeping
from router.services.webhooks_out.emitting import emit
from router.services.webhooks_out.shapes import NewWebhook, Replay, WebhookCall, WebhookKind
from router.storage.webhook_calls import ORDERED_TRIES
from tests.stage import Stage
from tests.waiting import until

KEYRING = Keyring("a secret key for tests")
SECONDS = 0.3
"""What a receiver has to answer, where it is one that does not."""
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Receiver:
    """Answers as it is told to, and keeps what it was posted."""

    server: TestServer
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int | str] = field(default_factory=list)
    """What to do with the next posts; after them it takes all."""
    headers: dict[str, str] = field(default_factory=dict)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Until then it hangs, where it is told to."""
    at_once: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return str(self.server.make_url("/hook"))

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posts]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.posts]

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.posts.append((dict(request.headers), await request.read()))
            told = self.answers.pop(0) if self.answers else 200
            if isinstance(told, int):
                return web.Response(status=told, text="so it went", headers=self.headers)
            way: Answer = getattr(self, told)
            return await way(request)
        finally:
            self.at_once -= 1

    async def hang(self, request: web.Request) -> web.StreamResponse:
        await self.released.wait()
        return web.Response()

    async def close(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def redirect(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect("/elsewhere")

    async def drip(self, request: web.Request) -> web.StreamResponse:
        """The status at once, and then for ever a little of the body."""
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    async def drip_head(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"y" * 2000:
            request.transport.write(bytes([byte]))
            await asyncio.sleep(0.02)
        return web.Response()

    async def flood(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(b"\x00\xff" * 50_000)
        return response


class Desk:
    """An owner who keeps webhooks, and the worker that tells their receivers."""

    def __init__(self, stage: Stage, owner: Caller, allowed: Sequence[str]) -> None:
        self.stage, self.owner = stage, owner
        self.worker = self.new_worker(allowed)

    def new_worker(
        self, allowed: Sequence[str] = ("127.0.0.0/8",), *, seconds: float | None = None
    ) -> WebhookSender:
        return WebhookSender(
            self.stage.database,
            KEYRING,
            EgressGuard(allowed),
            LeaseKeeper(self.stage.database, "one"),
            seconds=seconds,
        )

    async def tell(self, url: str, *kinds: str, **more: Any) -> tuple[int, str]:
        """A webhook's id and secret."""
        wanted = NewWebhook(
            label="Books",
            url=url,
            kinds=tuple(WebhookKind(one) for one in kinds or ("person_wrote",)),
            **more,
        )
        made = await keeping.add_webhook(self.stage.database, KEYRING, self.owner, wanted)
        return made.webhook.id, made.secret

    async def work(self, rounds: int = 1, worker: WebhookSender | None = None) -> None:
        """So many rounds, with all that they begin to post."""
        for _ in range(rounds):
            await self.stage.relay()
            async with asyncio.TaskGroup() as posts:
                await (worker or self.worker).round(posts)

    async def later(self, clock: FakeClock, **passed: float) -> None:
        clock.advance(timedelta(**passed))
        await self.work()

    async def calls(self, webhook: int) -> list[WebhookCall]:
        """Oldest first."""
        found = await keeping.list_calls(self.stage.database, webhook, limit=200)
        return found[::-1]

    async def webhook(self, webhook: int) -> Any:
        found = await keeping.list_webhooks(self.stage.database)
        return next(one for one in found if one.id == webhook)


@pytest.fixture
async def desk(stage: Stage) -> AsyncIterator[Desk]:
    viewer = await stage.agent("Ida", role="owner")
    owner = Caller(
        agent_id=viewer.agent_id,
        name="Ida",
        role=Role.OWNER,
        permissions=PERMISSIONS[Role.OWNER],
        team_ids=frozenset(),
        access_classes=EVERY_CLASS,
    )
    made = Desk(stage, owner, ("127.0.0.0/8",))
    yield made
    await made.worker.close()


@pytest.fixture
async def quick(desk: Desk) -> AsyncIterator[WebhookSender]:
    """A worker that soon has enough of a receiver."""
    made = desk.new_worker(seconds=SECONDS)
    yield made
    await made.close()


async def open_receiver() -> Receiver:
    app = web.Application()
    server = TestServer(app)
    made = Receiver(server)
    app.router.add_route("*", "/{rest:.*}", made.take)
    await server.start_server()
    return made


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await open_receiver()
    yield made
    made.released.set()
    await made.server.close()


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    made = await open_receiver()
    yield made
    await made.server.close()


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


async def test_what_fails_comes_again_under_one_id_with_growing_pauses(
    desk: Desk, quick: WebhookSender, receiver: Receiver, clock: FakeClock
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [500, "close", "redirect", "hang"]

    await desk.work()
    await desk.later(clock, seconds=3)
    assert len(receiver.posts) == 1  # not yet
    for pause in (5, 30):
        await desk.later(clock, seconds=pause)
    clock.advance(timedelta(minutes=2))
    await desk.work(worker=quick)
    [before] = await desk.calls(webhook)
    await desk.later(clock, minutes=10)

    assert len(set(receiver.ids)) == 1
    assert len(receiver.posts) == 5
    [call] = await desk.calls(webhook)
    _, tries = await keeping.load_call(desk.stage.database, call.id)
    assert (before.fault, call.state, call.tries) == ("timeout", "delivered", 5)
    assert [(one.status, one.fault) for one in tries] == [
        (200, ""), (None, "timeout"), (307, ""), (None, "connection"), (500, ""),
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["drip", "flood"])
async def test_answer_without_end_is_cut_off_and_its_status_counts(
    desk: Desk, receiver: Receiver, way: str
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [way]

    async with asyncio.timeout(10):
        await desk.work()

    [call] = await desk.calls(webhook)
    assert (call.state, call.status) == ("delivered", 200)
    assert len(call.answer) <= 500


async def test_head_that_drips_is_cut_off(
    desk: Desk, quick: WebhookSender, receiver: Receiver
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = ["drip_head"]

    async with asyncio.timeout(10):
        await desk.work(worker=quick)

    [call] = await desk.calls(webhook)
    assert (call.state, call.fault) == ("waiting", "timeout")


async def test_receiver_that_hangs_has_few_places_and_holds_up_nobody_else(
    desk: Desk, receiver: Receiver, other: Receiver
) -> None:
    await desk.tell(receiver.url)
    await desk.tell(other.url)
    for number in range(PLACES * 2):
        await desk.stage.says(f"person{number}")
    receiver.answers = ["hang"] * 100

    await desk.stage.relay()
    async with asyncio.TaskGroup() as posts:

        async def is_through() -> bool:
            await desk.worker.round(posts)
            return len(other.posts) == PLACES * 2 and receiver.at_once == PLACES

        await until(is_through)
        await desk.worker.round(posts)
        receiver.released.set()

    assert receiver.most_at_once == PLACES
    assert len(other.posts) == PLACES * 2


async def test_retry_after_is_waited_for_by_all_that_goes_there(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers, receiver.headers = [429], {"Retry-After": "3600"}

    await desk.work()
    await desk.stage.says("ben")
    await desk.later(clock, minutes=59)
    assert len(receiver.posts) == 1
    await desk.later(clock, minutes=2)

    assert len(receiver.posts) == 3


async def test_conversation_keeps_its_order_while_its_first_call_is_tried_and_is_not_held_for_days(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    await desk.tell(receiver.url)
    first = await desk.stage.says("ana", "one")
    second = await desk.stage.says("ana", "two")
    another = await desk.stage.says("ben", "three")
    receiver.answers = [500, 200, *[500] * (ORDERED_TRIES - 1)]

    await desk.work()
    assert [one["data"]["message_id"] for one in receiver.bodies] == [first, another]
    for _ in range(ORDERED_TRIES - 1):
        await desk.later(clock, hours=1)
    said = [one["data"]["message_id"] for one in receiver.bodies]
    assert said == [first, another, *[first] * (ORDERED_TRIES - 1)]
    await desk.work()

    assert receiver.bodies[-1]["data"]["message_id"] == second
    assert receiver.bodies[-1]["data"]["sequence"] > receiver.bodies[0]["data"]["sequence"]


async def test_receiver_that_says_it_is_gone_is_told_nothing_until_somebody_resumes(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [410]

    await desk.work()
    await desk.stage.says("ben")
    await desk.later(clock, days=1)
    shown = await desk.webhook(webhook)

    assert len(receiver.posts) == 1
    assert (shown.state, shown.paused_because, shown.waiting) == ("paused", "gone", 2)
    assert await desk.stage.value("select count(*) from audit_log where action = 'webhook.paused'")
    await keeping.resume_webhook(desk.stage.database, desk.owner, webhook)
    await desk.work()
    assert len(receiver.posts) == 3


async def test_receiver_that_is_away_for_days_is_paused_and_nothing_is_lost(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [500] * 100

    for _ in range(40):
        await desk.later(clock, hours=2)
        if (await desk.webhook(webhook)).state == "paused":
            break
    shown = await desk.webhook(webhook)
    [call] = await desk.calls(webhook)
    assert (shown.paused_because, call.state) == ("unreachable", "failed")
    receiver.answers = []
    await keeping.resume_webhook(desk.stage.database, desk.owner, webhook)
    period = Replay(since=clock.now() - timedelta(days=9), only_failed=True)
    assert await keeping.replay(desk.stage.database, desk.owner, webhook, period) == 1
    await desk.work()

    assert len(set(receiver.ids)) == 1
    assert [one.state for one in await desk.calls(webhook)] == ["delivered"]


async def test_once_a_receiver_is_back_what_waited_comes_at_once(
    desk: Desk, receiver: Receiver, clock: FakeClock
) -> None:
    webhook, _ = await desk.tell(receiver.url)
    await desk.stage.says("ana")
    receiver.answers = [500] * 7
    for _ in range(7):
        await desk.later(clock, hours=6)
    await desk.stage.says("ben")

    await desk.later(clock, minutes=6)
    await desk.work(2)

    assert [one.state for one in await desk.calls(webhook)] == ["delivered", "delivered"]


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
