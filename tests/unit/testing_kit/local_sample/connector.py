"""One kiosk on one site."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel

from core.capabilities import Capabilities, Receipt, TextLimit
from core.connector import (
    AccountInfo,
    Attestation,
    ConnectorContext,
    Health,
    LocalConnector,
    Visitor,
    VisitorMessage,
    VisitorSignal,
)
from core.errors import ContentRejected
from core.ids import RemoteId
from core.messages import AnyInboundEvent, OutboundMessage, Place, RemotePart, Sender, Sent
from tests.unit.testing_kit.local_sample import convert, errors
from tests.unit.testing_kit.local_sample.config import KioskConfig

LONGEST_LIFE = timedelta(minutes=5)


class KioskConnector(LocalConnector):
    Config: ClassVar[type[BaseModel]] = KioskConfig
    capabilities: ClassVar[Capabilities] = Capabilities(
        text=TextLimit(length=20_000),
        receipts=(Receipt.ACCEPTED, Receipt.DELIVERED, Receipt.READ),
        attests_host_account=True,
    )

    def __init__(self, config: KioskConfig, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.config = config

    async def open(self) -> None:
        """There is nothing to connect to."""

    async def check(self) -> AccountInfo:
        return AccountInfo(shown_as=self.config.site)

    async def send(self, message: OutboundMessage) -> Sent:
        if len(message.text) > (self.capabilities.text.length or 0):
            raise ContentRejected("the text is too long")
        return Sent(remote_parts=(RemotePart(remote_id=RemoteId(message.key)),))

    def health(self) -> Health:
        return Health()

    async def close(self) -> None:
        """There is nothing to close."""

    def allows_origin(self, origin: str | None) -> bool:
        return origin == self.config.origin

    def attest(self, token: str) -> Attestation:
        try:
            return self.proven(self.claims_in(token))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise errors.refused(error) from error

    def claims_in(self, token: str) -> dict[str, Any]:
        key = OctKey.import_key(self.config.token_secret.get_secret_value())
        return dict(jwt.decode(token, key, algorithms=["HS256"]).claims)

    def proven(self, claims: dict[str, Any]) -> Attestation:
        now = self.context.clock.now()
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        if not now < expires_at <= now + LONGEST_LIFE or claims["aud"] != self.config.audience:
            raise ValueError("not for now, or not for us")
        if not claims["sub"] or not claims["jti"]:
            raise ValueError("names nobody")
        return Attestation(
            host_account=claims["sub"],
            token_id=claims["jti"],
            expires_at=expires_at,
            name=claims["name"],
            email=claims["email"] if claims["email_verified"] is True else None,
        )

    def sender_of(self, visitor: Visitor) -> Sender:
        return convert.to_sender(visitor, self.config.site)

    def place_of(self, visitor: Visitor) -> Place:
        return convert.to_place(visitor)

    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        return convert.to_event(visitor, message, self.config.site)

    def to_signal(
        self, visitor: Visitor, signal: VisitorSignal, *, send_key: str | None, text: str = ""
    ) -> AnyInboundEvent:
        return convert.to_signal(visitor, signal, send_key, self.config.site)

    def appearance(self) -> dict[str, str]:
        return {"title": self.config.site}

    @property
    def requires_attestation(self) -> bool:
        return False
