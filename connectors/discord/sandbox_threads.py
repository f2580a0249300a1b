"""Threads of the sandbox: how they begin, end, and who is in them.

Discord's documentation, Threads.
"""

from dataclasses import replace
from typing import Any

from connectors.discord.sandbox_messages import Draft, Messages
from connectors.discord.sandbox_objects import Objects
from connectors.discord.sandbox_records import (
    FORUMS,
    Channel,
    ChannelKind,
    Message,
    MessageFlag,
    MessageKind,
    ThreadState,
)
from connectors.discord.sandbox_sessions import Intent
from connectors.discord.sandbox_settings import Settings
from connectors.discord.sandbox_world import Announcement, World


class Threads:
    def __init__(
        self,
        world: World,
        objects: Objects,
        messages: Messages,
        settings: Settings,
        bot_id: int,
    ) -> None:
        self._world = world
        self._objects = objects
        self._messages = messages
        self._settings = settings
        self._bot_id = bot_id

    def start(
        self,
        parent: Channel,
        owner_id: int,
        name: str,
        *,
        kind: ChannelKind = ChannelKind.PUBLIC_THREAD,
        message: Message | None = None,
        auto_archive_minutes: int = 1440,
    ) -> Channel:
        """In a text channel. From a message, it has the message's number."""
        thread = self._make(parent, owner_id, name, kind, message.id if message else None)
        assert thread.thread is not None
        thread.thread.auto_archive_minutes = auto_archive_minutes
        self._announce_new(thread)
        if message is not None:
            message.flags |= MessageFlag.HAS_THREAD
            self._messages.touch(parent, message)
            self._post_starter(parent, thread, message)
        elif kind is not ChannelKind.PRIVATE_THREAD:
            reference = {"channel_id": str(thread.id), "guild_id": str(parent.guild_id), "type": 0}
            draft = Draft(text=name, kind=MessageKind.THREAD_CREATED, reference=reference)
            self._messages.post(parent, owner_id, draft)
        return thread

    def post(
        self, forum: Channel, owner_id: int, name: str, draft: Draft, tag_ids: list[int]
    ) -> tuple[Channel, Message]:
        """A thread in a forum, and the message that it begins with: they share a number."""
        thread = self._make(forum, owner_id, name, ChannelKind.PUBLIC_THREAD, None)
        assert thread.thread is not None
        thread.thread.tag_ids = tag_ids
        first = replace(draft, number=thread.id)
        if self._settings.message_precedes_thread:
            message = self._messages.post(thread, owner_id, first)
            self._announce_new(thread)
        else:
            self._announce_new(thread)
            message = self._messages.post(thread, owner_id, first)
        return thread, message

    def speak(self, thread: Channel, author_id: int) -> None:
        """What a message does before it is there: its author is in, and the thread is active."""
        if thread.thread is None:
            return
        if thread.thread.is_archived:
            self.set_archived(thread, is_archived=False)
        if author_id not in thread.thread.members:
            self.add(thread, author_id)

    def set_archived(self, thread: Channel, *, is_archived: bool) -> None:
        assert thread.thread is not None
        thread.thread.is_archived = is_archived
        thread.thread.archived_at = self._world.clock.now()
        self.update(thread)
        if not is_archived and self._bot_id in thread.thread.members:
            body = {
                **self._objects.thread_member(thread, self._bot_id),
                "guild_id": str(thread.guild_id),
            }
            self._tell("THREAD_MEMBER_UPDATE", body, thread)

    def update(self, thread: Channel) -> None:
        """Tells how it is now."""
        self._world.keep(thread)
        self._tell("THREAD_UPDATE", self._objects.channel(thread), thread)

    def add(self, thread: Channel, number: int) -> None:
        """Once. The bot is told of the thread itself too, whether it knew it or not."""
        assert thread.thread is not None
        if number in thread.thread.members:
            return
        thread.thread.members[number] = self._world.clock.now()
        self._world.keep(thread)
        if number == self._bot_id:
            self._tell("THREAD_CREATE", self._objects.channel(thread), thread)
        self._tell_members(
            thread, number, added_members=[self._objects.thread_member(thread, number)]
        )

    def remove_member(self, thread: Channel, number: int) -> None:
        assert thread.thread is not None
        if number not in thread.thread.members:
            return
        if number != self._bot_id:
            thread.thread.members.pop(number)
            self._world.keep(thread)
            return self._tell_members(thread, number, removed_member_ids=[str(number)])
        # Told while it still sees a private one.
        self._tell_members(thread, number, removed_member_ids=[str(number)])
        thread.thread.members.pop(number)
        self._world.keep(thread)
        return None

    def delete(self, thread: Channel) -> None:
        body = {
            "id": str(thread.id),
            "guild_id": str(thread.guild_id),
            "parent_id": str(thread.parent_id),
            "type": int(thread.kind),
        }
        self._tell("THREAD_DELETE", body, thread)
        self._world.forget(thread)

    def sync(self, channels: list[Channel]) -> None:
        """THREAD_LIST_SYNC: the bot gained sight of these channels."""
        numbers = {one.id for one in channels}
        guild_id = channels[0].guild_id
        assert guild_id is not None
        threads = [
            one
            for one in self._world.threads_of(guild_id)
            if one.parent_id in numbers and one.thread is not None and not one.thread.is_archived
        ]
        body = {
            "guild_id": str(guild_id),
            "channel_ids": [str(number) for number in sorted(numbers)],
            "threads": [self._objects.channel(one) for one in threads],
            "members": [
                self._objects.thread_member(one, self._bot_id)
                for one in threads
                if one.thread is not None and self._bot_id in one.thread.members
            ],
        }
        self._world.announce(Announcement(name="THREAD_LIST_SYNC", body=body, guild_id=guild_id))

    def _make(
        self,
        parent: Channel,
        owner_id: int,
        name: str,
        kind: ChannelKind,
        number: int | None,
    ) -> Channel:
        now = self._world.clock.now()
        thread = Channel(
            id=number or self._world.new_id(),
            kind=kind,
            name=name,
            guild_id=parent.guild_id,
            parent_id=parent.id,
            thread=ThreadState(
                owner_id=owner_id, created_at=now, archived_at=now, members={owner_id: now}
            ),
        )
        self._world.keep(thread)
        if parent.kind in FORUMS:
            parent.last_message_id = thread.id
            self._world.keep(parent)
        return thread

    def _announce_new(self, thread: Channel) -> None:
        body = {**self._objects.channel(thread), "newly_created": True}
        self._tell("THREAD_CREATE", body, thread)

    def _post_starter(self, parent: Channel, thread: Channel, message: Message) -> None:
        reference = {
            "type": 0,
            "channel_id": str(parent.id),
            "message_id": str(message.id),
            "guild_id": str(parent.guild_id),
        }
        draft = Draft(kind=MessageKind.THREAD_STARTER, reference=reference)
        self._messages.post(thread, message.author_id, draft)

    def _tell_members(self, thread: Channel, number: int, **change: Any) -> None:
        assert thread.thread is not None
        body = {
            "id": str(thread.id),
            "guild_id": str(thread.guild_id),
            "member_count": min(len(thread.thread.members), 50),
            **change,
        }
        # Of others it is told with GUILD_MEMBERS only.
        intent = Intent.GUILDS if number == self._bot_id else Intent.GUILD_MEMBERS
        self._tell("THREAD_MEMBERS_UPDATE", body, thread, intent)

    def _tell(
        self, name: str, body: dict[str, Any], thread: Channel, intent: int | None = None
    ) -> None:
        self._world.announce(
            Announcement(
                name=name, body=body, guild_id=thread.guild_id, channel=thread, intent=intent
            )
        )
