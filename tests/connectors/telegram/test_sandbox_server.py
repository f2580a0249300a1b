"""The sandbox's HTTP side, driven by the library that people really use."""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from connectors.telegram.sandbox_server import BotApiServer


@pytest.fixture
async def server() -> AsyncIterator[BotApiServer]:
    made = BotApiServer()
    await made.start()
    yield made
    await made.stop()


def bot_of(server: BotApiServer) -> Bot:
    return Bot(
        server.token,
        base_url=f"{server.base_url}/bot",
        base_file_url=f"{server.base_url}/file/bot",
    )


async def test_bot_learns_who_it_is_and_answers_whoever_writes(server: BotApiServer) -> None:
    person = server.person("Ann", language="ru")
    await person.says("hi")
    async with bot_of(server) as bot:
        assert bot.username == "desk_bot"
        (update,) = await bot.get_updates(timeout=1)
        assert update.message is not None
        assert update.message.from_user is not None
        assert (update.message.text, update.message.from_user.language_code) == ("hi", "ru")
        await bot.send_message(update.message.chat_id, "hello, Ann")
    assert [one.text for one in server.messages_in(person)] == ["hello, Ann"]
