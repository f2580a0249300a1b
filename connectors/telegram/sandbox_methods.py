"""The methods of the Bot API that the sandbox knows: who am I, polling, texts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.telegram.sandbox_answers import bad
from connectors.telegram.sandbox_arguments import Arguments
from connectors.telegram.sandbox_network import Bot, Network

LONGEST_POLL = 50


@dataclass(frozen=True, slots=True)
class Call:
    network: Network
    bot: Bot
    arguments: Arguments


Method = Callable[[Call], Awaitable[Any]]


async def get_me(call: Call) -> dict[str, Any]:
    return {
        **call.bot.account.to_json(),
        "can_join_groups": True,
        "can_read_all_group_messages": call.bot.reads_all,
        "supports_inline_queries": False,
    }


async def get_updates(call: Call) -> list[dict[str, Any]]:
    queue = call.bot.queue
    arguments = call.arguments
    if "allowed_updates" in arguments.values:
        kinds = arguments.decoded("allowed_updates")
        queue.allow(kinds if isinstance(kinds, list) else [])
    offset = arguments.number("offset")
    limit = arguments.between("limit", 100, 1, 100)
    timeout = arguments.between("timeout", 0, 0, LONGEST_POLL)
    found = queue.take(offset, limit)
    if not found and timeout:
        queue.changed.clear()
        sleeping = asyncio.ensure_future(call.network.clock.sleep(timeout))
        waiting = asyncio.ensure_future(queue.changed.wait())
        try:
            await asyncio.wait({sleeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waiting.cancel()
        found = queue.take(offset, limit)
    return [one.to_json() for one in found]


async def send_message(call: Call) -> dict[str, Any]:
    text = call.arguments.text("text")
    if not text.strip():
        raise bad("message text is empty")
    if len(text.encode("utf-16-le")) // 2 > 4096:
        raise bad("message is too long")
    chat = call.network.require_chat(call.bot, call.arguments.number("chat_id"))
    return call.network.say(chat, call.bot.account, {"text": text}).body


METHODS: Mapping[str, Method] = {
    "getme": get_me,
    "getupdates": get_updates,
    "sendmessage": send_message,
}
