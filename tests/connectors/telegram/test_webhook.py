"""The webhook: set and kept, believed only with its secret, and answered after the commit."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors.telegram import sandbox_faults
from connectors.telegram.config import Config
from connectors.telegram.cursors import WEBHOOK, Mark
from connectors.telegram.intake import ALLOWED_UPDATES
from connectors.telegram.webhook import SECRET_HEADER, webhook_url
from core.connector import HealthState, LeaseLost, WebhookRequest
from core.errors import BadConfig, TransientError
from core.messages import HistoryGap, MessageReceived, Unreadable
from tests.connectors.telegram.running import HOOK_URL, Running
from tests.connectors.telegram.updates import message, update
from tests.waiting import PATIENCE

Json = dict[str, Any]


@pytest.fixture
def called(running: Running) -> Running:
    running.connector = running.make(intake="webhook")
    return running


def settings(running: Running) -> Config:
    return running.connector._config


def request(running: Running, body: bytes, **changes: Any) -> WebhookRequest:
    config = settings(running)
    given: Json = {
        "method": "POST",
        "path": config.call_path,
        "headers": {SECRET_HEADER: config.call_secret},
        "query": {},
        "body": body,
        "remote_address": "149.154.167.220",
        **changes,
    }
    return WebhookRequest(**given)


def posted(**fields: Any) -> bytes:
    return json.dumps(update(message("hello", **fields))).encode()


async def test_call_with_the_secret_is_stored_and_then_answered(called: Running) -> None:
    reply = await called.connector.handle_webhook(request(called, posted()), called.sink)
    assert (reply.status, called.texts) == (200, ["hello"])


async def test_call_is_not_answered_with_success_before_the_commit(called: Running) -> None:
    called.sink.lose_lease()
    with pytest.raises(LeaseLost):
        await called.connector.handle_webhook(request(called, posted()), called.sink)


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {}},
        {"headers": {SECRET_HEADER: ""}},
        {"headers": {SECRET_HEADER: "wrong"}},
        {"headers": {SECRET_HEADER: "é\udc80"}},
        {"path": ""},
        {"path": "wrong"},
        {"path": "é"},
        {"method": "GET"},
    ],
    ids=str,
)
async def test_call_that_proves_nothing_brings_nothing(called: Running, changes: Json) -> None:
    reply = await called.connector.handle_webhook(request(called, posted(), **changes), called.sink)
    assert 400 <= reply.status < 500
    assert not called.handed()


async def test_account_that_polls_takes_no_calls(running: Running) -> None:
    reply = await running.connector.handle_webhook(request(running, posted()), running.sink)
    assert (reply.status, running.handed()) == (404, [])


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"7", b"{", b"[" * 100_000])
async def test_body_that_is_no_update_is_kept_and_holds_nothing_up(
    called: Running, body: bytes
) -> None:
    reply = await called.connector.handle_webhook(request(called, body), called.sink)
    [event] = called.events(Unreadable)
    assert (reply.status, event.raw) == (200, body)


async def test_pieces_of_an_album_come_call_by_call_and_can_be_joined(called: Running) -> None:
    for number in (1, 2):
        body = posted(message_id=number, media_group_id="9")
        await called.connector.handle_webhook(request(called, body), called.sink)
    one, two = called.events(MessageReceived)
    assert one.joins == two.joins == "album:9"


async def test_webhook_is_set_with_our_secret_and_kinds_and_nothing_is_dropped(
    called: Running,
) -> None:
    async with called.receiving():
        await called.until(lambda: WEBHOOK in called.sink.cursors)
        [values] = called.values("setWebhook")
        await called.until(lambda: len(called.values("getWebhookInfo")) >= 3)
    config = settings(called)
    assert values["url"] == f"{HOOK_URL}/{config.call_path}"
    assert values["secret_token"] == config.call_secret
    assert tuple(json.loads(values["allowed_updates"])) == ALLOWED_UPDATES
    assert values["drop_pending_updates"] == "false"
    assert len(called.values("setWebhook")) == 1
    assert not called.values("getUpdates")


async def test_webhook_is_left_alone_once_another_owns_the_account(called: Running) -> None:
    called.sink.lose_lease()
    with pytest.raises(LeaseLost):
        async with asyncio.timeout(PATIENCE):
            await called.connector.receive(called.sink, {})


async def test_webhook_that_somebody_moved_is_set_again(called: Running) -> None:
    async with called.receiving():
        await called.until(lambda: called.values("setWebhook"))
        await called.connector._api.call("setWebhook", {"url": "https://127.0.0.1:8443/theirs"})
        await called.until(lambda: len(called.values("setWebhook")) == 3)
    assert called.values("setWebhook")[-1]["url"].startswith(HOOK_URL)
    assert ("telegram.webhook_set") in [entry.event for entry in called.log.entries]


async def test_telegrams_trouble_with_calling_us_is_shown(called: Running) -> None:
    info = {
        "url": f"{HOOK_URL}/{settings(called).call_path}",
        "allowed_updates": list(ALLOWED_UPDATES),
        "pending_update_count": 12,
        "last_error_date": int(called.clock.now().timestamp()) - 60,
        "last_error_message": "Connection refused",
    }
    body = json.dumps({"ok": True, "result": info}).encode()
    answer = sandbox_faults.Break(status=200, body=body)
    called.server.faults.add(answer, method="getWebhookInfo", times=None)
    async with called.receiving():
        await called.until(lambda: "Connection refused" in called.connector.health().detail)
        assert called.connector.health().state is HealthState.DEGRADED
        assert "12 updates wait" in called.connector.health().detail


async def test_server_that_is_away_is_transient(called: Running) -> None:
    await called.server.stop()
    with pytest.raises(TransientError):
        await called.connector.receive(called.sink, {})
    assert called.connector.health().state is HealthState.DOWN


async def test_outage_of_over_a_day_leaves_a_gap(called: Running) -> None:
    left = called.clock.now() - timedelta(hours=30)
    async with called.receiving({WEBHOOK: Mark().cursor(WEBHOOK, left)}):
        gap = await called.event(HistoryGap)
    assert gap.since == left


async def test_address_that_telegram_refuses_is_the_settings_fault(called: Running) -> None:
    refusal = sandbox_faults.refused("bad webhook: IP address 127.0.0.1 is reserved")
    called.server.faults.add(refusal, method="setWebhook")
    with pytest.raises(BadConfig, match="reserved"):
        await called.connector.receive(called.sink, {})


async def test_check_says_how_the_updates_come(called: Running) -> None:
    before = await called.connector.check()
    async with called.receiving():
        await called.until(lambda: WEBHOOK in called.sink.cursors)
    after = await called.connector.check()
    details = [found.steps[1].detail for found in (before, after)]
    assert details == [
        "No webhook is set. It is set when it starts.",
        "The webhook is set; 0 wait.",
    ]
    assert all(step.ok for step in (*before.steps, *after.steps))


def test_official_server_calls_https_only() -> None:
    config = Config(token=SecretStr("1:a"), intake="webhook")
    with pytest.raises(BadConfig, match="public_url"):
        webhook_url(config, "http://desk.example/hooks/x")
    assert webhook_url(config, "https://desk.example/hooks/x").startswith("https://desk.example/")


def test_secret_and_path_are_of_the_token_alone_and_tell_nothing_of_it() -> None:
    one, same, other = (Config(token=SecretStr(f"1:{key}")) for key in ("a", "a", "b"))
    assert (one.call_secret, one.call_path) == (same.call_secret, same.call_path)
    assert one.call_secret != other.call_secret
    assert one.call_path != other.call_path
    assert one.call_path not in one.call_secret
    own = Config(token=SecretStr("1:a"), webhook_secret=SecretStr("chosen"))
    assert own.call_secret == "chosen"


@pytest.mark.parametrize("secret", ["with space", "é", "x" * 257, "a.b"])
def test_secret_that_telegram_would_refuse_is_refused_here(secret: str) -> None:
    with pytest.raises(ValidationError):
        Config(token=SecretStr("1:a"), webhook_secret=SecretStr(secret))


@pytest.mark.parametrize(
    ("given", "methods", "files"),
    [
        ({}, "https://api.telegram.org/bot", "https://api.telegram.org/file/bot"),
        ({"api_base_url": "http://h:1/"}, "http://h:1/bot", "http://h:1/file/bot"),
        ({"api_base_url": "http://h:1/bot"}, "http://h:1/bot", "http://h:1/file/bot"),
        (
            {"api_base_url": "http://h:1", "file_base_url": "http://f:2/file"},
            "http://h:1/bot",
            "http://f:2/file/bot",
        ),
    ],
)
def test_both_addresses_of_a_server_can_be_set(given: Json, methods: str, files: str) -> None:
    config = Config(token=SecretStr("1:a"), **given)
    assert (config.methods_url, config.files_url) == (methods, files)


@pytest.mark.parametrize("field", [{"token": "a b"}, {"token": ""}, {"api_base_url": "h:1"}])
def test_settings_that_cannot_work_are_refused(field: Json) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate({"token": "1:a", **field})
