"""Whatever the gateway sends, reading goes on, and nothing of it vanishes without a trace."""

import json
import random
from typing import Any

import pytest

from connectors.discord import convert
from connectors.discord.gateway import HEARD
from connectors.discord.places import direct_place
from core.errors import UnreadableEvent
from core.messages import MessageReceived, Unreadable
from tests.connectors.discord.desk import Desk, at_desk

VALUES: tuple[Any, ...] = (None, "", "x", 0, -1, 10**30, 1.5, True, [], [None], {}, {"id": None})
ASIDE = frozenset({"READY", "RESUMED"})
"""They end or begin a session: discord.py itself reads them first."""


def bodies(desk: Desk) -> dict[str, dict[str, Any]]:
    """A good one of each kind, to be spoiled."""
    server = desk.server
    grace = server.person("Grace")
    channel = grace.dm()
    here = {"channel_id": str(channel.id)}
    said = {
        "id": "1",
        "type": 0,
        "content": "hello",
        "author": server.objects.profile(grace.id),
        "attachments": [{"id": "1", "filename": "a", "url": "http://127.0.0.1:9/", "size": 1}],
        "embeds": [{"type": "rich", "title": "t"}],
        "mentions": [server.objects.profile(grace.id)],
        "message_reference": {"message_id": "1"},
        "message_snapshots": [{"message": {"content": "f"}}],
        "sticker_items": [{"name": "s"}],
        "poll": {"question": {"text": "q"}, "answers": [{"poll_media": {"text": "a"}}]},
        "components": [{"type": 1, "components": [{"label": "b"}]}],
        "edited_timestamp": "2026-01-01T00:00:00+00:00",
        "flags": 0,
        **here,
    }
    thread = {"id": "7", "type": 11, "guild_id": "9", "parent_id": "8", "thread_metadata": {}}
    reaction = {"user_id": "5", "message_id": "1", "emoji": {"name": "x", "id": None}, **here}
    by_name: dict[str, dict[str, Any]] = dict.fromkeys(HEARD, thread)
    by_name |= {name: reaction for name in HEARD if "REACTION" in name}
    by_name |= {
        "MESSAGE_CREATE": said,
        "MESSAGE_UPDATE": said,
        "MESSAGE_DELETE": {"id": "1", **here},
        "MESSAGE_DELETE_BULK": {"ids": ["1", "2"], **here},
        "THREAD_LIST_SYNC": {"guild_id": "9", "threads": [thread], "members": []},
        "GUILD_CREATE": {"id": "9", "channels": [thread], "threads": [thread]},
        "GUILD_DELETE": {"id": "9", "unavailable": True},
        "TYPING_START": {"user_id": "5", "timestamp": 1, **here},
        "INTERACTION_CREATE": {
            "id": "1",
            "type": 2,
            "token": "t",
            "application_id": "2",
            "data": {"name": "link", "options": [{"name": "code", "value": "c"}]},
            "user": {"id": "5", "username": "u"},
            **here,
        },
    }
    return by_name


def spoiled(body: Any, chance: random.Random) -> Any:
    """A copy in which one value, somewhere, is another or missing."""
    copy = json.loads(json.dumps(body))
    target, key = copy, None
    while True:
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        if not keys:
            return copy
        key = chance.choice(keys)
        inner = target[key]
        if not isinstance(inner, dict | list) or not inner or chance.random() < 0.4:
            break
        target = inner
    if isinstance(target, dict) and chance.random() < 0.2:
        del target[key]
    else:
        target[key] = chance.choice(VALUES)
    return copy


@pytest.mark.parametrize("seed", range(4))
async def test_no_event_however_spoiled_stops_the_stream(seed: int) -> None:
    chance = random.Random(seed)
    async with at_desk() as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        (session,) = desk.server.gateway.sessions.values()
        good = bodies(desk)
        for _ in range(6):
            for name in sorted(set(HEARD) - ASIDE):
                desk.server.gateway.tell(session, name, spoiled(good[name], chance))
        await grace.writes_dm("after all of it")
        await reading.message("after all of it")
        assert not reading.task.done()


@pytest.mark.parametrize("name", sorted(set(HEARD) - ASIDE))
async def test_event_that_is_no_object_stops_nothing(name: str) -> None:
    async with at_desk() as desk, desk.reading() as reading:
        (session,) = desk.server.gateway.sessions.values()
        junk: tuple[Any, ...] = ([], "text", 7, {})
        for body in junk:
            desk.server.gateway.tell(session, name, body)
        await desk.server.person("Grace").writes_dm("after it")
        await reading.message("after it")


def test_spoiled_message_is_read_or_kept_as_unreadable() -> None:
    chance = random.Random(7)
    body = {
        "id": "175928847299117063",
        "channel_id": "300",
        "content": "hello",
        "author": {"id": "5", "username": "u"},
        "attachments": [{"id": "1", "filename": "a", "url": "u", "size": 1}],
        "mentions": [{"id": "6", "username": "v"}],
    }
    place = direct_place("300")
    for _ in range(500):
        bad = spoiled(body, chance)
        try:
            event: object = convert.to_received(bad, place, convert.content_of(bad))
        except UnreadableEvent as error:
            event = convert.to_placeholder("message", bad, error, place)
            assert event.raw
        assert isinstance(event, MessageReceived | Unreadable)
