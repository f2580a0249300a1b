"""One bot on Discord. Thin: what things mean is in convert.py and errors.py."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel

from connectors.discord.client import DeskClient, call
from connectors.discord.config import Config
from connectors.discord.convert import REALM, TEXT_LIMIT
from connectors.discord.errors import FAILURES, from_failure
from connectors.discord.gateway import Dispatch, Gateway, Inbox, SessionPoint, listen_along
from connectors.discord.intake import Intake
from connectors.discord.library import discord
from connectors.discord.markup import MARKS, write_markdown
from connectors.discord.outgoing import (
    LARGEST_FILE,
    MOST_FILES,
    MOST_TOTAL,
    NONCE_WINDOW,
    Outgoing,
)
from connectors.discord.places import place_of_person
from connectors.discord.replies import Replies
from core.capabilities import Capabilities, FileLimits, Rates, TextFormat, TextLimit
from core.connector import (
    AccountInfo,
    CheckStep,
    Connector,
    ConnectorContext,
    Cursor,
    Endpoint,
    Health,
    HealthState,
    InboundSink,
    Steps,
)
from core.errors import AuthRefused, BadConfig, ConnectorError, ContentRejected
from core.ids import RemoteId
from core.messages import IdentityAddress, OutboundMessage, Place, Sent
from core.rich_text import Span

MANY_SERVERS = (
    "Discord would have {shards} connections for this bot, and this connector makes one, which is "
    "refused from 2,500 servers on: use a bot of its own for the desk."
)
CONTENT_FLAGS = (1 << 18) | (1 << 19)
"""Of an application: it has the message content intent, verified or not."""


class DiscordConnector(Connector):
    """A test may hand in the client, and then runs its gateway; or take ours, once it is open."""

    Config: ClassVar[type[BaseModel]] = Config
    capabilities: ClassVar[Capabilities] = Capabilities(
        text=TextLimit(length=TEXT_LIMIT),
        formats=(TextFormat.PLAIN, TextFormat.MARKDOWN),
        marks=MARKS,
        files=FileLimits(max_count=MOST_FILES, max_size=LARGEST_FILE, max_total_size=MOST_TOTAL),
        rates=Rates(per_place=1.0, per_account=45.0),
        threads=True,
        edit=True,
        delete=True,
        descriptions=True,
        typing=True,
        reactions=True,
        send_is_deduplicated=True,
        deduplicated_for=NONCE_WINDOW,
        longest_send=timedelta(seconds=60),
        can_open_conversation=True,
    )

    def __init__(
        self,
        config: BaseModel,
        context: ConnectorContext,
        client: discord.Client | None = None,
    ) -> None:
        super().__init__(config, context)
        if not isinstance(config, Config):
            raise BadConfig("these are not the settings of this channel")
        self._config = config
        self._given = client
        self.replies = Replies(context.clock)
        self._client: discord.Client | None = None
        self._own_id = ""
        self._gateway: Gateway | None = None
        self._outgoing: Outgoing | None = None
        self._intake: Intake | None = None
        self._point: SessionPoint | None = None
        self._trouble = ""
        self._state = HealthState.STARTING

    @property
    def client(self) -> discord.Client | None:
        """discord.py's, while open."""
        return self._client

    @property
    def session_count(self) -> int:
        """How often this connector identified itself to the gateway: 1000 a day reset the token."""
        return 0 if self._gateway is None else self._gateway.identify_count

    @classmethod
    def to_wire(cls, text: str, spans: Sequence[Span]) -> str:
        return write_markdown(text, spans)

    @classmethod
    def to_recipient(cls, typed: str) -> tuple[Place, IdentityAddress]:
        number = typed.strip()
        if not (number.isascii() and number.isdigit() and 15 <= len(number) <= 20):
            raise ContentRejected("That is no Discord id: it is a number of 17 to 20 digits.")
        return place_of_person(number), IdentityAddress(realm=REALM, handle=number)

    @classmethod
    def private_place(cls, identity: IdentityAddress) -> Place | None:
        return place_of_person(identity.handle) if identity.realm == REALM else None

    def endpoints(self) -> tuple[Endpoint, ...]:
        return (Endpoint.of_url(self._config.api_base_url),) if self._config.api_base_url else ()

    async def open(self) -> None:
        if self._client is not None:
            return
        client, me = await self._enter()
        self._client = client
        self._own_id = str(me["id"])
        self._gateway = Gateway(client, self.context.clock, gateway_url=self._config.gateway_url)
        self._gateway.on_wait = self._wait
        self._outgoing = Outgoing(client, self.context, self.replies)

    async def check(self) -> AccountInfo:
        steps = Steps(self.context.clock)
        async with self._any_client() as (client, me):
            name = str(me.get("username") or me["id"])
            steps.append(await self._check_content(client))
            for step in await self._check_shards(client):
                steps.append(step)
            for one in self._listed():
                steps.append(await self._check_channel(client, one))
        return AccountInfo(shown_as=name, steps=tuple(steps), own_name=name)

    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        """The gateway fills the inbox, the intake empties it into the sink. When one ends, so does
        the other; the session goes on from what was stored."""
        client = self._opened()
        inbox = Inbox()
        intake = Intake(
            client=client,
            config=self._config,
            context=self.context,
            sink=sink,
            inbox=inbox,
            cursors=cursors,
            own_id=self._own_id,
            replies=self.replies,
        )
        intake.point = self._point or intake.point
        self._intake, self._trouble = intake, ""
        tasks = [
            asyncio.ensure_future(self._listen(client, intake.point, inbox)),
            asyncio.ensure_future(intake.run()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        except ConnectorError as error:
            self._trouble, self._state = str(error), HealthState.DOWN
            raise
        finally:
            intake.is_listening = False
            self._point = intake.point
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def send(self, message: OutboundMessage) -> Sent:
        return await self._sending().send(message)

    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        await self._sending().edit(message, remote_id)

    async def delete(self, place: Place, remote_id: RemoteId) -> None:
        await self._sending().delete(place, remote_id)

    async def set_typing(self, place: Place, *, is_typing: bool) -> None:
        """Discord shows it for ten seconds, or until we write."""
        if is_typing:
            await self._sending().set_typing(place)

    def health(self) -> Health:
        intake = self._intake
        state, detail = self._state, self._trouble
        if intake is not None and intake.is_listening:
            state, detail = HealthState.RUNNING, ""
            if intake.backlog:
                detail = f"Reading what was missed: {intake.backlog} channels are left."
            elif self._gateway is not None and self._gateway.shards > 1:
                detail = MANY_SERVERS.format(shards=self._gateway.shards)
        return Health(
            state=state,
            detail=detail,
            last_event_at=None if intake is None else intake.last_event_at,
        )

    async def close(self) -> None:
        client, self._client = self._client, None
        self._gateway = self._outgoing = None
        if client is not None and client is not self._given:
            await _close(client)

    async def _listen(
        self, client: discord.Client, point: SessionPoint | None, inbox: Inbox
    ) -> None:
        if client is not self._given:
            assert self._gateway is not None
            await self._gateway.run(point, inbox)
            return
        # Its gateway is run by whoever handed it in; what it missed before is read at once.
        stop = listen_along(client, lambda name, body: inbox.put(Dispatch(name, body)))
        inbox.put(Dispatch("READY", {"application": {"id": client.application_id}}))
        try:
            await asyncio.Event().wait()
        finally:
            stop()

    async def _enter(self) -> tuple[discord.Client, Mapping[str, Any]]:
        """A client that is logged in, and who it is."""
        if self._given is not None:
            try:
                return self._given, await call(self._given, "GET", "/users/@me")
            except FAILURES as error:
                raise from_failure(error) from error
        client = DeskClient(
            self._config, self.context.clock, socket_factory=self.context.socket_factory
        )
        try:
            return client, await client.enter(self._config.token.get_secret_value())
        except FAILURES as error:
            await _close(client)
            raise from_failure(error) from error
        except BaseException:
            await _close(client)
            raise

    @asynccontextmanager
    async def _any_client(self) -> AsyncIterator[tuple[discord.Client, Mapping[str, Any]]]:
        """The one that is open, or one for the moment."""
        if self._client is not None:
            try:
                me = await call(self._client, "GET", "/users/@me")
            except FAILURES as error:
                raise from_failure(error) from error
            yield self._client, me
            return
        client, me = await self._enter()
        try:
            yield client, me
        finally:
            if client is not self._given:
                await _close(client)

    async def _check_content(self, client: discord.Client) -> CheckStep:
        name = "Message content intent"
        if not self._config.reads_message_content:
            return CheckStep(name=name, ok=True, detail="Not asked for: direct messages only.")
        try:
            application: Any = await client.http.application_info()
        except FAILURES as error:
            told = from_failure(error)
            if isinstance(told, AuthRefused):
                raise told from error
            return CheckStep(name=name, ok=True, detail="Discord does not say.")
        is_on = bool(int(application.get("flags") or 0) & CONTENT_FLAGS)
        return CheckStep(
            name=name,
            ok=is_on,
            detail="It is on." if is_on else "It is off: Discord will close every connection.",
            fix=""
            if is_on
            else "Turn it on in the developer portal, page Bot, or turn reads_message_content off.",
        )

    async def _check_shards(self, client: discord.Client) -> list[CheckStep]:
        """Said only where it matters: to bots on many servers."""
        try:
            shards = int((await call(client, "GET", "/gateway/bot")).get("shards") or 1)
        except FAILURES as error:
            if isinstance(told := from_failure(error), AuthRefused):
                raise told from error
            return []
        if shards == 1:
            return []
        return [CheckStep(name="Servers", ok=True, detail=MANY_SERVERS.format(shards=shards))]

    async def _check_channel(self, client: discord.Client, channel_id: str) -> CheckStep:
        name = f"Channel {channel_id}"
        try:
            channel: Any = await client.http.get_channel(int(channel_id))
        except FAILURES as error:
            told = from_failure(error)
            if isinstance(told, AuthRefused):
                raise told from error
            fix = "Invite the bot to the server, and let it see the channel and its history."
            return CheckStep(name=name, ok=False, detail=str(told), fix=fix)
        return CheckStep(name=name, ok=True, detail=f"#{channel.get('name', '')}")

    def _listed(self) -> tuple[str, ...]:
        support = self._config.support_channel_id
        return tuple(dict.fromkeys((*self._config.channel_ids, *([support] if support else ()))))

    def _wait(self, reason: str) -> None:
        self._trouble, self._state = reason, HealthState.DEGRADED
        self.context.log.error("discord.no_sessions_left")

    def _opened(self) -> discord.Client:
        if self._client is None:
            raise BadConfig("this connector is not open")
        return self._client

    def _sending(self) -> Outgoing:
        if self._outgoing is None:
            raise BadConfig("this connector is not open")
        return self._outgoing


async def _close(client: discord.Client) -> None:
    with suppress(*FAILURES):
        await client.http.close()
