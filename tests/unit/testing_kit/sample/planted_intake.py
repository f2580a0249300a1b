"""Connectors with one fault each in what comes in, or in how they live."""

import asyncio
import contextlib
import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from core.connector import (
    AccountInfo,
    ConnectorContext,
    Cursor,
    CursorValue,
    Health,
    HealthState,
    InboundSink,
    LeaseLost,
)
from core.errors import ConnectorError, TransientError
from core.ids import RemoteId, RemotePlace
from core.messages import (
    AnyInboundEvent,
    DeliveryReported,
    HistoryGap,
    MessageEdited,
    MessageReceived,
    OutboundMessage,
    Place,
    PlaceChanged,
    Sent,
    Unreadable,
)
from tests.unit.testing_kit.sample.config import SampleConfig
from tests.unit.testing_kit.sample.connector import SCOPE, SampleConnector


class _Reads(SampleConnector):
    """The sample's loop, with places to break it."""

    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        after = cursors[SCOPE].value if SCOPE in cursors else "0"
        while True:
            found = await self.call("GET", "/updates", query={"after": after})
            after = str(found["next"])
            events = [event for update in found["updates"] for event in self.events(update)]
            if events:
                await self.hand_over(sink, events, after)

    def events(self, update: dict[str, Any]) -> list[AnyInboundEvent]:
        return [self.read(update)]

    async def hand_over(
        self, sink: InboundSink, events: Sequence[AnyInboundEvent], after: str
    ) -> None:
        await sink.accept(events, cursor=Cursor(scope=SCOPE, value=CursorValue(after)))

    async def confirm(self, after: str) -> None:
        await self.call("GET", "/confirm", query={"before": after})


class ConfirmsBeforeAccept(_Reads):
    async def hand_over(
        self, sink: InboundSink, events: Sequence[AnyInboundEvent], after: str
    ) -> None:
        await self.confirm(after)
        await super().hand_over(sink, events, after)


class ConfirmsWhenCancelled(_Reads):
    async def hand_over(
        self, sink: InboundSink, events: Sequence[AnyInboundEvent], after: str
    ) -> None:
        try:
            await super().hand_over(sink, events, after)
        except asyncio.CancelledError:
            await self.confirm(after)
            raise


class CommitsCursorFirst(_Reads):
    async def hand_over(
        self, sink: InboundSink, events: Sequence[AnyInboundEvent], after: str
    ) -> None:
        await sink.accept([], cursor=Cursor(scope=SCOPE, value=CursorValue(after)))
        await super().hand_over(sink, events, after)


class ConfirmsAfterLostLease(_Reads):
    async def hand_over(
        self, sink: InboundSink, events: Sequence[AnyInboundEvent], after: str
    ) -> None:
        with contextlib.suppress(LeaseLost):
            await super().hand_over(sink, events, after)
        await self.confirm(after)


class ReadsOnWithoutLease(_Reads):
    async def hand_over(
        self, sink: InboundSink, events: Sequence[AnyInboundEvent], after: str
    ) -> None:
        with contextlib.suppress(LeaseLost):
            await super().hand_over(sink, events, after)


class ReadsBeforeReceive(SampleConnector):
    async def open(self) -> None:
        await super().open()
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        found = await self.call("GET", "/updates", query={"after": "0"})
        await self.call("GET", "/confirm", query={"before": str(found["next"])})

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})


class RandomKeys(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        return msgspec.structs.replace(super().read(update), event_key=uuid.uuid4().hex)


class OneKeyForAll(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        return msgspec.structs.replace(super().read(update), event_key="update")


class DropsRaw(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        return msgspec.structs.replace(super().read(update), raw=None)


class DropsJunk(_Reads):
    def events(self, update: dict[str, Any]) -> list[AnyInboundEvent]:
        return [e for e in super().events(update) if not isinstance(e, Unreadable)]


class DiesOfJunk(_Reads):
    def events(self, update: dict[str, Any]) -> list[AnyInboundEvent]:
        if isinstance(self.read(update), Unreadable):
            raise KeyError(update["kind"])
        return super().events(update)


class TakesEchoForTheirs(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        return super().read({**update, "from": "person-1"})


class KnowsEchoByText(_Reads):
    def __init__(self, config: Any, context: Any) -> None:
        super().__init__(config, context)
        self.said: set[str] = set()

    async def send(self, message: Any) -> Any:
        self.said.add(message.text)
        return await super().send(message)

    def events(self, update: dict[str, Any]) -> list[AnyInboundEvent]:
        return [] if update.get("text") in self.said else super().events(update)


class EditNamesOtherMessage(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if isinstance(event, MessageReceived):
            return event
        return msgspec.structs.replace(event, remote_id=RemoteId("0"))


class EditHasKeyOfMessage(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        key = f"message:{update.get('message')}"
        return msgspec.structs.replace(super().read(update), event_key=key)


class DropsEarlyEdits(_Reads):
    def __init__(self, config: Any, context: Any) -> None:
        super().__init__(config, context)
        self.known: set[str] = set()

    def events(self, update: dict[str, Any]) -> list[AnyInboundEvent]:
        event = self.read(update)
        if isinstance(event, MessageEdited) and event.remote_id not in self.known:
            return []
        self.known.add(update["message"])
        return [event]


class DropsLateMessages(_Reads):
    last = 0

    def events(self, update: dict[str, Any]) -> list[AnyInboundEvent]:
        if int(update["message"]) < self.last:
            return []
        self.last = int(update["message"])
        return super().events(update)


class SwallowsCancellation(_Reads):
    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        for _ in range(3):
            with contextlib.suppress(asyncio.CancelledError):
                await super().receive(sink, cursors)


class ReturnsWhenCancelled(_Reads):
    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await super().receive(sink, cursors)


class LeavesTask(SampleConnector):
    async def open(self) -> None:
        await super().open()
        self.task = asyncio.create_task(asyncio.sleep(30))


class ClosesOnce(SampleConnector):
    is_closed = False

    async def close(self) -> None:
        if self.is_closed:
            raise RuntimeError("closed already")
        self.is_closed = True


class StartsWhenMade(SampleConnector):
    def __init__(self, config: Any, context: Any) -> None:
        super().__init__(config, context)
        self.ready = asyncio.get_running_loop().create_future()


class NamesNobody(SampleConnector):
    async def check(self) -> AccountInfo:
        return AccountInfo(shown_as="")


class ChecksBySending(SampleConnector):
    async def check(self) -> AccountInfo:
        await self.call("POST", "/messages", {"key": "test", "text": "Test"})
        return await super().check()


class CallsRefusalTransient(SampleConnector):
    async def call(self, *args: Any, **options: Any) -> dict[str, Any]:
        try:
            return await super().call(*args, **options)
        except ConnectorError as error:
            raise TransientError("something went wrong") from error


class IgnoresSilence(SampleConnector):
    async def open(self) -> None:
        with contextlib.suppress(TransientError):
            await super().open()

    async def check(self) -> AccountInfo:
        return AccountInfo(shown_as="@sample")


class LeaksLibraryErrors(SampleConnector):
    async def open(self) -> None:
        try:
            await super().open()
        except TransientError as error:
            raise error.__cause__ or error from None


class AlwaysDown(SampleConnector):
    def health(self) -> Health:
        return Health(state=HealthState.DOWN)


class NaiveHealth(SampleConnector):
    def health(self) -> Health:
        at = self.context.clock.now().replace(tzinfo=None)
        return Health(state=HealthState.RUNNING, last_event_at=at)


@dataclasses.dataclass
class _Settings:
    token: str


class SecretInRepr(SampleConnector):
    def __init__(self, config: Any, context: Any) -> None:
        super().__init__(config, context)
        self.settings = _Settings(config.token.get_secret_value())


class SecretInCheck(SampleConnector):
    async def check(self) -> AccountInfo:
        return AccountInfo(shown_as=f"account of {self.config.token.get_secret_value()}")


class SecretInLog(SampleConnector):
    async def open(self) -> None:
        self.context.log.info("sample.open", token=self.config.token.get_secret_value())
        await super().open()


class TextInLog(SampleConnector):
    async def send(self, message: Any) -> Any:
        self.context.log.info("sample.send", text=message.text)
        return await super().send(message)


class ReportsForAnybody(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, DeliveryReported):
            return event
        key = self.sent_keys[-1]
        return msgspec.structs.replace(event, send_key=key, remote_id=None, is_for_any_account=True)

    def __init__(self, config: SampleConfig, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.sent_keys: list[str] = []

    async def send(self, message: OutboundMessage) -> Sent:
        self.sent_keys.append(message.key)
        return await super().send(message)


class PassesOnToNobody(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, DeliveryReported):
            return event
        return msgspec.structs.replace(event, sent_to=event.remote_place, remote_place=None)


class KeepsTheReason(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, DeliveryReported):
            return event
        return msgspec.structs.replace(event, reason="")


class GivesUpWhenDelayed(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, DeliveryReported):
            return event
        return msgspec.structs.replace(event, recipient_is_gone=True)


class GapWithoutReason(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, HistoryGap):
            return event
        return msgspec.structs.replace(event, reason=" ")


class GapAnew(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, HistoryGap):
            return event
        return msgspec.structs.replace(event, event_key=f"{event.event_key}/{uuid.uuid4()}")


class GapBackwards(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, HistoryGap):
            return event
        return msgspec.structs.replace(event, since=event.until + timedelta(seconds=1))


class ClosesSpeechless(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, PlaceChanged):
            return event
        return msgspec.structs.replace(event, reason="")


class NeverOpens(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, PlaceChanged):
            return event
        return msgspec.structs.replace(event, is_reachable=False, reason="Closed.")


class OpensElsewhere(SampleConnector):
    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        event = super().read(update)
        if not isinstance(event, PlaceChanged) or not event.is_reachable:
            return event
        return msgspec.structs.replace(event, place=Place(remote=RemotePlace("chat-9")))
