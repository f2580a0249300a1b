"""What python-telegram-bot itself does with the sandbox: its traps, which a connector must know."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from telegram import Bot, Update
from telegram.error import InvalidToken, NetworkError, TimedOut
from telegram.ext import Updater

from connectors.telegram import sandbox_faults
from connectors.telegram.sandbox_server import BotApiServer
from tests.connectors.telegram.bot_api import bot_of, serving, settle, until


@pytest.fixture
async def server() -> AsyncIterator[BotApiServer]:
    made = BotApiServer()
    await made.start()
    yield made
    await made.stop()


async def test_bot_learns_who_it_is_and_answers_whoever_writes(server: BotApiServer) -> None:
    person = server.person("Ann", language="ru")
    await person.says("hi")
    async with bot_of(server) as bot:
        assert bot.username == "desk_bot"
        (update,) = await bot.get_updates(timeout=timedelta(seconds=1))
        assert update.message is not None
        assert update.message.from_user is not None
        assert (update.message.text, update.message.from_user.language_code) == ("hi", "ru")
        await bot.send_message(update.message.chat_id, "hello, Ann")
    assert [one.text for one in server.messages_in(person)] == ["hello, Ann"]


async def test_updater_deletes_the_webhook_and_confirms_before_anybody_has_handled() -> None:
    queue: asyncio.Queue[object] = asyncio.Queue()
    async with serving() as api:
        server = api.server
        post = await server.person("Ann").says("hi")
        async with Updater(bot_of(server), update_queue=queue) as updater:
            await updater.start_polling(timeout=timedelta(seconds=1))
            await until(lambda: len(server.calls("getUpdates")) == 2)
            await until(lambda: not server.bot.queue.pending)
            assert queue.qsize() == 1
            # It asks once more, which within 3 seconds is a poll of 3 seconds.
            stopping = asyncio.ensure_future(updater.stop())
            await until(lambda: len(server.calls("getUpdates")) == 3)
            await settle()
            api.clock.advance(timedelta(seconds=3))
            await stopping
        methods = [one.method for one in server.requests]
        assert methods.index("deletewebhook") < methods.index("getupdates")
    update = queue.get_nowait()
    assert isinstance(update, Update)
    assert update.message is not None
    assert update.message.message_id == post.message_id


async def test_malformed_token_is_the_same_error_as_a_wrong_one(server: BotApiServer) -> None:
    for token in ("7000001:wrong-token", "malformed:token"):
        right, server.bot.token = server.bot.token, token
        bot = bot_of(server)
        server.bot.token = right
        with pytest.raises(InvalidToken):
            await bot.initialize()
        await bot.shutdown()
    assert [one.status for one in server.calls("getMe")] == [401, 404]


async def test_message_may_be_there_after_a_time_out_and_is_there_twice_after_a_repeat(
    server: BotApiServer,
) -> None:
    ann = server.person("Ann")
    await ann.says("hi")
    server.faults.add(sandbox_faults.HANG_AFTER)
    async with bot_of(server) as bot:
        with pytest.raises(TimedOut):
            await bot.send_message(ann.id, "once", read_timeout=0.05)
        await bot.send_message(ann.id, "once")
    assert [one.text for one in server.messages_in(ann)] == ["once", "once"]


async def test_answer_that_is_no_json_is_a_network_error(server: BotApiServer) -> None:
    ann = server.person("Ann")
    await ann.says("hi")
    server.faults.add(sandbox_faults.BAD_GATEWAY)
    async with bot_of(server) as bot:
        with pytest.raises(NetworkError):
            await bot.send_message(ann.id, "hello")


async def test_default_transport_needs_no_settings_but_the_two_addresses(
    server: BotApiServer,
) -> None:
    async with Bot(server.token, base_url=f"{server.base_url}/bot") as bot:
        assert bot.id == server.bot.id


async def test_stopped_server_refuses_connections(server: BotApiServer) -> None:
    async with bot_of(server) as bot:
        await server.stop()
        with pytest.raises(NetworkError):
            await bot.get_me()
