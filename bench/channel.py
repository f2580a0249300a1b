"""A channel for B9: it notes when it was called, and takes its time to answer.

The text of what it sends begins with the moment (CLOCK_MONOTONIC, the same in every process) at
which it was written. `GET /hooks/<account>/delays` gives what was noted; `POST …/in` is a person.
"""

import asyncio
import time
from typing import ClassVar

import msgspec

from bench.events import message
from core.capabilities import Capabilities, Rates
from core.connector import (
    CONTRACT_VERSION,
    AccountInfo,
    Connector,
    ConnectorConfig,
    ConnectorContext,
    Health,
    HealthState,
    InboundSink,
    Intake,
    Manifest,
    WebhookReply,
    WebhookRequest,
)
from core.ids import RemoteId
from core.messages import OutboundMessage, RemotePart, Sent
from router.runtime.registry import ChannelEntry, Registry

DELAYS: list[float] = []
"""Of the whole process: the instance that sends is not the one that answers the webhook."""


class BenchConfig(ConnectorConfig):
    """How slow the network is."""

    delay_seconds: float = 0.0


class BenchConnector(Connector):
    Config = BenchConfig
    capabilities: ClassVar[Capabilities] = Capabilities(rates=Rates(in_flight=64))

    def __init__(self, config: BenchConfig, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self._delay = config.delay_seconds

    async def open(self) -> None:
        """Nothing to open."""

    async def check(self) -> AccountInfo:
        return AccountInfo(shown_as="bench")

    async def handle_webhook(self, request: WebhookRequest, sink: InboundSink) -> WebhookReply:
        if request.method == "GET":
            return WebhookReply(body=msgspec.json.encode(DELAYS))
        first, count = (int(part) for part in request.body.split())
        await sink.accept([message(n, run="people") for n in range(first, first + count)])
        return WebhookReply()

    async def send(self, message: OutboundMessage) -> Sent:
        DELAYS.append(time.monotonic() - float(message.text.partition(" ")[0]))
        await asyncio.sleep(self._delay)
        return Sent(remote_parts=(RemotePart(remote_id=RemoteId(message.key)),))

    def health(self) -> Health:
        return Health(state=HealthState.RUNNING)

    async def close(self) -> None:
        """Nothing to close."""


def registry() -> Registry:
    manifest = Manifest(
        channel="bench",
        name="Bench",
        contract=CONTRACT_VERSION,
        realm="bench",
        intake=(Intake.WEBHOOK,),
        entry="bench.channel:BenchConnector",
    )
    return Registry([ChannelEntry(channel="bench", manifest=manifest)])
