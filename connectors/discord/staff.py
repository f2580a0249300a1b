"""Who of the server's members speaks for the desk."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Any

from connectors.discord.client import patiently
from connectors.discord.library import discord
from connectors.discord.places import Channel
from core.clock import Clock
from core.errors import PermanentError

Json = Mapping[str, Any]
MOST_KNOWN = 5000


class Staff:
    """Live messages tell the author's roles; those of the history don't, so they are asked for."""

    def __init__(self, client: discord.Client, clock: Clock, roles: Collection[str]) -> None:
        self._client = client
        self._clock = clock
        self._staff_roles = frozenset(roles)
        self._is_staff: OrderedDict[tuple[str, str], bool] = OrderedDict()

    async def wrote(self, body: Json, channel: Channel) -> bool:
        """Whether one of us wrote this message. Raises ConnectorError if the network fails."""
        if not self._staff_roles or channel.guild_id is None:
            return False
        key = (channel.guild_id, str(body["author"]["id"]))
        member = body.get("member")
        if member is not None:
            self._learn(key, member)
        elif key not in self._is_staff:
            self._learn(key, await self._ask(*key))
        return self._is_staff[key]

    def _learn(self, key: tuple[str, str], member: Json) -> None:
        roles = {str(one) for one in member.get("roles") or ()}
        self._is_staff[key] = not self._staff_roles.isdisjoint(roles)
        self._is_staff.move_to_end(key)
        while len(self._is_staff) > MOST_KNOWN:
            self._is_staff.popitem(last=False)

    async def _ask(self, guild_id: str, person_id: str) -> Json:
        """Who has left the server has no roles in it."""
        try:
            found: Json = await patiently(
                self._clock, lambda: self._client.http.get_member(int(guild_id), int(person_id))
            )
        except PermanentError:
            return {}
        return found
