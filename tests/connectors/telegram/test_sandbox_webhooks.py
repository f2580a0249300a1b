"""Webhooks of the sandbox: what is taken, how updates go out, and how often they are repeated."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from connectors.telegram.sandbox_people import Person
from tests.connectors.telegram.bot_api import Api, bot_of, serving, settle, until


class Hook:
    """Somebody's own server: takes updates, or answers as it is told."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.said: dict[str, Any] | None = None
        self.retry_after: int | None = None
        self.hangs_on = ""
        self.hanging = 0

    @property
    def texts(self) -> list[str]:
        return [text_of(one) for one in self.taken]

    async def has_taken(self, count: int) -> None:
        await until(lambda: len(self.taken) == count)

    async def take(self, request: web.Request) -> web.Response:
        update = json.loads(await request.read())
        self.headers.append(dict(request.headers))
        self.taken.append(update)
        if self.hangs_on and text_of(update) == self.hangs_on:
            self.hanging += 1
            await asyncio.Event().wait()
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return web.json_response(self.said, status=self.status, headers=headers)


def text_of(update: dict[str, Any]) -> str:
    return str(update.get("message", {}).get("text", ""))


@asynccontextmanager
async def hooked() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving() as made:
        yield made


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with hooked() as made:
        yield made


@pytest.fixture
def ann(api: Api) -> Person:
    return api.server.person("Ann")


async def test_update_is_posted_as_json_with_the_secret(api: Api, hook: Hook, ann: Person) -> None:
    async with bot_of(api.server) as bot:
        await bot.set_webhook(hook.url, secret_token="s3cret_-")
    await ann.says("hi")
    await until(lambda: hook.taken)
    assert hook.texts == ["hi"]
    assert hook.headers[0]["X-Telegram-Bot-Api-Secret-Token"] == "s3cret_-"
    assert hook.headers[0]["Content-Type"] == "application/json"


async def test_without_a_secret_there_is_no_header(api: Api, hook: Hook, ann: Person) -> None:
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    await until(lambda: hook.taken)
    assert "X-Telegram-Bot-Api-Secret-Token" not in hook.headers[0]


async def test_what_waited_before_the_webhook_was_set_comes_too(
    api: Api, hook: Hook, ann: Person
) -> None:
    await ann.says("before")
    await api.call("setWebhook", url=hook.url)
    await until(lambda: hook.taken)
    assert hook.texts == ["before"]


async def test_drop_pending_updates_forgets_the_queue(api: Api, hook: Hook, ann: Person) -> None:
    await ann.says("before")
    await api.call("setWebhook", url=hook.url, drop_pending_updates=True)
    await ann.says("after")
    await until(lambda: hook.taken)
    assert hook.texts == ["after"]


@pytest.mark.parametrize(
    ("secret", "refusal"),
    [
        ("x" * 257, "secret token is too long"),
        ("a b", "secret token contains unallowed characters"),
        ("ключ", "secret token contains unallowed characters"),
    ],
)
async def test_secret_token_is_up_to_256_of_few_characters(
    api: Api, secret: str, refusal: str
) -> None:
    refused = await api.refused("setWebhook", url="https://a.example/", secret_token=secret)
    assert refused == f"Bad Request: {refusal}"
    api.clock.advance(timedelta(seconds=1))
    assert await api.call("setWebhook", url="http://127.0.0.1:1/", secret_token="x" * 256)


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("http://desk.example/hook", "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            "https://desk.example:8080/hook",
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ("https://127.0.0.1/hook", "bad webhook: IP address 127.0.0.1 is reserved"),
        ("ftp://desk.example/", "invalid webhook URL specified"),
    ],
)
async def test_webhook_is_https_on_one_of_four_ports(url: str, refusal: str) -> None:
    async with serving(is_local=False) as api:
        assert await api.refused("setWebhook", url=url) == f"Bad Request: {refusal}"


async def test_set_webhook_more_than_once_a_second_is_429(api: Api, hook: Hook) -> None:
    await api.call("setWebhook", url=hook.url)
    body = await api.answer("setWebhook", url=hook.url + "?again")
    assert (api.status, body["parameters"]) == (429, {"retry_after": 1})
    api.clock.advance(timedelta(seconds=1))
    assert await api.call("setWebhook", url=hook.url + "?again")


@pytest.mark.parametrize(("asked", "taken"), [(0, 1), (7, 7), (500, 100), (None, 40)])
async def test_max_connections_is_1_to_100_and_40_by_default(
    api: Api, asked: int | None, taken: int
) -> None:
    more = {} if asked is None else {"max_connections": asked}
    await api.call("setWebhook", url="http://127.0.0.1:1/", **more)
    assert (await api.call("getWebhookInfo"))["max_connections"] == taken


async def test_any_2xx_is_success(api: Api, hook: Hook, ann: Person) -> None:
    hook.status = 299
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    await until(lambda: hook.taken)
    await until(lambda: not api.server.bot.queue.pending)
    assert hook.texts == ["hi"]


async def advance_until_taken(api: Api, hook: Hook, count: int, seconds: float) -> None:
    """Not before this time, and then."""
    await api.refusal_noted()
    assert len(hook.taken) == count - 1
    api.clock.advance(timedelta(seconds=seconds - 0.5))
    await settle()
    assert len(hook.taken) == count - 1
    api.clock.advance(timedelta(seconds=0.5))
    await hook.has_taken(count)


@pytest.mark.parametrize("status", [400, 404, 500, 503])
async def test_anything_but_2xx_is_repeated_at_once_and_then_after_doubling_delays(
    api: Api, hook: Hook, ann: Person, status: int
) -> None:
    hook.status = status
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    await until(lambda: len(hook.taken) == 2)
    await advance_until_taken(api, hook, 3, 2)
    await advance_until_taken(api, hook, 4, 4)
    await advance_until_taken(api, hook, 5, 8)
    hook.status = 200
    await advance_until_taken(api, hook, 6, 16)
    await until(lambda: not api.server.bot.queue.pending)
    assert set(hook.texts) == {"hi"}
    described = await api.call("getWebhookInfo")
    assert f": {status} " in described["last_error_message"]


async def test_delay_stops_growing_between_60_and_120_seconds(
    api: Api, hook: Hook, ann: Person
) -> None:
    hook.status = 500
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    for count in range(2, 12):
        await hook.has_taken(count)
        await api.refusal_noted()
        api.clock.advance(timedelta(seconds=120))


async def test_hang_up_is_repeated_like_an_error(api: Api, ann: Person) -> None:
    async with hooked() as gone:
        url = gone.url
    await api.call("setWebhook", url=url)
    await ann.says("hi")
    await until(lambda: api.server.webhooks[api.server.bot.id].last_error)
    described = await api.call("getWebhookInfo")
    assert described["pending_update_count"] == 1
    assert described["last_error_message"] == "Webhook connection closed"


async def test_retry_after_of_the_answer_is_obeyed(api: Api, hook: Hook, ann: Person) -> None:
    hook.status, hook.retry_after = 503, 30
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    await until(lambda: hook.taken)
    await advance_until_taken(api, hook, 2, 30)


async def test_retry_after_counts_for_an_hour_at_most(api: Api, hook: Hook, ann: Person) -> None:
    hook.status, hook.retry_after = 503, 100_000
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    await until(lambda: hook.taken)
    await advance_until_taken(api, hook, 2, 3600)


async def test_update_is_repeated_until_its_24_hours_are_over(
    api: Api, hook: Hook, ann: Person
) -> None:
    hook.status, hook.retry_after = 503, 3600
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    for count in range(1, 25):
        await hook.has_taken(count)
        await api.refusal_noted()
        api.clock.advance(timedelta(hours=1))
    await settle()
    assert len(hook.taken) == 24
    assert (await api.call("getWebhookInfo"))["pending_update_count"] == 0


async def test_update_whose_next_try_would_come_too_late_is_dropped_at_once(
    api: Api, hook: Hook, ann: Person
) -> None:
    hook.status, hook.retry_after = 503, 3600
    await api.call("setWebhook", url=hook.url)
    await ann.says("nearly a day ago", age=timedelta(hours=23, minutes=30))
    await ann.says("an hour left", age=timedelta(hours=22, minutes=30))
    await hook.has_taken(2)
    await api.refusal_noted()
    assert (await api.call("getWebhookInfo"))["pending_update_count"] == 1


async def test_410_for_23_hours_removes_the_webhook(api: Api, hook: Hook, ann: Person) -> None:
    hook.status, hook.retry_after = 410, 3600
    await api.call("setWebhook", url=hook.url)
    for number in range(25):
        await ann.says(str(number))
        await settle()
        await api.refusal_noted()
        api.clock.advance(timedelta(hours=1))
    await settle()
    assert (await api.call("getWebhookInfo"))["url"] == ""


async def test_stuck_update_holds_up_its_chat_and_no_other(
    api: Api, hook: Hook, ann: Person
) -> None:
    bob = api.server.person("Bob")
    hook.hangs_on = "stuck"
    await api.call("setWebhook", url=hook.url)
    await ann.says("stuck")
    await ann.says("behind it")
    await bob.says("free")
    await until(lambda: "free" in hook.texts and hook.hanging)
    await settle()
    assert sorted(hook.texts) == ["free", "stuck"]


async def test_membership_changes_go_apart_from_the_messages_of_the_chat(
    api: Api, hook: Hook, ann: Person
) -> None:
    hook.hangs_on = "stuck"
    await api.call("setWebhook", url=hook.url)
    await ann.says("stuck")
    await ann.blocks()
    await until(lambda: any("my_chat_member" in one for one in hook.taken))


async def test_messages_of_one_chat_come_one_at_a_time_and_in_order(
    api: Api, hook: Hook, ann: Person
) -> None:
    await api.call("setWebhook", url=hook.url)
    for number in range(20):
        await ann.says(str(number))
    await until(lambda: len(hook.taken) == 20)
    assert hook.texts == [str(number) for number in range(20)]


async def test_no_more_calls_at_once_than_max_connections(
    api: Api, hook: Hook, ann: Person
) -> None:
    hook.hangs_on = "x"
    await api.call("setWebhook", url=hook.url, max_connections=2)
    for number in range(5):
        await api.server.person(f"P{number}").says("x")
    await until(lambda: hook.hanging == 2)
    await settle()
    assert len(hook.taken) == 2


async def test_answer_may_call_a_method_whose_result_is_not_told(
    api: Api, hook: Hook, ann: Person
) -> None:
    hook.said = {"method": "sendMessage", "chat_id": ann.id, "text": "by answer"}
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    await until(lambda: api.server.messages_in(ann))
    assert [one.text for one in api.server.messages_in(ann)] == ["by answer"]


async def test_answer_cannot_delete_the_webhook(api: Api, hook: Hook, ann: Person) -> None:
    hook.said = {"method": "deleteWebhook"}
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    await until(lambda: hook.taken)
    await settle()
    assert (await api.call("getWebhookInfo"))["url"] == hook.url


async def test_update_can_be_posted_twice(api: Api, hook: Hook, ann: Person) -> None:
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    await until(lambda: hook.taken)
    api.server.bot.queue.repeat_last()
    await until(lambda: len(hook.taken) == 2)
    assert hook.taken[0] == hook.taken[1]


async def test_repeat_waits_for_its_chat_as_others_do(api: Api, hook: Hook, ann: Person) -> None:
    hook.hangs_on = "stuck"
    await api.call("setWebhook", url=hook.url)
    await ann.says("stuck")
    await until(lambda: hook.hanging)
    api.server.bot.queue.repeat_last()
    await settle()
    assert hook.texts == ["stuck"]
    assert len(api.server.bot.queue.repeats) == 1


async def test_deleted_webhook_leaves_the_queue_to_get_updates(
    api: Api, hook: Hook, ann: Person
) -> None:
    hook.status = 500
    await api.call("setWebhook", url=hook.url)
    await ann.says("hi")
    await until(lambda: hook.taken)
    body = await api.answer("deleteWebhook")
    assert body["description"] == "Webhook was deleted"
    assert [text_of(one) for one in await api.updates()] == ["hi"]


async def test_set_webhook_says_which_kinds_come_from_now_on(
    api: Api, hook: Hook, ann: Person
) -> None:
    await api.call("setWebhook", url=hook.url, allowed_updates=["message"])
    post = await ann.says("hi")
    await ann.edits(post, "hello")
    await ann.says("bye")
    await hook.has_taken(2)
    assert hook.texts == ["hi", "bye"]
    assert (await api.call("getWebhookInfo"))["allowed_updates"] == ["message"]
