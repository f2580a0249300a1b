"""A connector that does what a test says, and remembers what was done to it."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from core.capabilities import Capabilities
from core.connector import (
    CONTRACT_VERSION,
    AccountInfo,
    Connector,
    ConnectorConfig,
    Cursor,
    Health,
    HealthState,
    InboundSink,
    Intake,
    Manifest,
    WebhookReply,
    WebhookRequest,
)
from core.messages import OutboundMessage, Sent
from router.runtime.registry import ChannelEntry, Registry


class Script:
    """What every instance in a test does; each test begins with a new one."""

    def __init__(self) -> None:
        self.faults: list[Exception] = []
        """Raised by `open`, one at a time."""
        self.receive_faults: list[BaseException] = []
        self.opened = 0
        self.closed = 0
        self.receiving = asyncio.Event()
        self.cursors: list[Mapping[str, Cursor]] = []


class ScriptedConfig(ConnectorConfig):
    """Nothing to set."""

    name: str = "scripted"


class ScriptedConnector(Connector):
    Config = ScriptedConfig
    capabilities = Capabilities()
    script: ClassVar[Script]

    async def open(self) -> None:
        self.script.opened += 1
        if self.script.faults:
            raise self.script.faults.pop(0)

    async def check(self) -> AccountInfo:
        return AccountInfo(shown_as="scripted", own_name="scripted_bot")

    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        self.script.cursors.append(cursors)
        if self.script.receive_faults:
            raise self.script.receive_faults.pop(0)
        self.script.receiving.set()
        await asyncio.Event().wait()

    async def handle_webhook(self, request: WebhookRequest, sink: InboundSink) -> WebhookReply:
        return WebhookReply(body=request.body)

    async def send(self, message: OutboundMessage) -> Sent:
        return Sent()

    def health(self) -> Health:
        return Health(state=HealthState.RUNNING)

    async def close(self) -> None:
        self.script.closed += 1


def registry(*intake: Intake) -> Registry:
    manifest = Manifest(
        channel="scripted",
        name="Scripted",
        contract=CONTRACT_VERSION,
        realm="scripted",
        intake=intake or (Intake.STREAM,),
        entry="tests.runtime.scripted:ScriptedConnector",
    )
    return Registry([ChannelEntry(channel="scripted", manifest=manifest)])
