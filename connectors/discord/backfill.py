"""What was said while nobody listened: read by REST, oldest first, after the last that we have.

https://discord.com/developers/docs/resources/message#get-channel-messages
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.discord.channels import GONE_KIND, Channels
from connectors.discord.client import patiently
from connectors.discord.errors import FAILURES, from_failure
from connectors.discord.library import discord
from connectors.discord.places import Channel
from core.clock import Clock
from core.errors import PermanentError, PlaceGone, RateLimited

PAGE = 100
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
        self._begun: set[str] = set()
        """Channels of which a page was read since they wait."""
        self.origin = 0
        """Before this id nothing is read of channels that we have nothing of."""

    def want(self, channel_id: str, guild_id: str | None) -> None:
        self._waiting.setdefault(channel_id, guild_id)

    def drop_if_read(self, channel: Channel) -> None:
        """The network says which message is its last: if we have it, nothing is missing."""
        if channel.last_message_id is None or int(channel.last_message_id) <= self.after(
            channel.id
        ):
            self.drop(channel.id)

    def drop(self, channel_id: str) -> None:
        self._waiting.pop(channel_id, None)
        self._begun.discard(channel_id)

    def is_waiting(self, channel_id: str) -> bool:
        return channel_id in self._waiting

    @property
    def count(self) -> int:
        return len(self._waiting)

    def after(self, channel_id: str) -> int:
        return max(self._after.get(channel_id, 0), self.origin)

    def next(self) -> str | None:
        """The channel that is to be read next and may be asked for now: the most recent first."""
        now = self._clock.monotonic()
        ready = [one for one in self._waiting if self._not_before.get(one, 0.0) <= now]
        return max(ready, key=lambda one: self._after.get(one, 0), default=None)

    def wait(self) -> float | None:
        """Seconds until one may be asked for; None: there is none."""
        if not self._waiting:
            return None
        soonest = min(self._not_before.get(one, 0.0) for one in self._waiting)
        return max(soonest - self._clock.monotonic(), 0.0)

    async def fill(self, channel_id: str, takers: Takers) -> None:
        """Read this channel to its end, however long Discord makes us wait."""
        while channel_id in self._waiting:
            pause = self._not_before.get(channel_id, 0.0) - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(pause)
            await self.step(channel_id, takers)

    async def step(self, channel_id: str, takers: Takers) -> None:
        """One page. Raises ConnectorError, but not for a channel that is closed to us."""
        guild_id = self._waiting[channel_id]
        channel = Channel(id=channel_id, kind=GONE_KIND, guild_id=guild_id)
        try:
            channel = await self._channels.find(channel_id, guild_id)
            if not self._channels.has_messages(channel):
                self.drop(channel_id)
                return
            page, known = await self._page(channel)
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
        await takers.revise(channel, known)
        if page:
            await takers.fill(channel, page)
        elif not known and int(channel.last_message_id or 0) > before and channel_id in self._after:
            reason = "The bot lacks the permission to read this channel's history."
            await takers.tell_gap(channel, before, reason)
        self._begun.add(channel_id)
        if len(page) < PAGE and not (known and page):
            self.drop(channel_id)

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

    async def _page(self, channel: Channel) -> tuple[list[Json], list[Json]]:
        """(the messages after the last that we have, some up to it), each the oldest first.

        The first look is to both sides, and costs no request more: what was edited meanwhile
        stands before the last.
        """
        last = self.after(channel.id)
        is_first = channel.id in self._after and channel.id not in self._begun
        try:
            if is_first:
                found = await self._client.http.logs_from(channel.id, limit=PAGE, around=last)
            else:
                found = await self._client.http.logs_from(channel.id, limit=PAGE, after=last)
        except FAILURES as error:
            raise from_failure(error) from error
        page: list[Json] = [one for one in found if str(one.get("id", "")).isdecimal()]
        page.sort(key=lambda one: int(one["id"]))
        known = [one for one in page if int(one["id"]) <= last]
        return page[len(known) :], known
