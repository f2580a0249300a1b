"""Polling: nothing is confirmed before it is stored, and no trouble loses anything."""

import asyncio
import contextlib
import json
from datetime import timedelta
from itertools import pairwise

import pytest

from connectors.telegram import sandbox_faults
from connectors.telegram.cursors import UPDATES, Mark
from connectors.telegram.intake import ALLOWED_UPDATES
from connectors.telegram.polling import ALBUM_SECONDS, SECOND_POLLER, SHORTEST_POLL
from connectors.telegram.sandbox_people import Medium
from core.connector import HealthState
from core.errors import AuthRefused, BadConfig, RateLimited, TransientError
from core.messages import ChatRekeyed, HistoryGap, MessageEdited, MessageReceived
from core.testing.sink import SinkCrashed
from tests.connectors.telegram.running import Running
from tests.waiting import PATIENCE


def picture(caption: str = "") -> Medium:
    return Medium(kind="document", content=b"%PDF", name="a.pdf", caption=caption)


async def test_offset_is_confirmed_only_by_the_call_after_accept(running: Running) -> None:
    ann = running.server.person("Ann")
    post = await ann.says("hello")
    running.sink.hang()
    async with running.receiving():
        await running.until(lambda: running.sink.refused)
        [waiting] = running.server.bot.queue.waiting()
        assert waiting.body["message_id"] == post.message_id
        assert all("offset" not in one for one in running.values("getUpdates"))


async def test_crash_before_commit_brings_the_same_message_again(running: Running) -> None:
    await running.server.person("Ann").says("hello")
    running.sink.crash_before_commit()
    with pytest.raises(SinkCrashed):
        async with asyncio.timeout(PATIENCE):
            await running.connector.receive(running.sink, {})
    [refused] = running.sink.refused
    running.sink = type(running.sink)()
    running.connector = running.make()
    async with running.receiving():
        event = await running.event(MessageReceived)
    assert isinstance(refused, MessageReceived)
    assert event.event_key == refused.event_key


async def test_kinds_of_updates_are_named_in_every_call(running: Running) -> None:
    async with running.receiving():
        await running.until(lambda: len(running.values("getUpdates")) > 1)
    for values in running.values("getUpdates"):
        assert tuple(json.loads(values["allowed_updates"])) == ALLOWED_UPDATES


async def test_webhook_that_was_left_is_removed_and_its_updates_are_kept(running: Running) -> None:
    await running.server.person("Ann").says("waited")
    await running.connector._api.call("setWebhook", {"url": "https://127.0.0.1:8443/gone"})
    async with running.receiving():
        await running.until(lambda: "waited" in running.texts)
    assert [one["drop_pending_updates"] for one in running.values("deleteWebhook")] == ["false"]


async def test_cursor_goes_on_where_the_last_reader_stopped(running: Running) -> None:
    ann = running.server.person("Ann")
    await ann.says("one")
    async with running.receiving():
        await running.until(lambda: UPDATES in running.sink.cursors and running.texts)
    running.connector = running.make()
    await ann.says("two")
    async with running.receiving(running.sink.cursors):
        await running.until(lambda: "two" in running.texts)
    assert running.texts == ["one", "two"]


async def test_number_of_updates_that_starts_lower_loses_nothing(running: Running) -> None:
    ann = running.server.person("Ann")
    await ann.says("before")
    async with running.receiving():
        await running.until(lambda: running.texts)
        before = running.server.bot.queue.next_id
        await running.until(lambda: not running.server.bot.queue.waiting())
        running.server.bot.queue.restart_at(5)
        await ann.says("after")
        await running.until(lambda: "after" in running.texts)
        await ann.says("and on")
        await running.until(lambda: "and on" in running.texts)
    assert running.server.bot.queue.next_id < before
    assert running.texts == ["before", "after", "and on"]


async def test_quiet_week_is_polled_without_a_number(running: Running) -> None:
    now = running.clock.now()
    mark = Mark(offset=900_000_000, got_at=now - timedelta(days=7))
    async with running.receiving({UPDATES: mark.cursor(UPDATES, now)}):
        await running.until(lambda: running.values("getUpdates"))
    assert all("offset" not in one for one in running.values("getUpdates"))


# F11: what goes wrong


async def test_second_poller_gets_six_requests_a_minute_at_most_and_an_alert(
    running: Running,
) -> None:
    other = sandbox_faults.refused(
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is"
        " running",
        409,
    )
    running.server.faults.add(other, method="getUpdates", times=None)
    async with running.receiving():
        await running.until(lambda: len(running.values("getUpdates")) >= 4)
        assert running.connector.health().detail == SECOND_POLLER
    for one, two in pairwise(running.server.calls("getUpdates")):
        assert two.at - one.at >= timedelta(seconds=10)


async def test_alert_of_a_second_poller_stays_for_minutes_after_it_is_gone(
    running: Running,
) -> None:
    other = sandbox_faults.refused("Conflict: terminated by other getUpdates request", 409)
    running.server.faults.add(other, method="getUpdates")
    ann = running.server.person("Ann")
    async with running.receiving():
        await running.until(lambda: len(running.values("getUpdates")) >= 3)
        assert running.connector.health().state is HealthState.DEGRADED
        running.clock.advance(timedelta(minutes=4))
        await ann.says("hello")
        await running.until(lambda: running.texts)
        await running.until(lambda: running.connector.health().state is HealthState.RUNNING)


async def test_no_poll_before_the_time_that_telegram_asked_for(running: Running) -> None:
    running.server.faults.add(sandbox_faults.wait(17), method="getUpdates")
    async with running.receiving():
        await running.until(lambda: len(running.values("getUpdates")) >= 2)
    first, second, *_ = running.server.calls("getUpdates")
    assert second.at - first.at >= timedelta(seconds=17)


async def test_server_that_cannot_tell_of_webhooks_is_polled_and_rid_of_one(
    running: Running,
) -> None:
    running.server.faults.add(
        sandbox_faults.Break(status=500, body=b'{"message": "not supported"}'),
        method="getWebhookInfo",
        times=None,
    )
    info = await running.connector.check()
    assert [step.ok for step in info.steps] == [True, True]
    api = running.connector._api
    await api.call("setWebhook", {"url": "https://127.0.0.1:8443/gone"})
    await running.server.person("Ann").says("hello")
    async with running.receiving():
        event = await running.event(MessageReceived)
    assert event.text == "hello"


async def test_server_that_never_waits_is_asked_with_pauses(running: Running) -> None:
    running.server.faults.add(
        sandbox_faults.Break(status=200, body=b'{"ok": true, "result": []}'),
        method="getUpdates",
        times=None,
    )
    before = running.clock.slept
    async with running.receiving():
        await running.until(lambda: len(running.values("getUpdates")) > 10)
    polls = len(running.values("getUpdates"))
    assert running.clock.slept - before >= (polls - 3) * SHORTEST_POLL


@pytest.mark.parametrize("method", ["getWebhookInfo", "setWebhook", "getMe"])
@pytest.mark.parametrize("intake", ["polling", "webhook"])
async def test_no_other_call_before_the_time_that_telegram_asked_for(
    running: Running, method: str, intake: str
) -> None:
    running.connector = running.make(intake=intake)
    running.server.faults.add(sandbox_faults.wait(17), method=method)
    with contextlib.suppress(RateLimited):
        await running.connector.check()
    with contextlib.suppress(RateLimited):
        await running.connector.check()
    async with running.receiving():
        await running.until(lambda: running.sink.cursors)
    refused = [one for one in running.server.requests if one.status == 429]
    for one in refused:
        at = running.server.requests.index(one)
        following = running.server.requests[at + 1]
        assert following.at - one.at >= timedelta(seconds=17)
    assert len(refused) == (intake == "webhook" or method != "setWebhook")


async def test_health_explains_privacy_mode_once_the_bot_is_in_a_group(running: Running) -> None:
    ann = running.server.person("Ann")
    await running.connector.check()
    assert running.connector.health().detail == ""
    group = running.server.group("Traders", ann)
    async with running.receiving():
        await ann.says("@desk_bot hello", where=group)
        await running.until(lambda: running.texts)
        assert "Privacy mode is on" in running.connector.health().detail
        assert running.connector.health().state is HealthState.RUNNING


async def test_address_without_a_bot_api_server_is_the_settings_fault(running: Running) -> None:
    page = sandbox_faults.Break(status=404, body=b"<html>nothing here</html>")
    running.server.faults.add(page, method="getMe")
    with pytest.raises(BadConfig, match="api_base_url"):
        await running.connector.check()


@pytest.mark.parametrize("fault", [sandbox_faults.Break(), sandbox_faults.refused("restart", 500)])
async def test_server_in_trouble_is_transient_and_shown(
    running: Running, fault: sandbox_faults.Fault
) -> None:
    running.server.faults.add(fault, method="getUpdates")
    with pytest.raises(TransientError):
        await running.connector.receive(running.sink, {})
    assert running.connector.health().state is HealthState.DOWN


async def test_hung_poll_is_given_up(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.telegram.polling.ANSWER_SECONDS", 0.05)
    monkeypatch.setattr("connectors.telegram.transport.CONNECT_SECONDS", 0.05)
    hang = sandbox_faults.Hang(when=sandbox_faults.When.BEFORE)
    running.server.faults.add(hang, method="getUpdates")
    with pytest.raises(TransientError):
        await running.connector.receive(running.sink, {})
    running.server.release()


async def test_revoked_token_is_the_accounts_fault(running: Running) -> None:
    running.server.bot.is_revoked = True
    with pytest.raises(AuthRefused):
        await running.connector.receive(running.sink, {})


async def test_outage_of_over_a_day_leaves_a_gap_that_is_told_once(running: Running) -> None:
    now = running.clock.now()
    left = now - timedelta(hours=25)
    cursors = {UPDATES: Mark(offset=5).cursor(UPDATES, left)}
    async with running.receiving(cursors):
        gap = await running.event(HistoryGap)
        await running.until(lambda: len(running.values("getUpdates")) >= 3)
    assert (gap.since, gap.place) == (left, None)
    assert timedelta() <= gap.until - (now - timedelta(hours=24)) < timedelta(minutes=1)
    assert len(running.events(HistoryGap)) == 1
    running.connector = running.make()
    async with running.receiving(running.sink.cursors):
        await running.until(lambda: len(running.values("getUpdates")) >= 5)
    assert len(running.events(HistoryGap)) == 1


async def test_outage_of_less_than_a_day_leaves_none(running: Running) -> None:
    left = running.clock.now() - timedelta(hours=23)
    async with running.receiving({UPDATES: Mark(offset=5).cursor(UPDATES, left)}):
        await running.until(lambda: len(running.values("getUpdates")) >= 2)
    assert not running.events(HistoryGap)


@pytest.mark.parametrize(
    ("hours", "said"), [(5, ""), (7, "in 18 hours"), (13, "in 12 hours"), (21, "in 4 hours")]
)
async def test_health_says_how_long_there_is_left(running: Running, hours: int, said: str) -> None:
    left = running.clock.now() - timedelta(hours=hours)
    await running.server.stop()
    with pytest.raises(TransientError):
        await running.connector.receive(
            running.sink, {UPDATES: Mark(offset=5).cursor(UPDATES, left)}
        )
    assert said in running.connector.health().detail
    assert ("messages begin to be lost" in running.connector.health().detail) is bool(said)


async def test_being_there_is_noted_though_nothing_comes(running: Running) -> None:
    async with running.receiving():
        await running.until(lambda: UPDATES in running.sink.cursors)
        first = running.sink.cursors[UPDATES]
        running.clock.advance(timedelta(minutes=11))
        await running.until(lambda: running.sink.cursors[UPDATES] != first)


# Albums and files


async def test_album_comes_as_one_message_with_its_files(running: Running) -> None:
    ann = running.server.person("Ann")
    await ann.sends_album([picture(), picture("three"), picture()])
    async with running.receiving():
        event = await running.event(MessageReceived)
        await running.until(lambda: not running.server.bot.queue.waiting())
    assert event.text == "three"
    assert [one.part for one in event.attachments] == [0, 1, 2]
    assert len(running.events(MessageReceived)) == 1


async def test_piece_that_comes_while_the_album_is_awaited_is_in_it(running: Running) -> None:
    ann = running.server.person("Ann")
    first, *later = await ann.sends_album([picture(), picture(), picture()], told=False)
    ann.shows(first)
    pauses = running.clock.sleep

    async def sleep(seconds: float) -> None:
        if seconds == ALBUM_SECONDS and later:
            ann.shows(later.pop(0))
        await pauses(seconds)

    running.clock.sleep = sleep  # type: ignore[method-assign]  # the network goes on meanwhile
    async with running.receiving():
        event = await running.event(MessageReceived)
    assert len(event.attachments) == 3


async def test_piece_that_comes_too_late_can_be_joined(running: Running) -> None:
    ann = running.server.person("Ann")
    first, second = await ann.sends_album([picture(), picture()], told=False)
    async with running.receiving():
        ann.shows(first)
        await running.until(lambda: len(running.events(MessageReceived)) == 1)
        ann.shows(second)
        await running.until(lambda: len(running.events(MessageReceived)) == 2)
    one, two = running.events(MessageReceived)
    assert one.joins == two.joins
    assert one.joins in {part.remote_id for part in one.remote_parts}


async def test_others_do_not_wait_for_an_album(running: Running) -> None:
    ann, bob = running.server.person("Ann"), running.server.person("Bob")
    await ann.sends_album([picture(), picture()])
    await bob.says("me too")
    async with running.receiving():
        await running.until(lambda: len(running.events(MessageReceived)) == 2)
    assert [one.sender.shown_as for one in running.events(MessageReceived)] == ["Bob", "Ann"]


async def test_crash_while_an_album_is_awaited_confirms_nothing(running: Running) -> None:
    ann, bob = running.server.person("Ann"), running.server.person("Bob")
    await bob.says("me first")
    await ann.sends_album([picture(), picture()])
    async with running.receiving():
        await running.until(lambda: running.texts)  # Bob's was handed over ahead
    again = running.make()
    running.connector = again
    async with running.receiving(running.sink.cursors):
        await running.until(lambda: any(one.attachments for one in running.events(MessageReceived)))
    bobs = [one.event_key for one in running.events(MessageReceived) if one.text == "me first"]
    assert len(set(bobs)) == 1


async def test_edit_and_group_that_moved_come_in_their_order(running: Running) -> None:
    ann = running.server.person("Ann")
    group = running.server.group("Traders", ann)
    post = await ann.says("@desk_bot befor", where=group)
    await ann.edits(post, "@desk_bot before", where=group)
    async with running.receiving():
        edit = await running.event(MessageEdited)
        await group.migrate()
        rekeyed = await running.event(ChatRekeyed)
    assert edit.text == "@desk_bot before"
    assert rekeyed.old == edit.place.remote


async def test_pressed_button_is_answered_once_and_after_it_is_stored(running: Running) -> None:
    ann = running.server.person("Ann")
    await ann.says("hi")
    buttons = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    sent = {"chat_id": ann.id, "text": "Tea?", "reply_markup": json.dumps(buttons)}
    await running.connector._api.call("sendMessage", sent)
    [post] = running.server.messages_in(ann)
    query = await ann.presses(post, "Yes")
    async with running.receiving():
        await running.until(lambda: "Yes" in running.texts)
        await running.until(lambda: running.values("answerCallbackQuery"))
        await running.until(lambda: not running.server.bot.queue.waiting())
    assert [one["callback_query_id"] for one in running.values("answerCallbackQuery")] == [query]


async def test_button_that_is_too_old_to_be_answered_stops_nothing(running: Running) -> None:
    ann = running.server.person("Ann")
    await ann.says("hi")
    buttons = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    sent = {"chat_id": ann.id, "text": "Tea?", "reply_markup": json.dumps(buttons)}
    await running.connector._api.call("sendMessage", sent)
    await ann.presses(running.server.messages_in(ann)[0], "Yes")
    old = sandbox_faults.refused(
        "query is too old and response timeout expired or query ID is invalid"
    )
    running.server.faults.add(old, method="answerCallbackQuery")
    async with running.receiving():
        await running.until(lambda: "Yes" in running.texts)
        await ann.says("and on")
        await running.until(lambda: "and on" in running.texts)
