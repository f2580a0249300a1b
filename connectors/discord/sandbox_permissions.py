"""Who may see and do what in which channel of the sandbox.

Discord's documentation, Permissions: roles add up, then the channel's overwrites for everyone,
for the roles, and for the member. Threads take those of the channel that they are in.
"""

from enum import IntFlag

from connectors.discord.sandbox_records import Channel, ChannelKind, Guild
from connectors.discord.sandbox_world import World


class Permission(IntFlag):
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    SEND_VOICE_MESSAGES = 1 << 46
    SEND_POLLS = 1 << 49
    PIN_MESSAGES = 1 << 51
    BYPASS_SLOWMODE = 1 << 52


EVERY = (1 << 53) - 1
ORDINARY = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.SEND_VOICE_MESSAGES
    | Permission.SEND_POLLS
)
"""What everyone may in a new guild."""


def permissions_in(world: World, channel: Channel, number: int) -> int:
    """Bits. Of a private thread that somebody is not in: none, but for those who manage threads."""
    if channel.kind is ChannelKind.DM:
        return EVERY if number == channel.recipient_id or _is_bot(world, number) else 0
    assert channel.guild_id is not None
    guild = world.guilds.get(channel.guild_id)
    if guild is None or number not in guild.members:
        return 0
    bits = _in_guild(guild, number)
    if bits & Permission.ADMINISTRATOR or guild.owner_id == number:
        return EVERY
    bits = _in_channel(world.parent_of(channel), guild, number, bits)
    if not bits & Permission.VIEW_CHANNEL:
        return 0
    if (
        channel.kind is ChannelKind.PRIVATE_THREAD
        and channel.thread is not None
        and number not in channel.thread.members
        and not bits & Permission.MANAGE_THREADS
    ):
        return 0
    return bits


def may(world: World, channel: Channel, number: int, needed: int) -> bool:
    return permissions_in(world, channel, number) & needed == needed


def sees(world: World, channel: Channel, number: int) -> bool:
    return may(world, channel, number, Permission.VIEW_CHANNEL)


def _is_bot(world: World, number: int) -> bool:
    profile = world.profiles.get(number)
    return profile is not None and profile.is_bot


def _in_guild(guild: Guild, number: int) -> int:
    held = {guild.id, *guild.members[number].role_ids}
    bits = 0
    for role in guild.roles:
        if role.id in held:
            bits |= role.permissions
    return bits


def _in_channel(channel: Channel, guild: Guild, number: int, bits: int) -> int:
    of_roles = set(guild.members[number].role_ids)
    everyone = [one for one in channel.overwrites if one.id == guild.id and not one.is_person]
    roles = [one for one in channel.overwrites if one.id in of_roles and not one.is_person]
    own = [one for one in channel.overwrites if one.id == number and one.is_person]
    for step in (everyone, roles, own):
        denied = allowed = 0
        for one in step:
            denied |= one.deny
            allowed |= one.allow
        bits = bits & ~denied | allowed
    return bits
