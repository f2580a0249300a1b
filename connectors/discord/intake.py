"""From what the gateway and the backfill bring to the sink, channel by channel, in order."""

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from connectors.discord import convert
from connectors.discord.backfill import Backfill, Takers
from connectors.discord.changes import Changes
from connectors.discord.channels import Channels
from connectors.discord.commands import Commands
from connectors.discord.config import Config
from connectors.discord.errors import FAILURES
from connectors.discord.files import Files
from connectors.discord.gateway import Dispatch, Inbox, SessionPoint
from connectors.discord.library import discord
from connectors.discord.places import Channel
from connectors.discord.replies import REPLY, Replies
from connectors.discord.staff import Staff
from core.connector import ConnectorContext, Cursor, CursorValue, InboundSink
from core.errors import UnreadableEvent
from core.messages import AnyInboundEvent, HistoryGap, MessageReceived

Json = Mapping[str, Any]
CHANNEL = "channel:"
"""Scope of a channel's cursor: the id of the last message that we have of it, and its server's."""
ORIGIN = "origin"
"""Scope of the id before which nothing is read: when the account was new."""
SESSION = "session"
"""Scope of the gateway's session, to be resumed after a restart."""
BATCH = 100
SESSION_EVERY = 10.0
"""Seconds between two commits of the session. What it lags behind comes twice and is known."""


UNKNOWN_GUILD = ""
"""Of a channel that is no direct chat."""


MOST_HELD = 32 * 1024 * 1024
"""Bytes of files in memory before they are stored."""


class Taken(NamedTuple):
    """What became of one message."""

    events: tuple[AnyInboundEvent, ...]
    channel_id: str
    number: int

    @property
    def weight(self) -> int:
        """Bytes of its files."""
        return sum(
            len(file.content or b"")
            for event in self.events
            if isinstance(event, MessageReceived)
            for file in event.attachments
        )


class Intake:
    """Runs under the lease. Whatever it hands over has a key by which it is known again."""

    def __init__(
        self,
        *,
        client: discord.Client,
        config: Config,
        context: ConnectorContext,
        sink: InboundSink,
        inbox: Inbox,
        cursors: Mapping[str, Cursor],
        own_id: str,
        replies: Replies,
    ) -> None:
        self._client = client
        self._config = config
        self._context = context
        self._sink = sink
        self._inbox = inbox
        self._own_id = own_id
        self._channels = Channels(client, context.clock, config)
        self._staff = Staff(client, context.clock, config.staff_role_ids)
        self._files = Files(context, config.max_file_size)
        self._replies = replies
        self._commands = Commands(client, config, context, replies)
        self._after: dict[str, int] = {}
        self._guild_of: dict[str, str] = {}
        self._restore(cursors)
        self._backfill = Backfill(client, context.clock, self._channels, self._after)
        self._takers = Takers(self._fill, self._revise, self._tell_gap)
        self._changes = Changes(self._channels, self._backfill, own_id)
        self._origin = cursors.get(ORIGIN)
        self._committed_at: float | None = None
        self._unjoined: set[str] = set()
        self._read: set[int] = set()
        """Messages of the history that was read last."""
        self._reached: SessionPoint | None = None
        self.point = _point_in(cursors.get(SESSION))
        """How far the session was read and all before it stored, the backfill too."""
        self.last_event_at: datetime | None = None
        self.is_listening = False
        self.is_registered = False

    @property
    def backlog(self) -> int:
        """Channels that are still to be read after an outage."""
        return self._backfill.count

    async def run(self) -> None:
        """Until cancelled. Raises what `accept` raises, and ConnectorError."""
        await self._begin()
        while True:
            first = await self._next()
            if first is not None:
                await self._take_all([first, *self._inbox.get_more(BATCH - 1)])
            channel_id = self._backfill.next()
            if channel_id is not None:
                # Between two batches, so that a busy channel does not hold up the others' past.
                self._read.clear()
                await self._backfill.step(channel_id, self._takers)
                await self._commit_session()

    async def _begin(self) -> None:
        """What was said before the account was new is not read, but for what `look_back` says."""
        if self._origin is None:
            since = self._context.clock.now() - timedelta(hours=self._config.look_back_hours)
            value = CursorValue(str(convert.snowflake_at(since)))
            self._origin = Cursor(scope=ORIGIN, value=value)
            await self._sink.accept((), cursor=self._origin)
        self._backfill.origin = int(self._origin.value)

    def _restore(self, cursors: Mapping[str, Cursor]) -> None:
        for scope, cursor in cursors.items():
            number, _, guild_id = cursor.value.partition("@")
            if scope.startswith(CHANNEL) and number.isdigit():
                channel_id = scope.removeprefix(CHANNEL)
                self._after[channel_id] = int(number)
                if guild_id:
                    self._guild_of[channel_id] = guild_id

    async def _next(self) -> Dispatch | None:
        """What the gateway said next. None: it is silent, and a channel may be read now."""
        wait = self._backfill.wait()
        if wait is None:
            return await self._inbox.get()
        asking = asyncio.ensure_future(self._inbox.get())
        pausing = asyncio.ensure_future(self._context.clock.sleep(wait))
        try:
            await asyncio.wait({asking, pausing}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            asking.cancel()
            pausing.cancel()
            await asyncio.gather(asking, pausing, return_exceptions=True)

    async def _take_all(self, dispatches: Sequence[Dispatch]) -> None:
        """Store what they bring; runs of messages of one channel together."""
        run: list[Taken] = []
        for dispatch in dispatches:
            taken = await self._take(dispatch)
            if run and (taken is None or taken.channel_id != run[-1].channel_id or _is_heavy(run)):
                await self._store(run)
                run = []
            if taken is not None:
                run.append(taken)
            else:
                await self._take_change(dispatch)
        await self._store(run)
        self._reached = dispatches[-1].at or self._reached
        await self._commit_session()

    async def _take(self, dispatch: Dispatch) -> Taken | None:
        """A message that was said; None if it is something else."""
        if dispatch.name != "MESSAGE_CREATE":
            return None
        body = dispatch.body
        try:
            channel_id, number = str(int(body["channel_id"])), int(body["id"])
        except (KeyError, TypeError, ValueError) as error:
            junk = UnreadableEvent(f"The message cannot be read: {error!r}")
            return Taken((convert.to_placeholder("message", body, junk),), "", 0)
        channel = await self._channels.find(channel_id, body.get("guild_id"))
        if channel.is_direct and channel_id not in self._after:
            # In no list, so what they said in an outage before is found only now.
            self._backfill.want(channel_id, channel.guild_id)
        if self._backfill.is_waiting(channel_id) and self._channels.is_wanted(channel):
            # Older ones first: this one moves the cursor past them.
            self._read.clear()
            await self._backfill.fill(channel_id, self._takers)
            if number in self._read:
                return Taken((), channel_id, number)
        return Taken(await self._events_of(channel, body), channel_id, number)

    async def _take_change(self, dispatch: Dispatch) -> None:
        match dispatch.name:
            case "READY":
                await self._ready(dispatch.body)
            case "RESUMED":
                self.is_listening = True
            case "JUNK":
                junk = UnreadableEvent("The gateway sent something that is no JSON object.")
                await self._accept((convert.to_placeholder("frame", dispatch.body, junk),))
            case "INTERACTION_CREATE":
                await self._take_command(dispatch.body)
            case "MESSAGE_CREATE":
                return
            case _:
                await self._accept(await self._changes.events_of(dispatch))
                for thread in self._changes.to_join():
                    await self._join(thread)

    async def _ready(self, body: Json) -> None:
        """A new session: what was said since the last one is not told by it."""
        for channel_id in self._after:
            self._backfill.want(channel_id, self._guild_of.get(channel_id))
        for channel_id in self._config.channel_ids:
            self._backfill.want(channel_id, UNKNOWN_GUILD)
            await self._backfill.find_archived(channel_id)
        application = (body.get("application") or {}).get("id")
        if self._config.registers_commands and application and not self.is_registered:
            await self._commands.register(str(application))
            self.is_registered = True
        self.is_listening = True

    async def _take_command(self, interaction: Json) -> None:
        """Stored first, answered then."""
        try:
            event = self._commands.to_event(interaction)
        except UnreadableEvent as error:
            # Without its token, by which anybody could answer, and without the code.
            told = interaction if isinstance(interaction, dict) else {}
            bare = {name: told.get(name) for name in ("id", "channel_id", "type")}
            await self._accept((convert.to_placeholder("command", bare, error),))
            return
        number = "" if event is None else event.context[REPLY]
        if number:
            # Before it is stored: what came of it may be sent before the command is answered.
            self._replies.expect(number)
        try:
            await self._accept(() if event is None else (event,))
        except BaseException:
            self._replies.settle(number, None)
            raise
        await self._commands.answer(interaction)

    async def _events_of(self, channel: Channel, body: Json) -> tuple[AnyInboundEvent, ...]:
        """Nothing for what is not for the desk; Unreadable for what nobody can read."""
        if not self._channels.is_wanted(channel):
            return ()
        try:
            return await self._read_message(channel, body)
        except UnreadableEvent as error:
            unreadable = error
        except convert.JUNK as error:
            unreadable = UnreadableEvent(f"The message cannot be read: {error!r}")
        self._context.log.warning("discord.unreadable", channel=channel.id)
        place = await self._channels.place(channel)
        return (convert.to_placeholder("message", body, unreadable, place),)

    async def _read_message(self, channel: Channel, body: Json) -> tuple[AnyInboundEvent, ...]:
        if convert.is_ignored(body, self._own_id):
            return ()
        is_of_staff = await self._staff.wrote(body, channel)
        if is_of_staff and not channel.is_thread and not body.get("message_reference"):
            return ()
        content = convert.content_of(body)
        if channel.is_thread and not (
            channel.is_member or channel.is_archived or channel.id in self._unjoined
        ):
            await self._join(channel)
        place = await self._channels.place(channel)
        files = await self._files.fetch(content.files)
        received = convert.to_received(body, place, content, files, is_from_desk=is_of_staff)
        edited = convert.to_edited(body, place, content)
        return (received,) if edited is None else (received, edited)

    async def _fill(self, channel: Channel, messages: Sequence[Json]) -> None:
        run: list[Taken] = []
        for one in messages:
            events = await self._events_of(channel, one)
            run.append(Taken(events, channel.id, int(one["id"])))
            self._read.add(int(one["id"]))
            if _is_heavy(run):
                await self._store(run)
                run = []
        await self._store(run)

    async def _revise(self, channel: Channel, messages: Sequence[Json]) -> None:
        """Edits of messages that were stored before. Told again, they are known by their keys."""
        found = [await self._edit_of(channel, one) for one in messages]
        await self._accept([one for one in found if one is not None])

    async def _edit_of(self, channel: Channel, body: Json) -> AnyInboundEvent | None:
        """None for what was not edited, or was never for the desk."""
        try:
            if (
                not body.get("edited_timestamp")
                or convert.is_ignored(body, self._own_id)
                or await self._staff.wrote(body, channel)
            ):
                return None
            place = await self._channels.place(channel)
            return convert.to_edited(body, place, convert.content_of(body))
        except (UnreadableEvent, *convert.JUNK):
            return None  # as it was first, it is stored

    async def _store(self, run: Sequence[Taken]) -> None:
        """Events of one channel, committed with its cursor."""
        events = tuple(event for taken in run for event in taken.events)
        number = max((taken.number for taken in run), default=0)
        channel_id = run[-1].channel_id if run else ""
        is_known = channel_id in self._after
        if not events and not (is_known or self._backfill.is_waiting(channel_id)):
            return
        cursor = None
        if number > self._after.get(channel_id, 0):
            channel = self._channels.known(channel_id)
            guild_id = None if channel is None else channel.guild_id
            value = f"{number}@{guild_id}" if guild_id else str(number)
            cursor = Cursor(scope=f"{CHANNEL}{channel_id}", value=CursorValue(value))
        await self._accept(events, cursor)
        if cursor is not None:
            self._after[channel_id] = number

    async def _accept(
        self, events: Sequence[AnyInboundEvent], cursor: Cursor | None = None
    ) -> None:
        if events or cursor is not None:
            await self._sink.accept(events, cursor=cursor)
        if events:
            self.last_event_at = self._context.clock.now()

    async def _commit_session(self) -> None:
        """Not while older messages are missing: nobody who resumed would look for them."""
        if self._reached is None or self._backfill.count:
            return
        self.point = self._reached
        now = self._context.clock.monotonic()
        if self._committed_at is not None and now - self._committed_at < SESSION_EVERY:
            return
        self._committed_at = now
        value = CursorValue(msgspec.json.encode(self.point).decode())
        await self._sink.accept((), cursor=Cursor(scope=SESSION, value=value))

    async def _tell_gap(self, channel: Channel, after: int, reason: str) -> None:
        place = await self._channels.place(channel)
        since = convert.moment_of(after)
        gap = HistoryGap(
            event_key=f"gap/{channel.id}/{after}",
            place=place,
            since=since,
            until=max(self._context.clock.now(), since),  # Discord's clock is not ours
            reason=reason,
        )
        await self._accept((gap,))

    async def _join(self, thread: Channel) -> None:
        """So that what is said there goes on coming to us. Refused, it is not tried again until
        the thread comes up once more."""
        try:
            await self._client.http.join_thread(int(thread.id))
        except FAILURES as error:
            self._unjoined.add(thread.id)
            self._context.log.info(
                "discord.thread_not_joined", thread=thread.id, fault=type(error).__name__
            )
        else:
            self._unjoined.discard(thread.id)
            self._channels.learn(dataclasses.replace(thread, is_member=True))


def _is_heavy(run: Sequence[Taken]) -> bool:
    return sum(taken.weight for taken in run) >= MOST_HELD


def _point_in(cursor: Cursor | None) -> SessionPoint | None:
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(cursor.value, type=SessionPoint)
    except msgspec.MsgspecError:
        return None
