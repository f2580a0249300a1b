"""One account of the sample network."""

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import aiohttp
from pydantic import BaseModel

from core.capabilities import Capabilities, FileLimits, Receipt, TextLimit, TextUnit
from core.checking import CheckStep
from core.connector import (
    AccountInfo,
    Connector,
    ConnectorContext,
    Cursor,
    CursorValue,
    Health,
    HealthState,
    InboundSink,
)
from core.errors import ContentRejected, UnreadableEvent
from core.ids import RemoteId, RemotePlace
from core.messages import (
    AnyInboundEvent,
    IdentityAddress,
    InboundAttachment,
    OutboundMessage,
    Place,
    RemotePart,
    Sent,
    Unreadable,
)
from core.rich_text import Mark, Span
from core.splitting import length_of
from tests.unit.testing_kit.sample import convert, errors
from tests.unit.testing_kit.sample.config import SampleConfig

SCOPE = "updates"


class SampleConnector(Connector):
    Config: ClassVar[type[BaseModel]] = SampleConfig
    capabilities: ClassVar[Capabilities] = Capabilities(
        text=TextLimit(length=500, unit=TextUnit.UTF16),
        files=FileLimits(max_count=2, max_size=10_000),
        receipts=(Receipt.ACCEPTED, Receipt.DELIVERED, Receipt.READ),
        marks=(Mark.BOLD, Mark.LINK),
        subject=True,
        threads=True,
        copies=True,
        edit=True,
        delete=True,
        delete_window=timedelta(days=2),
        mark_read=True,
        typing=True,
        reactions=True,
        fetch_attachment=True,
        find_sent=True,
        send_is_deduplicated=True,
        can_open_conversation=True,
        round_trip=True,
    )

    def __init__(self, config: SampleConfig, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.config = config
        self._health = Health()

    @classmethod
    def to_recipient(cls, typed: str) -> tuple[Place, IdentityAddress]:
        handle = typed.strip()
        if not re.fullmatch(r"person-\d+", handle):
            raise ContentRejected("Somebody there is named like person-7.")
        place = Place(remote=RemotePlace(f"chat-{handle.removeprefix('person-')}"))
        return place, IdentityAddress(realm="sample", handle=handle)

    @classmethod
    def to_wire(cls, text: str, spans: Sequence[Span]) -> str:
        return convert.to_markup(text, spans)

    @classmethod
    def private_place(cls, identity: IdentityAddress) -> Place | None:
        return Place(remote=RemotePlace(f"chat-{identity.handle.removeprefix('person-')}"))

    async def open(self) -> None:
        await self.call("GET", "/me")

    async def check(self) -> AccountInfo:
        return AccountInfo(shown_as=(await self.call("GET", "/me"))["name"])

    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        after = cursors[SCOPE].value if SCOPE in cursors else "0"
        while True:
            found = await self.call("GET", "/updates", query={"after": after})
            events = [self.read(one) for one in found["updates"] if not self.is_own_test(one)]
            after = str(found["next"])
            if events:
                cursor = Cursor(scope=SCOPE, value=CursorValue(after))
                await sink.accept(events, cursor=cursor)
            self._health = Health(state=HealthState.RUNNING, last_event_at=self.context.clock.now())
            self.context.log.debug("sample.polled", count=len(events))

    def read(self, update: dict[str, Any]) -> AnyInboundEvent:
        try:
            return convert.to_event(update)
        except UnreadableEvent as error:
            raw = json.dumps(update).encode()
            return Unreadable(event_key=f"update:{update.get('id')}", raw=raw, reason=str(error))

    def is_own_test(self, update: dict[str, Any]) -> bool:
        return bool(update.get("from") == "tester")

    async def round_trip(self) -> Sequence[CheckStep]:
        made = await self.call("POST", "/tests")
        return [CheckStep(name="came", ok=made["is_shown"])]

    async def send(self, message: OutboundMessage) -> Sent:
        limits = self.capabilities
        wire = self.to_wire(message.text, message.spans)
        if length_of(wire, limits.text.unit) > (limits.text.length or 0):
            raise ContentRejected("the text is too long")
        if len(message.attachments) > limits.files.max_count:
            raise ContentRejected("too many files")
        if any(one.size > limits.files.max_size for one in message.attachments):
            raise ContentRejected("a file is too large")
        files = []
        for one in message.attachments:
            async with self.context.open_blob(one.blob_key) as blob:
                files.append((one.name, one.media_type, await blob.read()))
        made = await self.call("POST", "/messages", convert.to_request(message, files))
        return Sent(remote_parts=(RemotePart(remote_id=RemoteId(made["id"])),))

    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        await self.call(
            "PUT",
            f"/messages/{remote_id}",
            {"text": convert.to_markup(message.text, message.spans)},
        )

    async def delete(self, place: Place, remote_id: RemoteId) -> None:
        with contextlib.suppress(errors.Missing):
            await self.call("DELETE", f"/messages/{remote_id}")

    async def mark_read(self, place: Place, remote_id: RemoteId) -> None:
        await self.call("POST", "/signs", {"sign": "read"})

    async def set_typing(self, place: Place, *, is_typing: bool) -> None:
        await self.call("POST", "/signs", {"sign": "typing"})

    async def find_sent(self, message: OutboundMessage) -> Sent | None:
        found = await self.call("GET", "/sent", query={"key": message.key})
        if found["id"] is None:
            return None
        return Sent(remote_parts=(RemotePart(remote_id=RemoteId(found["id"])),))

    async def fetch_attachment(self, attachment: InboundAttachment) -> bytes:
        found = await self.call("GET", f"/files/{attachment.remote}")
        return bytes.fromhex(found["content"])

    def health(self) -> Health:
        return self._health

    async def close(self) -> None:
        """Nothing is held open between two calls."""

    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.config.token.get_secret_value()}"}
        url = self.config.api_base_url + path
        http: aiohttp.ClientSession = self.context.http
        try:
            async with http.request(
                method, url, json=body, params=query, headers=headers
            ) as response:
                answer: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.of_failure(error, may_have_left=method == "POST") from error
        if response.status >= 400:
            retry_after = response.headers.get("Retry-After")
            raise errors.of_answer(response.status, answer.get("code", ""), retry_after)
        return answer
