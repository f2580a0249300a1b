"""What was said while nobody listened: read by REST, oldest first, after the last that we have.

https://discord.com/developers/docs/resources/message#get-channel-messages
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.discord.channels import GONE_KIND, Channels
from connectors.discord.client import patiently
from connectors.discord.errors import FAILURES, from_failure
from connectors.discord.library import discord
from connectors.discord.places import Channel
from core.clock import Clock
from core.errors import PermanentError, PlaceGone, RateLimited

PAGE = 100
LOOKED_OVER = 50
"""Messages before the last that we had, of which edits are found."""
Json = Mapping[str, Any]
Fill = Callable[[Channel, Sequence[Json]], Awaitable[None]]
"""(channel, messages oldest first): returns when they and the channel's cursor are stored."""
Tell = Callable[[Channel, int, str], Awaitable[None]]
"""(channel, after which id, why): a gap that cannot be filled."""


class Takers(NamedTuple):
    """What becomes of what was read."""

    fill: Fill
    revise: Fill
    """Messages that we had, as they are now; returns when their edits are stored."""
    tell_gap: Tell


class Backfill:
    """Channels that may have more than we read of them. Each waits for its turn, pages in order.

    `after` holds by channel the last message that we have.
    """

    def __init__(
        self, client: discord.Client, clock: Clock, channels: Channels, after: dict[str, int]
    ) -> None:
        self._client = client
        self._clock = clock
        self._channels = channels
        self._after = after
        self._waiting: dict[str, str | None] = {}
        """Channel -> its server, empty if that isn't known; None: a direct chat."""
        self._not_before: dict[str, float] = {}
        self._to_look_over: dict[str, int] = {}
        """Channel -> the last message that we had of it: those before it may have been edited. Only
        when nothing is missing any more, so that no message waits for an edit."""
        self.origin = 0
        """Before this id nothing is read of channels that we have nothing of."""

    def want(self, channel_id: str, guild_id: str | None) -> None:
        self._waiting.setdefault(channel_id, guild_id)
        if channel_id in self._after:
            self._to_look_over.setdefault(channel_id, self._after[channel_id])

    def drop_if_read(self, channel: Channel) -> None:
        """The network says which message is its last: if we have it, nothing is missing."""
        if channel.last_message_id is None or int(channel.last_message_id) <= self.after(
            channel.id
        ):
            self.drop(channel.id)

    def drop(self, channel_id: str) -> None:
        self._waiting.pop(channel_id, None)
        self._to_look_over.pop(channel_id, None)

    def is_waiting(self, channel_id: str) -> bool:
        return channel_id in self._waiting

    @property
    def count(self) -> int:
        return len(self._waiting.keys() | self._to_look_over.keys())

    def after(self, channel_id: str) -> int:
        return max(self._after.get(channel_id, 0), self.origin)

    def next(self) -> str | None:
        """The channel that is to be read next and may be asked for now: the most recent first."""
        now = self._clock.monotonic()
        ready = [one for one in self._queue() if self._not_before.get(one, 0.0) <= now]
        return max(ready, key=lambda one: self._after.get(one, 0), default=None)

    def wait(self) -> float | None:
        """Seconds until one may be asked for; None: there is none."""
        if not self._queue():
            return None
        soonest = min(self._not_before.get(one, 0.0) for one in self._queue())
        return max(soonest - self._clock.monotonic(), 0.0)

    def _queue(self) -> Collection[str]:
        return self._waiting or self._to_look_over

    async def fill(self, channel_id: str, takers: Takers) -> None:
        """Read this channel to its end, however long Discord makes us wait."""
        while channel_id in self._waiting:
            pause = self._not_before.get(channel_id, 0.0) - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(pause)
            await self.step(channel_id, takers)

    async def step(self, channel_id: str, takers: Takers) -> None:
        """One page. Raises ConnectorError, but not for a channel that is closed to us."""
        if channel_id not in self._waiting:
            await self._look_over(channel_id, takers)
            return
        guild_id = self._waiting[channel_id]
        channel = Channel(id=channel_id, kind=GONE_KIND, guild_id=guild_id)
        try:
            channel = await self._channels.find(channel_id, guild_id)
            if not self._channels.has_messages(channel):
                self.drop(channel_id)
                return
            page = await self._page(channel, after=self.after(channel_id))
        except RateLimited as error:
            until = self._clock.monotonic() + error.retry_after.total_seconds()
            self._not_before[channel_id] = until
            return
        except PermanentError as error:
            self.drop(channel_id)
            if channel_id in self._after and not isinstance(error, PlaceGone):
                await takers.tell_gap(channel, self._after[channel_id], str(error))
            return
        self._not_before.pop(channel_id, None)
        before = self.after(channel_id)
        if page:
            await takers.fill(channel, page)
        elif int(channel.last_message_id or 0) > before and channel_id in self._after:
            reason = "The bot lacks the permission to read this channel's history."
            await takers.tell_gap(channel, before, reason)
        if len(page) < PAGE:
            self._waiting.pop(channel_id, None)

    async def _look_over(self, channel_id: str, takers: Takers) -> None:
        """What stands before the last that we had, for its edits. Refused, it stays as it was."""
        last = self._to_look_over[channel_id]
        channel = self._channels.known(channel_id)
        page: list[Json] = []
        if channel is not None:
            try:
                page = await self._page(channel, limit=LOOKED_OVER, before=last + 1)
            except RateLimited as error:
                until = self._clock.monotonic() + error.retry_after.total_seconds()
                self._not_before[channel_id] = until
                return
            except PermanentError:
                page = []
        if channel is not None and page:
            await takers.revise(channel, page)
        self._to_look_over.pop(channel_id, None)

    async def find_archived(self, channel_id: str) -> None:
        """Wants what is new in the latest threads of this channel that are archived already."""
        try:
            answer = await patiently(
                self._clock,
                lambda: self._client.http.get_public_archived_threads(int(channel_id), limit=PAGE),
            )
        except PermanentError:
            return
        self._want_all(answer.get("threads") or ())

    def _want_all(self, threads: Sequence[Json]) -> None:
        for one in threads:
            channel = Channel.of(one)
            self._channels.learn(channel)
            if self._channels.is_wanted(channel):
                self.want(channel.id, channel.guild_id)
                self.drop_if_read(channel)

    async def _page(self, channel: Channel, *, limit: int = PAGE, **where: int) -> list[Json]:
        """Messages after or before an id, oldest first."""
        try:
            found = await self._client.http.logs_from(channel.id, limit=limit, **where)
        except FAILURES as error:
            raise from_failure(error) from error
        page: list[Json] = [one for one in found if str(one.get("id", "")).isdecimal()]
        return sorted(page, key=lambda one: int(one["id"]))
