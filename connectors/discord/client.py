"""discord.py's client for one account: its REST in one attempt, its intents, no caches."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from connectors.discord.config import Config
from connectors.discord.errors import FAILURES, from_failure
from connectors.discord.library import discord
from connectors.discord.rest import OneAttemptHttp, SocketFactory
from core.clock import Clock
from core.errors import RateLimited

LONGEST_PAUSE = timedelta(minutes=1)
MARK_OF_DISCORD = ".discord.gg"


class DeskClient(discord.Client):
    """Logs in by `enter`; whoever wants events connects it by `connectors.discord.gateway`."""

    def __init__(
        self, config: Config, clock: Clock, *, socket_factory: SocketFactory | None = None
    ) -> None:
        self._base_url = config.api_base_url
        self._clock = clock
        self._socket_factory = socket_factory
        super().__init__(
            intents=intents_of(config),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    def _get_state(self, **options: Any) -> Any:
        self.http = OneAttemptHttp(
            self.loop,
            base_url=self._base_url,
            clock=self._clock,
            socket_factory=self._socket_factory,
        )
        return super()._get_state(**options)

    async def enter(self, token: str) -> dict[str, Any]:
        """Logged in; who we are, as JSON. Raises what a request raises."""
        await self._async_setup_hook()
        return dict(await self.http.static_login(token))


def intents_of(config: Config) -> discord.Intents:
    """https://discord.com/developers/docs/events/gateway#list-of-intents"""
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.guild_reactions = True
    intents.dm_messages = config.reads_direct_messages
    intents.dm_reactions = config.reads_direct_messages
    intents.dm_typing = config.reads_direct_messages
    intents.message_content = config.reads_message_content
    return intents


async def patiently(clock: Clock, ask: Callable[[], Awaitable[Any]]) -> Any:
    """For who reads, and may wait: the answer, after whatever pauses Discord asks for.

    Raises ConnectorError, RateLimited among them if the pause is long.
    """
    while True:
        try:
            return await ask()
        except FAILURES as error:
            told = from_failure(error)
            if not isinstance(told, RateLimited) or told.retry_after > LONGEST_PAUSE:
                raise told from error
        await clock.sleep(told.retry_after.total_seconds())


async def call(client: discord.Client, method: str, path: str, **options: Any) -> Any:
    """A route that discord.py's client has no method for."""
    parameters = options.pop("parameters", {})
    route = discord.http.Route(method, path, **parameters)
    return await client.http.request(route, **options)
