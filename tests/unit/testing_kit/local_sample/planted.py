"""Local connectors with one fault each."""

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from core.connector import (
    Attestation,
    Continuation,
    FormField,
    Missed,
    Reception,
    Summary,
    Visitor,
    VisitorMessage,
    VisitorSignal,
)
from core.errors import AttestationRefused
from core.messages import AnyInboundEvent, MessageReceived, OutboundMessage, Sender, Sent
from core.people import Evidence, EvidenceKind
from tests.unit.testing_kit.local_sample.connector import KioskConnector


class BelievesUnsigned(KioskConnector):
    def claims_in(self, token: str) -> dict[str, Any]:
        if token.endswith("."):
            body = token.split(".")[1]
            found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=="))
            return found
        return super().claims_in(token)


class BelievesAnybody(KioskConnector):
    def claims_in(self, token: str) -> dict[str, Any]:
        body = token.split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "==="))
        return found


class _Proves(KioskConnector):
    def proven(self, claims: dict[str, Any]) -> Attestation:
        return super().proven({**claims, **self.believed(claims)})

    def believed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {}


class IgnoresExpiry(_Proves):
    def believed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {"exp": self.context.clock.now().timestamp() + 60}


class TakesLongLived(_Proves):
    def believed(self, claims: dict[str, Any]) -> dict[str, Any]:
        soon = self.context.clock.now().timestamp() + 60
        return {"exp": min(claims["exp"], soon)} if claims["exp"] > soon else {}


class IgnoresAudience(_Proves):
    def believed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {"aud": "kiosk"}


class NeedsNoId(_Proves):
    def believed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {"jti": claims.get("jti", "none")}


class BelievesAddresses(_Proves):
    def believed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {"email_verified": True}


class ForgetsAddresses(_Proves):
    def believed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {"email_verified": False}


class TellsTheToken(KioskConnector):
    def attest(self, token: str) -> Attestation:
        try:
            return super().attest(token)
        except AttestationRefused as error:
            raise AttestationRefused(f"refused {token}") from error


class LetsErrorsThrough(KioskConnector):
    def attest(self, token: str) -> Attestation:
        return self.proven(self.claims_in(token))


class BelievesNames(KioskConnector):
    def sender_of(self, visitor: Visitor) -> Sender:
        host = Evidence(kind=EvidenceKind.SIGNED_TOKEN) if visitor.name else None
        found = super().sender_of(visitor)
        return msgspec.structs.replace(found, evidence=(*found.evidence, host)) if host else found


class StaysAnonymous(KioskConnector):
    def sender_of(self, visitor: Visitor) -> Sender:
        return super().sender_of(msgspec.structs.replace(visitor, attestation=None))


class RandomKeys(KioskConnector):
    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        found = super().to_event(visitor, message)
        return msgspec.structs.replace(found, event_key=uuid.uuid4().hex)


class KeysWithoutSession(KioskConnector):
    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        found = super().to_event(visitor, message)
        return msgspec.structs.replace(found, event_key=message.client_id)


class KeysThatRunTogether(KioskConnector):
    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        found = super().to_event(visitor, message)
        return msgspec.structs.replace(found, event_key=f"{visitor.session}{message.client_id}")


class TakesTheClock(KioskConnector):
    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        now = datetime.now(UTC)
        return msgspec.structs.replace(super().to_event(visitor, message), sent_at=now)


class TakesEmpty(KioskConnector):
    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        text = message.text.strip("\0 \n") or "(nothing)"
        return super().to_event(visitor, msgspec.structs.replace(message, text=text))


class OneSignalForAll(KioskConnector):
    def to_signal(
        self, visitor: Visitor, signal: VisitorSignal, *, send_key: str | None, text: str = ""
    ) -> AnyInboundEvent:
        found = super().to_signal(visitor, signal, send_key=send_key, text=text)
        return msgspec.structs.replace(found, event_key=f"{visitor.session}/{signal}")


class AllowsLookAlikes(KioskConnector):
    def allows_origin(self, origin: str | None) -> bool:
        return origin is not None and origin.startswith(self.config.origin)


class WavesItsHands(KioskConnector):
    @property
    def requires_attestation(self) -> bool:
        return "sometimes"  # type: ignore[return-value]  # the fault


class ShowsSecret(KioskConnector):
    def appearance(self) -> dict[str, str]:
        return {"key": self.config.token_secret.get_secret_value()}


class WaitsInSend(KioskConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        await asyncio.sleep(0)
        return await super().send(message)


class TakesAnyLength(KioskConnector):
    async def send(self, message: OutboundMessage) -> Sent:
        return await super().send(msgspec.structs.replace(message, text=""))


class TakesLong(KioskConnector):
    def allows_origin(self, origin: str | None) -> bool:
        time.sleep(0.12)
        return super().allows_origin(origin)


class OpensInThePast(KioskConnector):
    def reception(self) -> Reception:
        return Reception(is_open=False, opens_at=datetime(2001, 1, 1, tzinfo=UTC))


class AsksTwice(KioskConnector):
    def reception(self) -> Reception:
        return Reception(form=(FormField(name="order", label="Order"),) * 2)


class OffersNoChoice(KioskConnector):
    def reception(self) -> Reception:
        return Reception(form=(FormField(name="topic", label="Topic", kind="choice"),))


class ForgetsAnswers(KioskConnector):
    def reception(self) -> Reception:
        return Reception(form=(FormField(name="order", label="Order"),))


class BelievesAnswers(KioskConnector):
    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        event = super().to_event(visitor, message)
        assert isinstance(event, MessageReceived)
        sender = msgspec.structs.replace(event.sender, shown_as=message.answers.get("name", ""))
        return msgspec.structs.replace(event, sender=sender)


class ShowsAnswersAsFacts(KioskConnector):
    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        event = super().to_event(visitor, message)
        return msgspec.structs.replace(event, context=message.answers)


class EndsTheDirective(KioskConnector):
    @property
    def embedders(self) -> tuple[str, ...]:
        return ("https://shop.example; script-src *",)


class GoesOnWithoutWords(KioskConnector):
    @property
    def continuation(self) -> Continuation | None:
        return Continuation(account="mail", after=timedelta(minutes=5))


class GoesOnNowhere(KioskConnector):
    @property
    def continuation(self) -> Continuation | None:
        return Continuation(account=" ", after=timedelta(minutes=5))


class _Writes(KioskConnector):
    def to_summary(
        self, missed: Sequence[Missed], *, language: str | None, stop_url: str = ""
    ) -> Summary:
        said = [f"{one.author}: {one.text} {' '.join(one.files)}" for one in missed]
        return Summary(subject="Missed", text="\n".join([*said, stop_url]))


class KeepsThemComing(_Writes):
    def to_summary(
        self, missed: Sequence[Missed], *, language: str | None, stop_url: str = ""
    ) -> Summary:
        return super().to_summary(missed, language=language)


class TellsBackwards(_Writes):
    def to_summary(
        self, missed: Sequence[Missed], *, language: str | None, stop_url: str = ""
    ) -> Summary:
        return super().to_summary(missed[::-1], language=language, stop_url=stop_url)


class SpeaksOneLanguage(_Writes):
    def to_summary(
        self, missed: Sequence[Missed], *, language: str | None, stop_url: str = ""
    ) -> Summary:
        words = {"en": "Missed"}
        found = super().to_summary(missed, language=language, stop_url=stop_url)
        return msgspec.structs.replace(found, subject=words.get(language or "en", ""))
