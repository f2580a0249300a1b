"""A channel whose network calls us, for tests of the way in: it does what the path says."""

from typing import ClassVar

from pydantic import BaseModel

from core.connector import (
    AccountInfo,
    Connector,
    ConnectorConfig,
    Health,
    InboundSink,
    WebhookReply,
    WebhookRequest,
)
from core.errors import AuthRefused, ContentRejected, TransientError
from core.ids import RemoteId, RemotePlace
from core.messages import MessageReceived, OutboundMessage, Place, RemotePart, Sender, Sent
from core.people import Evidence, EvidenceKind

MANIFEST = {
    "channel": "hooked",
    "name": "Hooked",
    "contract": 1,
    "realm": "hooked",
    "intake": ["webhook"],
    "entry": "tests.web.hooked:HookedConnector",
}


class HookedConnector(Connector):
    Config: ClassVar[type[BaseModel]] = ConnectorConfig

    async def open(self) -> None:
        pass

    async def check(self) -> AccountInfo:
        return AccountInfo(shown_as="hooked")

    async def handle_webhook(self, request: WebhookRequest, sink: InboundSink) -> WebhookReply:
        match request.path:
            case "later":
                raise TransientError("not now")
            case "forged":
                raise AuthRefused("the signature is wrong")
            case "junk":
                raise ContentRejected("no such update")
            case "challenge":
                return WebhookReply(body=request.query["answer"].encode(), media_type="text/plain")
        text = request.body.decode()
        event = MessageReceived(
            event_key=request.headers["x-update"],
            raw=request.body,
            place=Place(remote=RemotePlace("p")),
            sender=Sender(
                realm="hooked", handle="1", evidence=(Evidence(kind=EvidenceKind.NETWORK_ID),)
            ),
            text=text,
            remote_parts=(RemotePart(remote_id=RemoteId(request.headers["x-update"])),),
        )
        await sink.accept([event])
        return WebhookReply(status=202, headers={"X-Taken": request.method})

    async def send(self, message: OutboundMessage) -> Sent:
        return Sent()

    def health(self) -> Health:
        return Health()

    async def close(self) -> None:
        pass
