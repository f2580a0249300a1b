"""Connectors with one fault each in what goes out, or in what they claim to be able to do."""

import base64
import contextlib
import logging
import time
from typing import Any

import msgspec

from core.capabilities import TextUnit
from core.connector import Connector
from core.errors import (
    ConnectorError,
    ContentRejected,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    TransientError,
)
from core.ids import RemoteId, RemotePlace
from core.messages import (
    IdentityAddress,
    InboundAttachment,
    OutboundMessage,
    Place,
    PlaceKind,
    RemotePart,
    Sent,
)
from core.splitting import length_of
from tests.unit.testing_kit.sample import convert
from tests.unit.testing_kit.sample.connector import SampleConnector
from tests.unit.testing_kit.sample.errors import Missing


class SendsTwice(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        await super().send(message)
        return await super().send(message)


class SendsNothing(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        return Sent(remote_parts=(RemotePart(remote_id=RemoteId("1")),))


class RetriesItself(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        try:
            return await super().send(message)
        except ConnectorError:
            return await super().send(message)


class WaitsItself(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        try:
            return await super().send(message)
        except RateLimited as error:
            await self.context.clock.sleep(error.retry_after.total_seconds())
            raise


class EverythingIsTransient(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        try:
            return await super().send(message)
        except ConnectorError as error:
            raise TransientError(str(error)) from error


class EverythingIsPermanent(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        try:
            return await super().send(message)
        except ConnectorError as error:
            raise PermanentError(str(error)) from error


class UnknownIsSent(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        try:
            return await super().send(message)
        except OutcomeUnknown:
            return Sent(remote_parts=(RemotePart(remote_id=RemoteId("1")),))


class NeverRecovers(SampleConnector):
    broken: ConnectorError | None = None

    async def send(self, message: OutboundMessage) -> Sent:
        if self.broken is not None:
            raise self.broken
        try:
            return await super().send(message)
        except ConnectorError as error:
            self.broken = error
            raise


class SpeechlessErrors(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        try:
            return await super().send(message)
        except TransientError as error:
            raise TransientError("") from error


class LeavesLimitToNetwork(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        try:
            return await super().send(message)
        except ContentRejected:
            await self.call("POST", "/messages", convert.to_request(message, []))
            raise


class CountsCharacters(SampleConnector):
    """The network counts UTF-16 units."""

    async def send(self, message: OutboundMessage) -> Sent:
        if length_of(message.text, TextUnit.CHARACTERS) > 500:
            raise ContentRejected("the text is too long")
        files: list[tuple[str, str, bytes]] = []
        made = await self.call("POST", "/messages", convert.to_request(message, files))
        return Sent(remote_parts=(RemotePart(remote_id=RemoteId(made["id"])),))


class CutsLongTexts(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        return await super().send(msgspec.structs.replace(message, text=message.text[:100]))


class ReadsBeforeRefusing(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        for one in message.attachments:
            async with self.context.open_blob(one.blob_key) as blob:
                await blob.read()
        return await super().send(message)


class ForgetsFormatting(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        return await super().send(msgspec.structs.replace(message, spans=()))


class TakesSignsForMarks(SampleConnector):
    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        if body is not None and "text" in body:
            body = {**body, "text": body["text"].replace("\\", "")}
        return await super().call(method, path, body, query)


class CountsTextOnly(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        if length_of(message.text, TextUnit.UTF16) > 500:
            raise ContentRejected("the text is too long")
        made = await self.call("POST", "/messages", convert.to_request(message, []))
        return Sent(remote_parts=(RemotePart(remote_id=RemoteId(made["id"])),))


class RenamesFiles(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        renamed = tuple(msgspec.structs.replace(a, name="file") for a in message.attachments)
        return await super().send(msgspec.structs.replace(message, attachments=renamed))


class OneAtATime(SampleConnector):
    """Takes a second message for the first if the first is still on its way."""

    sending: OutboundMessage | None = None

    async def send(self, message: OutboundMessage) -> Sent:
        self.sending = self.sending or message
        try:
            return await super().send(self.sending)
        finally:
            self.sending = None


class BlocksBySleeping(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        time.sleep(0.3)  # noqa: ASYNC251 - the fault
        return await super().send(message)


class BlocksByWorking(SampleConnector):
    async def open(self) -> None:
        end = time.thread_time() + 0.3
        while time.thread_time() < end:
            sum(range(1000))
        await super().open()


class SecretInError(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        try:
            return await super().send(message)
        except ConnectorError as error:
            token = self.config.token.get_secret_value()
            raise TransientError("failed", detail=f"token={token}") from error


class SecretInBase64(SampleConnector):
    """As mail libraries log their logins."""

    async def open(self) -> None:
        login = f"\0me\0{self.config.token.get_secret_value()}".encode()
        logging.getLogger("mail").debug("AUTH PLAIN %s", base64.b64encode(login).decode())
        await super().open()


# Claims


def _without(*flags: str) -> Any:
    return msgspec.structs.replace(SampleConnector.capabilities, **dict.fromkeys(flags, False))


class ClaimsEdit(SampleConnector):
    edit = Connector.edit


class HidesEdit(SampleConnector):
    capabilities = _without("edit")


class DoesNotSayUnsupported(SampleConnector):
    capabilities = _without("edit")

    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        raise PermanentError("cannot")


class SilentlyIgnores(SampleConnector):
    capabilities = _without("typing")

    async def set_typing(self, place: Place, *, is_typing: bool) -> None:
        return None


class ForgetsEdits(SampleConnector):
    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        return None


class EditsByWritingAnew(SampleConnector):
    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        await self.send(msgspec.structs.replace(message, key="another"))


class ForgetsTheRest(SampleConnector):
    """Does nothing where the person should have noticed something."""

    async def delete(self, place: Place, remote_id: RemoteId) -> None:
        return None

    async def mark_read(self, place: Place, remote_id: RemoteId) -> None:
        return None

    async def set_typing(self, place: Place, *, is_typing: bool) -> None:
        return None

    async def find_sent(self, message: OutboundMessage) -> Sent | None:
        return None

    async def fetch_attachment(self, attachment: InboundAttachment) -> bytes:
        return b""

    @classmethod
    def to_recipient(cls, typed: str) -> tuple[Place, IdentityAddress]:
        return super().to_recipient("person-1")

    async def send(self, message: OutboundMessage) -> Sent:
        bare = msgspec.structs.replace(
            message, subject="", in_reply_to=(), copy_to=None, key=f"{message.key}-{time.time_ns()}"
        )
        return await super().send(bare)


class CopiesAlong(SampleConnector):
    """Sends the copies with the recipient's delivery, and once more by their own."""

    async def send(self, message: OutboundMessage) -> Sent:
        to = message.copy_to or next(iter(message.copies), None)
        return await super().send(msgspec.structs.replace(message, copy_to=to))


class ChangesOnlyOnce(SampleConnector):
    """Takes what is done already for a refusal."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.done: set[str] = set()

    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        self._once(message.text)
        await super().edit(message, remote_id)

    async def delete(self, place: Place, remote_id: RemoteId) -> None:
        self._once(remote_id)
        await super().delete(place, remote_id)

    def _once(self, what: str) -> None:
        if what in self.done:
            raise PermanentError("it is not modified")
        self.done.add(what)


class EditsWhatIsGone(SampleConnector):
    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        with contextlib.suppress(Missing):
            await super().edit(message, remote_id)


class AnswersBeforeEverybody(SampleConnector):
    @classmethod
    def private_place(cls, identity: IdentityAddress) -> Place | None:
        return Place(remote=RemotePlace("chat-1"), kind=PlaceKind.GROUP)


class TakesAnyAddress(SampleConnector):
    @classmethod
    def to_recipient(cls, typed: str) -> tuple[Place, IdentityAddress]:
        place = Place(remote=RemotePlace("chat-9"))
        return place, IdentityAddress(realm="sample", handle=typed.strip())


class FindsWhatWasLost(SampleConnector):
    async def find_sent(self, message: OutboundMessage) -> Sent | None:
        return Sent()


class ForgetsIds(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        await super().send(message)
        return Sent()


class WritesOnlyToKnown(SampleConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        if message.place.remote != "chat-1":
            raise PermanentError("they never wrote")
        return await super().send(message)
