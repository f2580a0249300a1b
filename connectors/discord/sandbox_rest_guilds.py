"""Routes that read guilds at the sandbox's REST API."""

from typing import Any

from connectors.discord.sandbox_records import Guild
from connectors.discord.sandbox_refusals import refusal
from connectors.discord.sandbox_rest import Call, Route


async def list_guilds(call: Call) -> Any:
    own = [one for one in call.on.world.guilds.values() if call.bot_id in one.members]
    return [
        {
            "id": str(one.id),
            "name": one.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": "0",
            "features": [],
        }
        for one in own
    ]


async def get_guild(call: Call) -> Any:
    return call.on.objects.guild(guild_of(call))


async def list_channels(call: Call) -> Any:
    """Without threads. Those that the bot can't see are in it too."""
    guild = guild_of(call)
    return [call.on.objects.channel(one) for one in call.on.world.channels_of(guild.id)]


async def list_roles(call: Call) -> Any:
    return [call.on.objects.role(one) for one in guild_of(call).roles]


async def get_guild_member(call: Call) -> Any:
    guild = guild_of(call)
    number = call.number("person")
    if number not in guild.members:
        raise refusal(10007 if number in call.on.world.profiles else 10013)
    return call.on.objects.member_of(guild, number)


def guild_of(call: Call) -> Guild:
    guild = call.on.world.guilds.get(call.number("guild"))
    if guild is None or call.bot_id not in guild.members:
        raise refusal(10004)
    return guild


ROUTES = (
    Route(method="GET", template="/users/@me/guilds", respond=list_guilds),
    Route(method="GET", template="/guilds/{guild}", respond=get_guild),
    Route(method="GET", template="/guilds/{guild}/channels", respond=list_channels),
    Route(method="GET", template="/guilds/{guild}/roles", respond=list_roles),
    Route(method="GET", template="/guilds/{guild}/members/{person}", respond=get_guild_member),
)
