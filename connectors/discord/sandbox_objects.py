"""The sandbox's records as the JSON that Discord's documentation lays down."""

from collections.abc import Iterable
from typing import Any

from connectors.discord.sandbox_cdn import Cdn
from connectors.discord.sandbox_records import (
    FORUMS,
    THREADS,
    Channel,
    ChannelKind,
    Guild,
    Member,
    Message,
    MessageFlag,
    Reaction,
    Role,
    Upload,
)
from connectors.discord.sandbox_values import created_at, emoji, named, stamp
from connectors.discord.sandbox_world import World

Json = dict[str, Any]


class Objects:
    """All of them as one application sees them."""

    def __init__(self, world: World, cdn: Cdn, bot_id: int) -> None:
        self._world = world
        self._cdn = cdn
        self._bot_id = bot_id

    def profile(self, number: int) -> Json:
        profile = self._world.profiles[number]
        return {
            "id": str(profile.id),
            "username": profile.username,
            "discriminator": "0000" if profile.is_bot else "0",
            "global_name": profile.global_name,
            "avatar": None,
            "public_flags": 0,
            **({"bot": True} if profile.is_bot else {}),
        }

    def own_profile(self) -> Json:
        return {
            **self.profile(self._bot_id),
            "mfa_enabled": False,
            "verified": True,
            "email": None,
            "flags": 0,
            "locale": "en-US",
        }

    def member(self, member: Member) -> Json:
        """Without the person."""
        return {
            "roles": [str(number) for number in member.role_ids],
            "nick": member.nick,
            "avatar": None,
            "joined_at": stamp(member.joined_at),
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
            "communication_disabled_until": None,
        }

    def member_of(self, guild: Guild, number: int) -> Json:
        return {"user": self.profile(number), **self.member(guild.members[number])}

    def role(self, role: Role) -> Json:
        return {
            "id": str(role.id),
            "name": role.name,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": role.position,
            "permissions": str(role.permissions),
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }

    def guild(self, guild: Guild) -> Json:
        """As REST gives it: without members, channels and threads."""
        return {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "description": None,
            "features": ["COMMUNITY"],
            "owner_id": str(guild.owner_id),
            "region": "deprecated",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "application_id": None,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "vanity_url_code": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": "en-US",
            "roles": [self.role(role) for role in guild.roles],
            "emojis": [],
            "stickers": [],
        }

    def whole_guild(
        self, guild: Guild, shown: Iterable[Channel], threads: Iterable[Channel]
    ) -> Json:
        """As GUILD_CREATE gives it, with the channels and active threads that the bot sees.

        Without `unavailable`, which only a guild has that the bot was in before.
        """
        return {
            **self.guild(guild),
            "joined_at": stamp(guild.members[self._bot_id].joined_at),
            "large": False,
            "member_count": len(guild.members),
            "members": [self.member_of(guild, self._bot_id)],
            "channels": [self.channel(one) for one in shown],
            "threads": [self.channel(one) for one in threads],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def channel(self, channel: Channel) -> Json:
        if channel.kind is ChannelKind.DM:
            assert channel.recipient_id is not None
            return {
                "id": str(channel.id),
                "type": int(channel.kind),
                "last_message_id": named(channel.last_message_id),
                "flags": 0,
                "recipients": [self.profile(channel.recipient_id)],
            }
        if channel.kind in THREADS:
            return self._thread(channel)
        shown: Json = {
            "id": str(channel.id),
            "type": int(channel.kind),
            "guild_id": str(channel.guild_id),
            "name": channel.name,
            "position": 0,
            "flags": (1 << 4) if channel.requires_tag else 0,
            "parent_id": named(channel.parent_id),
            "nsfw": False,
            "topic": channel.topic,
            "rate_limit_per_user": channel.slowmode_seconds,
            "last_message_id": named(channel.last_message_id),
            "permission_overwrites": [
                {
                    "id": str(one.id),
                    "type": int(one.is_person),
                    "allow": str(one.allow),
                    "deny": str(one.deny),
                }
                for one in channel.overwrites
            ],
        }
        if channel.kind in FORUMS:
            shown |= {
                "available_tags": [
                    {
                        "id": str(tag.id),
                        "name": tag.name,
                        "moderated": tag.is_moderated,
                        "emoji_id": None,
                        "emoji_name": None,
                    }
                    for tag in channel.tags
                ],
                "default_reaction_emoji": None,
                "default_sort_order": None,
                "default_forum_layout": 0,
            }
        return shown

    def _thread(self, channel: Channel) -> Json:
        thread = channel.thread
        assert thread is not None
        messages = self._world.messages_in(channel)
        shown: Json = {
            "id": str(channel.id),
            "type": int(channel.kind),
            "guild_id": str(channel.guild_id),
            "parent_id": str(channel.parent_id),
            "owner_id": str(thread.owner_id),
            "name": channel.name,
            "last_message_id": named(channel.last_message_id),
            "rate_limit_per_user": channel.slowmode_seconds,
            # Without the message that the thread began with.
            "message_count": sum(number != channel.id for number in messages),
            "total_message_sent": thread.messages_ever,
            "member_count": min(len(thread.members), 50),
            "flags": 0,
            "applied_tags": [str(number) for number in thread.tag_ids],
            "thread_metadata": {
                "archived": thread.is_archived,
                "archive_timestamp": stamp(thread.archived_at),
                "auto_archive_duration": thread.auto_archive_minutes,
                "locked": thread.is_locked,
                "create_timestamp": stamp(thread.created_at),
                **({"invitable": True} if channel.kind is ChannelKind.PRIVATE_THREAD else {}),
            },
        }
        if self._bot_id in thread.members:
            shown["member"] = self.thread_member(channel, self._bot_id)
        return shown

    def thread_member(self, channel: Channel, number: int) -> Json:
        assert channel.thread is not None
        return {
            "id": str(channel.id),
            "user_id": str(number),
            "join_timestamp": stamp(channel.thread.members[number]),
            "flags": 1,
        }

    def upload(self, upload: Upload) -> Json:
        address = self._cdn.address(upload)
        shown: Json = {
            "id": str(upload.id),
            "filename": upload.name,
            "size": upload.size,
            "url": address,
            "proxy_url": address,
        }
        optional = {
            "content_type": upload.media_type,
            "description": upload.description,
            "duration_secs": upload.duration_seconds,
            "waveform": upload.waveform,
        }
        return shown | {name: value for name, value in optional.items() if value is not None}

    def message(self, message: Message, *, with_referenced: bool = True) -> Json:
        """As REST gives it: without guild_id and member, which only a dispatch has."""
        shown: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel_id),
            "type": int(message.kind),
            "author": self._author(message),
            "content": message.content,
            "timestamp": stamp(created_at(message.id)),
            "edited_timestamp": stamp(message.edited_at) if message.edited_at else None,
            "tts": message.is_tts,
            "mention_everyone": message.mentions_everyone,
            "mentions": [self.profile(number) for number in message.mention_ids],
            "mention_roles": [str(number) for number in message.mention_role_ids],
            "attachments": [self.upload(one) for one in message.uploads],
            "embeds": message.embeds,
            "components": message.components,
            "pinned": message.is_pinned,
            "flags": message.flags,
        }
        if message.nonce is not None:
            shown["nonce"] = message.nonce
        if message.reactions:
            shown["reactions"] = [self._reaction(one) for one in message.reactions]
        if message.stickers:
            shown["sticker_items"] = message.stickers
        if message.poll is not None:
            shown["poll"] = message.poll
        if message.snapshots:
            shown["message_snapshots"] = [self._snapshot(one) for one in message.snapshots]
        if message.webhook_id is not None:
            shown["webhook_id"] = str(message.webhook_id)
        if message.interaction is not None:
            shown["interaction_metadata"] = message.interaction
            shown["application_id"] = str(self._bot_id)
        if message.reference is not None:
            shown["message_reference"] = message.reference
            if with_referenced and message.kind in {19, 21}:
                shown["referenced_message"] = self._referenced(message.reference)
        thread = self._world.channels.get(message.id)
        if message.flags & MessageFlag.HAS_THREAD and thread is not None:
            shown["thread"] = self.channel(thread)
        return shown

    def dispatched(self, message: Message, channel: Channel) -> Json:
        """As MESSAGE_CREATE and MESSAGE_UPDATE give it. In a DM `guild_id` is absent, not null."""
        shown = self.message(message)
        if channel.guild_id is None:
            return shown
        guild = self._world.guilds[channel.guild_id]
        shown["guild_id"] = str(channel.guild_id)
        if message.webhook_id is None and message.author_id in guild.members:
            shown["member"] = self.member(guild.members[message.author_id])
        for mention in shown["mentions"]:
            if int(mention["id"]) in guild.members:
                mention["member"] = self.member(guild.members[int(mention["id"])])
        return shown

    def _author(self, message: Message) -> Json:
        if message.webhook_id is None or message.webhook_name is None:
            return self.profile(message.author_id)
        return {
            "id": str(message.webhook_id),
            "username": message.webhook_name,
            "discriminator": "0000",
            "global_name": None,
            "avatar": None,
            "bot": True,
        }

    def _reaction(self, reaction: Reaction) -> Json:
        count = len(reaction.people)
        return {
            "emoji": emoji(reaction.emoji_name, reaction.emoji_id),
            "count": count,
            "count_details": {"normal": count, "burst": 0},
            "me": self._bot_id in reaction.people,
            "me_burst": False,
            "burst_colors": [],
        }

    def _referenced(self, reference: Json) -> Json | None:
        channel = self._world.channels.get(int(reference["channel_id"]))
        number = int(reference.get("message_id", 0))
        message = self._world.message(channel, number) if channel is not None else None
        return self.message(message, with_referenced=False) if message is not None else None

    def _snapshot(self, snapshot: Json) -> Json:
        """The address of a forwarded file is signed anew, as those of own files are."""
        from_uploads = [self.upload(_kept_upload(one)) for one in snapshot["attachments"]]
        return {"message": {**snapshot, "attachments": from_uploads}}


def snapshot_of(message: Message) -> Json:
    """What a forward shows of it: no author and no channel."""
    return {
        "type": int(message.kind),
        "content": message.content,
        "embeds": message.embeds,
        "attachments": [
            {name: getattr(one, name) for name in one.__struct_fields__} for one in message.uploads
        ],
        "timestamp": stamp(created_at(message.id)),
        "edited_timestamp": stamp(message.edited_at) if message.edited_at else None,
        "flags": message.flags,
        "mentions": [],
        "mention_roles": [],
        "sticker_items": message.stickers,
        "components": [],
    }


def _kept_upload(kept: Json) -> Upload:
    return Upload(**kept)
