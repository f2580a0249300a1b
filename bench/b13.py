"""B13: a message from the wire to `MessageReceived`, and back to the wire.

From the bytes that came to the event, and the same text with its formatting as the body of the
request that sends it, or that edits it where an edit came. Without sockets, files and storage.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bench import wire_samples
from bench.bar import Figure
from connectors.discord import convert as discord_convert
from connectors.discord.markup import write_markdown
from connectors.discord.places import direct_place
from connectors.telegram import convert as telegram_convert
from connectors.telegram.address import parse_address
from connectors.telegram.outgoing import to_call, to_edit
from core.messages import MessageEdited, MessageReceived, OutboundMessage

PASSES = 5
TIMES = 250
"""How often each sample is converted in one pass."""
AT = datetime(2026, 1, 5, tzinfo=UTC)
READING = telegram_convert.Reading(bot_id=7_000_001, max_file_size=20 * 1024 * 1024)


async def measure(server_url: str, number: int) -> list[Figure]:
    """Needs no database. The quickest of several passes counts: another program only adds time."""
    return [
        _figure("Telegram", _milliseconds(wire_samples.telegram(), telegram_and_back)),
        _figure("Discord", _milliseconds(wire_samples.discord(), discord_and_back)),
    ]


def _figure(name: str, milliseconds: float) -> Figure:
    return Figure(
        bar="B13",
        what=f"conversion of a message of {name}, both ways",
        value=milliseconds,
        unit="ms",
        must=0.2,
        is_ceiling=True,
    )


def _milliseconds(samples: list[bytes], convert: Callable[[bytes], bytes]) -> float:
    """Of processor time, for one message on average over the samples."""
    best = float("inf")
    for _ in range(PASSES):
        started = time.process_time()
        for _ in range(TIMES):
            for raw in samples:
                convert(raw)
        best = min(best, time.process_time() - started)
    return best / TIMES / len(samples) * 1000


def telegram_and_back(raw: bytes) -> bytes:
    """The parameters of the call, before they are put into a form."""
    *_, event = telegram_convert.to_events(json.loads(raw), READING)
    assert isinstance(event, MessageReceived | MessageEdited), event
    message = _answer(event)
    address = parse_address(message.place.remote)
    if isinstance(event, MessageEdited):
        _, parameters = to_edit(message, address, event.remote_id)
    else:
        _, parameters = to_call(message, address, ())
    given = [
        RequestParameter.from_input(name, value)
        for name, value in parameters.items()
        if value is not None
    ]
    return RequestData(given).json_payload


def discord_and_back(raw: bytes) -> bytes:
    body = msgspec.json.decode(raw)
    assert not discord_convert.is_ignored(body, "77")
    place = direct_place(str(body["channel_id"]))
    content = discord_convert.content_of(body)
    edited = discord_convert.to_edited(body, place, content)
    event = edited or discord_convert.to_received(body, place, content)
    message = _answer(event)
    text = write_markdown(message.text, message.spans)
    return msgspec.json.encode(discord_convert.to_params(message, text, message.place.remote))


def _answer(event: MessageReceived | MessageEdited) -> OutboundMessage:
    """The same words with the same formatting; connectors hand over normal spans."""
    return OutboundMessage(
        key=event.event_key,
        place=event.place,
        recipient=None,
        text=event.text,
        spans=event.spans,
        in_reply_to=() if isinstance(event, MessageEdited) else event.thread_keys,
        context={} if isinstance(event, MessageEdited) else event.context,
        queued_at=AT,
    )
