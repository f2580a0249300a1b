"""Routes of the application, of people, guilds and channels at the sandbox's REST API."""

from datetime import timedelta
from typing import Any

from connectors.discord.sandbox_records import Channel, ChannelKind
from connectors.discord.sandbox_refusals import refusal
from connectors.discord.sandbox_rest import Call, Route
from connectors.discord.sandbox_values import created_at


async def get_gateway(call: Call) -> Any:
    return {"url": call.on.gateway.url}


async def get_gateway_bot(call: Call) -> Any:
    return {
        "url": call.on.gateway.url,
        "shards": 2 if call.on.settings.needs_sharding else call.on.settings.recommended_shards,
        "session_start_limit": call.on.gateway.start_limit(),
    }


async def get_own_profile(call: Call) -> Any:
    return call.on.objects.own_profile()


async def get_application(call: Call) -> Any:
    bot = call.on.objects.profile(call.bot_id)
    content = 1 << 19 if call.on.settings.privileged_intents & (1 << 15) else 0
    members = 1 << 15 if call.on.settings.privileged_intents & (1 << 1) else 0
    return {
        "id": bot["id"],
        "name": bot["username"],
        "icon": None,
        "description": "",
        "summary": "",
        "bot": bot,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": bot,
        "team": None,
        # The limited kinds: those of an app in fewer than 100 guilds.
        "flags": content | members,
        "hook": True,
        "is_monetized": False,
        "approximate_guild_count": len(call.on.world.guilds),
    }


async def get_profile(call: Call) -> Any:
    number = call.number("person")
    if number not in call.on.world.profiles:
        raise refusal(10013)
    return call.on.objects.profile(number)


async def open_dm(call: Call) -> Any:
    """Opens even where nothing can be sent: only the send fails. Too many new ones: 40003."""
    wanted = str(call.body.get("recipient_id", ""))
    world = call.on.world
    person = world.profiles.get(int(wanted)) if wanted.isdigit() else None
    if person is None or person.id == call.bot_id:
        raise refusal(50033)
    channel = world.dm_with(person.id)
    if channel is None:
        rate = call.on.settings.dm_opens
        since = world.clock.now() - timedelta(seconds=rate.seconds)
        opened = [
            one.id
            for one in world.channels.values()
            if one.is_opened_by_bot and created_at(one.id) > since
        ]
        if len(opened) >= rate.count:
            raise refusal(40003)
        channel = Channel(
            id=world.new_id(),
            kind=ChannelKind.DM,
            recipient_id=person.id,
            is_opened_by_bot=True,
        )
        world.keep(channel)
    return call.on.objects.channel(channel)


async def get_channel(call: Call) -> Any:
    return call.on.objects.channel(call.channel())


ROUTES = (
    Route(method="GET", template="/gateway", respond=get_gateway, is_open=True),
    Route(method="GET", template="/gateway/bot", respond=get_gateway_bot),
    Route(method="GET", template="/users/@me", respond=get_own_profile),
    Route(method="GET", template="/oauth2/applications/@me", respond=get_application),
    Route(method="GET", template="/applications/@me", respond=get_application),
    Route(method="POST", template="/users/@me/channels", respond=open_dm),
    Route(method="GET", template="/users/{person}", respond=get_profile),
    Route(method="GET", template="/channels/{channel}", respond=get_channel),
)
