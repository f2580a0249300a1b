"""One widget on one site: who may come, what a token proves, and what a message is as an event."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel

from connectors.webchat import convert, tokens
from connectors.webchat.config import Config
from connectors.webchat.jwks import PublishedKeys
from connectors.webchat.origins import is_allowed, origin_of
from connectors.webchat.summary import to_rating_request, to_summary
from core.capabilities import Capabilities, FileLimits, Rates, Receipt, TextLimit
from core.connector import (
    AccountInfo,
    Attestation,
    CheckStep,
    ConnectorContext,
    Continuation,
    FormField,
    Health,
    HealthState,
    LocalConnector,
    Missed,
    Reception,
    Summary,
    Visitor,
    VisitorLimits,
    VisitorMessage,
    VisitorSignal,
)
from core.errors import BadConfig
from core.hours import is_open, opens_at, zone_of
from core.ids import RemoteId
from core.messages import (
    AnyInboundEvent,
    OutboundMessage,
    Place,
    RemotePart,
    Sender,
    Sent,
)
from core.rich_text import Mark

MIB = 1024 * 1024
LONGEST_TEXT = 20_000


class WebchatConnector(LocalConnector):
    """Nothing leaves the house here: what is committed is in the visitor's stream already."""

    Config: ClassVar[type[BaseModel]] = Config
    capabilities = Capabilities(
        text=TextLimit(length=LONGEST_TEXT),
        marks=tuple(mark for mark in Mark if mark is not Mark.MENTION),
        files=FileLimits(max_count=10, max_size=20 * MIB),
        receipts=(Receipt.ACCEPTED, Receipt.DELIVERED, Receipt.READ),
        rates=Rates(in_flight=32),
        edit=True,
        delete=True,
        typing=True,
        buttons=True,
        send_is_deduplicated=True,
        attests_host_account=True,
        presence=True,
    )

    def __init__(self, config: BaseModel, context: ConnectorContext) -> None:
        super().__init__(config, context)
        if not isinstance(config, Config):
            raise BadConfig("these are not the settings of a web chat account")
        self._config = config
        self._keys = {key.kid: key.verifying() for key in config.keys}
        self._published = (
            PublishedKeys(config.jwks_url, clock=context.clock, http=context.http, log=context.log)
            if config.jwks_url
            else None
        )
        self._origins = (origin_of(context.public_url), *config.allowed_origins)
        self._zone = zone_of(config.timezone)
        self._is_open = False

    @classmethod
    def ready_config(cls, desk_name: str) -> Mapping[str, Any]:
        """The chat on the desk's own pages; others are allowed once it stands on them."""
        title = "".join(c for c in desk_name if c.isprintable()).strip()[:60].strip()
        site = re.sub(r"[^a-z0-9]+", "-", desk_name.lower()).strip("-")[:60].strip("-")
        return {"site": site or "site", **({"title": title} if title else {})}

    async def open(self) -> None:
        self._is_open = True

    async def check(self) -> AccountInfo:
        config = self._config
        origins = ", ".join(config.allowed_origins) or "only this installation's own pages"
        published = self._published
        none = "none: visitors stay anonymous" if published is None else "published ones only"
        steps = [
            CheckStep(name="Pages that may embed it", ok=True, detail=origins),
            CheckStep(name="Token keys", ok=True, detail=", ".join(self._keys) or none),
        ]
        if published is not None:
            steps.append(await _check_published(published))
        return AccountInfo(shown_as=f"{config.title} on {config.site}", steps=tuple(steps))

    async def send(self, message: OutboundMessage) -> Sent:
        convert.check_limits(message, self.capabilities)
        return Sent(
            remote_parts=(RemotePart(remote_id=RemoteId(message.key), part=message.part),),
            at=self.context.clock.now(),
        )

    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        """The stream shows what the record says now."""

    async def delete(self, place: Place, remote_id: RemoteId) -> None:
        """The stream shows what the record says now."""

    async def set_typing(self, place: Place, *, is_typing: bool) -> None:
        """The router shows agents' typing to its own visitors."""

    def health(self) -> Health:
        if self._is_open and self._published is not None and self._published.problem:
            detail = f"The host's keys cannot be read: {self._published.problem}."
            return Health(state=HealthState.DEGRADED, detail=detail)
        return Health(state=HealthState.RUNNING if self._is_open else HealthState.STARTING)

    async def close(self) -> None:
        self._is_open = False

    def allows_origin(self, origin: str | None) -> bool:
        """A browser sends the origin with whatever a foreign page could ask for."""
        return origin is None or is_allowed(origin, self._origins)

    async def fetch_keys(self, token: str) -> None:
        kid = tokens.named_key(token)
        if self._published is not None and kid is not None and kid not in self._keys:
            await self._published.look_for(kid)

    def attest(self, token: str) -> Attestation:
        published = {} if self._published is None else self._published.keys
        return tokens.verify(
            token,
            keys={**published, **self._keys},  # what is configured is never replaced from outside
            audience=self._config.audience,
            now=self.context.clock.now(),
            needs_kid=self._published is not None,
        )

    def sender_of(self, visitor: Visitor) -> Sender:
        return convert.to_sender(visitor, self._config.site)

    def place_of(self, visitor: Visitor) -> Place:
        return convert.to_place(visitor, self._config.site)

    def to_event(self, visitor: Visitor, message: VisitorMessage) -> AnyInboundEvent:
        return convert.to_message(visitor, message, self._config.site)

    def to_signal(
        self, visitor: Visitor, signal: VisitorSignal, *, send_key: str | None, text: str = ""
    ) -> AnyInboundEvent:
        return convert.to_signal(visitor, signal, self._config.site, send_key=send_key, text=text)

    @property
    def notes_pages(self) -> bool:
        return self._config.note_pages

    @property
    def shows_photos(self) -> bool:
        return self._config.show_photos

    @property
    def embedders(self) -> tuple[str, ...]:
        return self._config.allowed_origins

    def reception(self) -> Reception:
        config, now = self._config, self.context.clock.now()
        hours, zone = config.hours, self._zone
        if not hours:
            desk = self.context.desk_hours()
            hours, zone = desk.hours, zone_of(desk.time_zone)
        is_there = is_open(hours, zone, now)
        return Reception(
            is_open=is_there,
            opens_at=opens_at(hours, zone, now),
            reply_minutes=config.reply_minutes,
            form=tuple(
                FormField(
                    name=one.name,
                    label=one.label,
                    kind=one.kind,
                    choices=one.choices,
                    is_required=one.is_required,
                )
                for one in config.form
                if one.asked in ("always", "open" if is_there else "closed")
            ),
            form_note=config.form_note,
        )

    @property
    def continuation(self) -> Continuation | None:
        if not self._config.continue_by:
            return None
        after = timedelta(minutes=self._config.continue_after_minutes)
        return Continuation(account=self._config.continue_by, after=after)

    def to_summary(
        self, missed: Sequence[Missed], *, language: str | None, stop_url: str = ""
    ) -> Summary:
        return to_summary(missed, title=self._config.title, language=language, stop_url=stop_url)

    @property
    def asks_rating(self) -> bool:
        return self._config.ask_rating and self.continuation is not None

    def to_rating_request(self, url: str, *, language: str | None, stop_url: str = "") -> Summary:
        title = self._config.title
        return to_rating_request(url, title=title, language=language, stop_url=stop_url)

    def appearance(self) -> dict[str, str]:
        config = self._config
        return {
            "title": config.title,
            "greeting": config.greeting,
            "color": config.color,
            "language": config.language,
            "position": config.position,
            "launcher": config.launcher,
        }

    @property
    def requires_attestation(self) -> bool:
        return self._config.require_signed

    @property
    def limits(self) -> VisitorLimits:
        return VisitorLimits(
            messages_per_minute=self._config.messages_per_minute,
            sessions_per_minute=self._config.sessions_per_minute,
            requests_per_minute=self._config.requests_per_minute,
            text_length=LONGEST_TEXT,
        )


async def _check_published(published: PublishedKeys) -> CheckStep:
    await published.refresh()
    name = "Published keys"
    if published.problem:
        fix = "Let the address give a JSON Web Key Set (RFC 7517) without a redirect."
        return CheckStep(name=name, ok=False, detail=published.problem, fix=fix)
    if not published.keys:
        fix = "Publish an RSA, P-256 or Ed25519 key with a kid, for signing."
        return CheckStep(name=name, ok=False, detail="there is none that we can use", fix=fix)
    return CheckStep(name=name, ok=True, detail=", ".join(published.keys))
