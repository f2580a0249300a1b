"""Messages of the sandbox, as they are made, changed and removed, whoever does it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.discord.sandbox_cdn import Cdn
from connectors.discord.sandbox_content import SentFile, allowed, mentions_in
from connectors.discord.sandbox_objects import Objects
from connectors.discord.sandbox_records import (
    Channel,
    Message,
    MessageKind,
    Reaction,
    Upload,
)
from connectors.discord.sandbox_values import bare, created_at, emoji, stamp
from connectors.discord.sandbox_world import Announcement, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody is about to say."""

    text: str = ""
    files: Sequence[SentFile] = ()
    descriptions: Sequence[str | None] = ()
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    stickers: list[dict[str, Any]] = field(default_factory=list)
    poll: dict[str, Any] | None = None
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    reference: dict[str, Any] | None = None
    replied_to: Message | None = None
    allowed_mentions: dict[str, Any] | None = None
    nonce: str | int | None = None
    flags: int = 0
    is_tts: bool = False
    voice_seconds: float | None = None
    kind: MessageKind = MessageKind.DEFAULT
    number: int | None = None
    """Of a post's first message: that of the thread."""
    interaction: dict[str, Any] | None = None
    webhook: tuple[int, str] | None = None
    seen_only_by: int | None = None


class Messages:
    def __init__(self, world: World, objects: Objects, cdn: Cdn) -> None:
        self._world = world
        self._objects = objects
        self._cdn = cdn
        self._by_nonce: dict[tuple[int, str], Message] = {}
        for messages in world.messages.values():
            for message in messages.values():
                self._note_nonce(message)

    def with_nonce(self, author_id: int, nonce: str | int, since: datetime) -> Message | None:
        """The newest that this author made with it, in whatever channel, if no older than that."""
        found = self._by_nonce.get((author_id, str(nonce)))
        if found is None or created_at(found.id) < since:
            return None
        return self._world.messages.get(found.channel_id, {}).get(found.id)

    def post(self, channel: Channel, author_id: int, draft: Draft) -> Message:
        """It is there, and whoever sees the channel is told. An archived thread is active again."""
        world = self._world
        guild = world.guilds.get(channel.guild_id) if channel.guild_id is not None else None
        text = draft.text.strip()
        found = mentions_in(text, guild, set(world.profiles))
        replied = draft.replied_to.author_id if draft.replied_to is not None else None
        pinged = allowed(found, draft.allowed_mentions, replied)
        number = draft.number or world.new_id()
        message = Message(
            id=number,
            channel_id=channel.id,
            author_id=author_id,
            kind=MessageKind.REPLY if draft.replied_to is not None else draft.kind,
            content=text,
            uploads=self.uploads(channel, draft),
            embeds=draft.embeds,
            components=draft.components,
            stickers=draft.stickers,
            poll=draft.poll,
            snapshots=draft.snapshots,
            reference=draft.reference,
            mention_ids=pinged.people,
            mention_role_ids=pinged.roles,
            mentions_everyone=pinged.everyone,
            pings=pinged.people,
            flags=draft.flags,
            is_tts=draft.is_tts,
            nonce=draft.nonce,
            interaction=draft.interaction,
            webhook_id=draft.webhook[0] if draft.webhook else None,
            webhook_name=draft.webhook[1] if draft.webhook else None,
            seen_only_by=draft.seen_only_by,
        )
        world.keep(message)
        self._note_nonce(message)
        channel.last_message_id = message.id
        if channel.thread is not None:
            channel.thread.messages_ever += message.id != channel.id
        world.keep(channel)
        self._announce("MESSAGE_CREATE", message, channel)
        return message

    def edit(self, channel: Channel, message: Message, changes: dict[str, Any]) -> None:
        """By its author: `edited_timestamp` is now. `changes` are fields of the record."""
        for name, value in changes.items():
            setattr(message, name, value)
        message.edited_at = self._world.clock.now()
        self.touch(channel, message)

    def touch(self, channel: Channel, message: Message) -> None:
        """Tells of it once more, as after an embed was found: `edited_timestamp` stays."""
        self._world.keep(message)
        self._announce("MESSAGE_UPDATE", message, channel)

    def remove(self, channel: Channel, message: Message) -> None:
        """Who is told gets numbers only."""
        self._forget(message)
        body = {"id": str(message.id), **bare(channel.id, channel.guild_id)}
        self._tell("MESSAGE_DELETE", body, channel)

    def remove_all(self, channel: Channel, messages: Sequence[Message]) -> None:
        """In bulk."""
        for message in messages:
            self._forget(message)
        body = {"ids": [str(one.id) for one in messages], **bare(channel.id, channel.guild_id)}
        self._tell("MESSAGE_DELETE_BULK", body, channel)

    def pin(self, channel: Channel, message: Message) -> None:
        message.is_pinned = True
        self.touch(channel, message)
        body = {
            "last_pin_timestamp": stamp(self._world.clock.now()),
            **bare(channel.id, channel.guild_id),
        }
        self._tell("CHANNEL_PINS_UPDATE", body, channel)

    def react(
        self, channel: Channel, message: Message, person_id: int, name: str, number: int | None
    ) -> None:
        """Once for each person; again, it changes nothing."""
        found = next(
            (one for one in message.reactions if (one.emoji_name, one.emoji_id) == (name, number)),
            None,
        )
        if found is None:
            found = Reaction(emoji_name=name, emoji_id=number)
            message.reactions.append(found)
        if person_id in found.people:
            return
        found.people.append(person_id)
        self._world.keep(message)
        self._tell_reaction("MESSAGE_REACTION_ADD", channel, message, person_id, name, number)

    def unreact(
        self, channel: Channel, message: Message, person_id: int, name: str, number: int | None
    ) -> None:
        for one in message.reactions:
            if (one.emoji_name, one.emoji_id) == (name, number) and person_id in one.people:
                one.people.remove(person_id)
                message.reactions = [each for each in message.reactions if each.people]
                self._world.keep(message)
                self._tell_reaction(
                    "MESSAGE_REACTION_REMOVE", channel, message, person_id, name, number
                )
                return

    def _tell_reaction(
        self,
        event: str,
        channel: Channel,
        message: Message,
        person_id: int,
        name: str,
        number: int | None,
    ) -> None:
        body = {
            "user_id": str(person_id),
            "message_id": str(message.id),
            "emoji": emoji(name, number),
            "burst": False,
            "type": 0,
            **bare(channel.id, channel.guild_id),
        }
        if event.endswith("ADD"):
            body["message_author_id"] = str(message.author_id)
            guild = self._world.guilds.get(channel.guild_id or 0)
            if guild is not None and person_id in guild.members:
                body["member"] = self._objects.member_of(guild, person_id)
        self._tell(event, body, channel)

    def uploads(self, channel: Channel, draft: Draft) -> list[Upload]:
        made: list[Upload] = []
        for position, file in enumerate(draft.files):
            described = position < len(draft.descriptions)
            upload = Upload(
                id=self._world.new_id(),
                channel_id=channel.id,
                name=file.name,
                size=len(file.content),
                media_type=file.media_type,
                description=draft.descriptions[position] if described else None,
                duration_seconds=draft.voice_seconds,
                waveform="AAAA" if draft.voice_seconds is not None else None,
            )
            self._cdn.put(upload, file.content)
            made.append(upload)
        return made

    def _note_nonce(self, message: Message) -> None:
        if message.nonce is not None:
            self._by_nonce[message.author_id, str(message.nonce)] = message

    def _forget(self, message: Message) -> None:
        for upload in message.uploads:
            self._cdn.remove(upload)
        self._world.forget(message)

    def _announce(self, name: str, message: Message, channel: Channel) -> None:
        if message.seen_only_by is not None:
            return
        self._world.announce(
            Announcement(
                name=name,
                body=self._objects.dispatched(message, channel),
                guild_id=channel.guild_id,
                channel=channel,
                message=message,
            )
        )

    def _tell(self, name: str, body: dict[str, Any], channel: Channel) -> None:
        self._world.announce(
            Announcement(name=name, body=body, guild_id=channel.guild_id, channel=channel)
        )
