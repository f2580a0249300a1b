"""Everything the gateway tells but new messages: edits, deletions, reactions, threads, channels."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from connectors.discord import convert
from connectors.discord.backfill import Backfill
from connectors.discord.channels import GONE_KIND, Channels
from connectors.discord.gateway import Dispatch
from connectors.discord.places import Channel
from connectors.discord.reactions import Reactions
from core.errors import UnreadableEvent
from core.messages import AnyInboundEvent, Place, PlaceChanged

Json = Mapping[str, Any]
GONE = "It was deleted on Discord."
LOCKED = "The thread is locked on Discord."


class Changes:
    def __init__(self, channels: Channels, backfill: Backfill, own_id: str) -> None:
        self._channels = channels
        self._backfill = backfill
        self._own_id = own_id
        self._reactions = Reactions()
        self._to_join: list[Channel] = []

    def to_join(self) -> list[Channel]:
        """Threads that came up since this was asked last."""
        found, self._to_join = self._to_join, []
        return found

    async def events_of(self, dispatch: Dispatch) -> tuple[AnyInboundEvent, ...]:
        """What can't be read becomes Unreadable. Raises ConnectorError if the network fails."""
        try:
            return await self._events_of(dispatch)
        except UnreadableEvent as error:
            return (convert.to_placeholder(dispatch.name.lower(), dispatch.body, error),)
        except convert.JUNK as error:
            junk = UnreadableEvent(f"A change cannot be read: {error!r}")
            return (convert.to_placeholder(dispatch.name.lower(), dispatch.body, junk),)

    async def _events_of(self, dispatch: Dispatch) -> tuple[AnyInboundEvent, ...]:
        body = dispatch.body
        match dispatch.name:
            case "MESSAGE_UPDATE":
                return await self._edited(body)
            case "MESSAGE_DELETE":
                return await self._deleted(body, [body["id"]])
            case "MESSAGE_DELETE_BULK":
                return await self._deleted(body, body["ids"])
            case "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE":
                return await self._reacted(dispatch)
            case "MESSAGE_REACTION_REMOVE_ALL" | "MESSAGE_REACTION_REMOVE_EMOJI":
                return await self._reactions_removed(dispatch)
            case "GUILD_CREATE":
                self._learn_guild(body)
            case "THREAD_LIST_SYNC":
                for thread in body["threads"]:
                    self._learn_thread(Channel.of({"guild_id": body["guild_id"], **thread}))
            case "THREAD_CREATE" | "THREAD_UPDATE" | "CHANNEL_CREATE" | "CHANNEL_UPDATE":
                return await self._learn(dispatch, Channel.of(body))
            case "THREAD_DELETE" | "CHANNEL_DELETE":
                return await self._gone(dispatch, Channel.of(body))
            case "TYPING_START" if "guild_id" not in body and body["user_id"] != self._own_id:
                channel = await self._channels.find(str(body["channel_id"]), None)
                return (convert.to_typing(body, await self._channels.place(channel)),)
        return ()

    async def _place(self, body: Json) -> Place | None:
        """Where it happened; None if that is not for the desk."""
        channel = await self._channels.find(str(int(body["channel_id"])), body.get("guild_id"))
        return await self._channels.place(channel) if self._channels.is_wanted(channel) else None

    async def _edited(self, body: Json) -> tuple[AnyInboundEvent, ...]:
        place = await self._place(body)
        if place is None or convert.is_ignored(body, self._own_id):
            return ()
        edited = convert.to_edited(body, place, convert.content_of(body))
        return () if edited is None else (edited,)

    async def _deleted(self, body: Json, ids: list[str]) -> tuple[AnyInboundEvent, ...]:
        place = await self._place(body)
        if place is None:
            return ()
        return tuple(convert.to_deleted(place, str(body["channel_id"]), str(one)) for one in ids)

    async def _reacted(self, dispatch: Dispatch) -> tuple[AnyInboundEvent, ...]:
        body = dispatch.body
        member = (body.get("member") or {}).get("user") or {}
        place = await self._place(body)
        if place is None or str(body["user_id"]) == self._own_id or member.get("bot"):
            return ()
        named = (str(body["channel_id"]), str(body["message_id"]), str(body["user_id"]))
        emoji = convert.emoji_of(body)
        is_added = dispatch.name.endswith("ADD")
        left = (self._reactions.add if is_added else self._reactions.remove)(*named, emoji)
        return (convert.to_reaction(body, place, left, _occurrence(dispatch)),)

    async def _reactions_removed(self, dispatch: Dispatch) -> tuple[AnyInboundEvent, ...]:
        body = dispatch.body
        place = await self._place(body)
        if place is None:
            return ()
        emoji = convert.emoji_of(body) if "emoji" in body else None
        left = self._reactions.clear(str(body["channel_id"]), str(body["message_id"]), emoji)
        return tuple(
            convert.to_reaction({**body, "user_id": person}, place, kept, _occurrence(dispatch))
            for person, kept in left.items()
        )

    def _learn_guild(self, guild: Json) -> None:
        """Its channels and active threads, with the last message of each."""
        if guild.get("unavailable"):
            return
        number = str(guild["id"])
        for one in guild.get("channels") or ():
            self._learn_channel(Channel.of({"guild_id": number, **one}))
        for one in guild.get("threads") or ():
            self._learn_thread(Channel.of({"guild_id": number, **one}))

    def _learn_channel(self, channel: Channel) -> None:
        self._channels.learn(channel)
        if self._channels.is_wanted(channel) and self._channels.has_messages(channel):
            self._backfill.want(channel.id, channel.guild_id)
            self._backfill.drop_if_read(channel)

    def _learn_thread(self, thread: Channel) -> None:
        """An active thread may have more than we have seen of it."""
        self._channels.learn(thread)
        if not self._channels.is_wanted(thread):
            return
        self._backfill.want(thread.id, thread.guild_id)
        self._backfill.drop_if_read(thread)
        if not thread.is_member:
            self._to_join.append(thread)

    async def _learn(self, dispatch: Dispatch, channel: Channel) -> tuple[AnyInboundEvent, ...]:
        before = self._channels.known(channel.id)
        if before is not None and before.is_member:
            channel = dataclasses.replace(channel, is_member=True)
        if channel.is_thread:
            is_new = before is None or before.is_archived
            if is_new and not channel.is_archived:
                # Discord is silent about archived threads: this one may have come back with more.
                self._learn_thread(channel)
        elif before is None or before.kind == GONE_KIND:
            # New, or hidden from us until now.
            self._learn_channel(channel)
        self._channels.learn(channel)
        if dispatch.name.endswith("CREATE") or not self._channels.is_wanted(channel):
            return ()
        is_locked = channel.is_thread and channel.is_locked
        return (
            PlaceChanged(
                event_key=f"place/{channel.id}/{_occurrence(dispatch)}",
                place=await self._channels.place(channel),
                is_reachable=not is_locked,
                reason=LOCKED if is_locked else "",
            ),
        )

    async def _gone(self, dispatch: Dispatch, channel: Channel) -> tuple[AnyInboundEvent, ...]:
        # Discord names what is gone by its numbers alone.
        channel = self._channels.known(channel.id) or channel
        place = await self._channels.place(channel)
        is_wanted = self._channels.is_wanted(channel)
        self._channels.forget(channel.id)
        self._backfill.drop(channel.id)
        if not is_wanted:
            return ()
        return (
            PlaceChanged(
                event_key=f"place/{channel.id}/gone",
                place=place,
                is_reachable=False,
                reason=GONE,
            ),
        )


def _occurrence(dispatch: Dispatch) -> str:
    """Tells the same event, shown again by a RESUME, from the next one."""
    return "" if dispatch.at is None else f"{dispatch.at.id}/{dispatch.at.sequence}"
