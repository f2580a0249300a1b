"""B16: 10,000 messages on Discord that were missed, read again as fast as its limits allow.

The product itself, against the stand-in with the published rates on: five requests in five seconds
for each channel, 100 messages a request. The limit is the least time that these rates leave.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Sequence

from bench.bar import Figure
from bench.waiting import until
from connectors.discord.sandbox_messages import Draft
from connectors.discord.sandbox_people import Person
from connectors.discord.sandbox_server import DiscordServer
from connectors.discord.sandbox_settings import GLOBAL_RATE, Settings
from tests.rig.ground import Ground

MESSAGES = 10_000
CHATS = 5
OF_EACH = MESSAGES // CHATS
PAGE = 100
HISTORY = "GET /channels/{channel}/messages"
LIMIT_S = 90.0
LOOK_S = 0.1


async def measure(server_url: str, number: int) -> list[Figure]:
    server = DiscordServer(settings=Settings())
    await server.start()
    try:
        async with Ground(seed=number) as ground:
            people = [server.person(f"Person {one}") for one in range(CHATS)]
            await _meet(ground, server, people)
            await ground.product.stop()
            # Nothing can be resumed: the gateway tells of none of them.
            server.gateway.sessions.clear()
            missed = _write(server, people)
            asked_before = len(server.requests)
            await ground.product.start()
            took = await _seconds(ground, server, asked_before)
            shown = await _shown(ground)
            refused = sum(one.status == 429 for one in server.requests[asked_before:])
    finally:
        await server.stop()
    return [
        Figure(
            bar="B16",
            what=f"{MESSAGES:,} missed messages of Discord, read again",
            value=MESSAGES / took,
            limit=MESSAGES / _least_seconds(),
            unit="messages/s",
            must=0.8,
        ),
        _none("of these lost", sum(text not in shown for text in missed)),
        _none("of these twice or out of order", _twice(shown) + _out_of_order(shown)),
        _none("requests refused for haste meanwhile", refused),
    ]


def _none(what: str, count: int) -> Figure:
    return Figure(bar="B16", what=what, value=count, unit="", must=0, is_ceiling=True)


def _least_seconds() -> float:
    """Until the last page that is full may be asked for."""
    rate = Settings().rates[HISTORY]
    pages = OF_EACH // PAGE
    of_channel = (math.ceil(pages / rate.count) - 1) * rate.seconds
    of_all = pages * CHATS / GLOBAL_RATE.count * GLOBAL_RATE.seconds
    return max(of_channel, of_all)


async def _meet(ground: Ground, server: DiscordServer, people: Sequence[Person]) -> None:
    """Everybody has written once, so that their chats are known."""
    config = {
        "token": server.token,
        "api_base_url": server.api_base_url,
        "gateway_url": server.gateway_url,
    }
    await ground.owner.add_account("discord", "Discord", config)
    await until(lambda: any(one.session for one in server.gateway.connections), seconds=LIMIT_S)
    for number, person in enumerate(people):
        await person.writes_dm(f"{number} hello")
    async with asyncio.timeout(LIMIT_S):
        while len(await ground.owner.conversation_ids()) < CHATS:  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(LOOK_S)


def _write(server: DiscordServer, people: Sequence[Person]) -> list[str]:
    """What each of them says, in turns, while nobody of the desk is there."""
    said = []
    for number in range(1, OF_EACH + 1):
        for chat, person in enumerate(people):
            said.append(f"{chat} missed {number}")
            server.messages.post(person.dm(), person.id, Draft(text=said[-1]))
    return said


async def _seconds(ground: Ground, server: DiscordServer, asked_before: int) -> float:
    """From the first request for the past until the last message of each chat is stored."""

    def has_begun() -> bool:
        return any(one.route == HISTORY for one in server.requests[asked_before:])

    await until(has_begun, seconds=LIMIT_S)
    began = time.monotonic()
    await ground.product.until_ready()
    people = await ground.owner.conversation_ids()
    async with asyncio.timeout(LIMIT_S):
        for person in people:
            while not await _is_whole(ground, person):  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(LOOK_S)
    return time.monotonic() - began


async def _is_whole(ground: Ground, person: int) -> bool:
    """The last that they said stands there."""
    page = await ground.owner.get_answer("GET", f"/conversations/{person}/messages?limit=1")
    return str(page["messages"][-1]["text"]).endswith(f" missed {OF_EACH}")


async def _shown(ground: Ground) -> Counter[str]:
    """How often each text stands, in the order in which it does in its conversation."""
    shown: Counter[str] = Counter()
    for person in await ground.owner.conversation_ids():
        shown.update(message["text"] for message in await ground.owner.messages(person))
    return shown


def _twice(shown: Counter[str]) -> int:
    return sum(count - 1 for count in shown.values())


def _out_of_order(shown: Counter[str]) -> int:
    last: dict[str, int] = {}
    found = 0
    for text in shown:
        chat, _, number = text.partition(" missed ")
        if number:
            found += int(number) < last.get(chat, 0)
            last[chat] = int(number)
    return found
