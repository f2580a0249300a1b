"""Pushes what was committed to the agents whose feeds are open at this process.

One loop follows the outbox for all of them, and encodes once. It holds no truth: whoever was away
comes again with the position that they reached, and whoever reads too slowly falls behind and is
told from the outbox at their own pace, so that they hold up nobody and pin no memory.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

import msgspec
import structlog

from router.bus import Bus, Positions
from router.services.feed_events import LoadedEvents, load_events, load_said
from router.storage import feed as stored
from router.storage import outbox
from router.storage.engine import Database
from router.storage.feed import ToldWithMembers
from router.storage.unit_of_work import Followed, UnitOfWork
from router.web.feed_audience import Audience
from router.web.feed_frames import EventFrame, Hello, ToAccount, frame
from router.web.feed_socket import CutOff, Feed, drained

POLL_SECONDS = 1.0
BATCH = 100
LONGEST_GAP = 5_000
"""Entries that are told one by one. Whoever missed more loads everything anew, which is less."""
YIELD_EVERY = 100
"""Writes between two turns of the loop: a large audience must not stop everything else."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What came with a commit."""

    after: int
    agent_ids: tuple[int, ...]
    found: ToldWithMembers

    @property
    def until(self) -> int:
        told = self.found.told
        return int(told[-1]["fact_position"]) if told else self.after

    def answers(self, position: int, announced: int, agent_ids: tuple[int, ...]) -> bool:
        """Nothing after the position is missing in it, as far as we were told of anything."""
        return (
            self.after <= position < self.until
            and self.until >= announced
            and self.agent_ids == agent_ids
        )


class FeedHub:
    """One for a process with the web role. Without a bus it lives from its poll."""

    def __init__(self, database: Database, bus: Bus | None, to_account: ToAccount) -> None:
        self._database = database
        self._bus = bus
        self._to_account = to_account
        self._feeds = Audience()
        self._late: dict[Feed, asyncio.Task[None]] = {}
        """Fell behind, and are told at their own pace."""
        self._position = 0
        self._announced = 0
        """The newest position that somebody told us of."""
        self._heard: _Heard | None = None
        self._turn = asyncio.Lock()
        """Held while a batch is pushed, and while a feed takes its place behind the last one."""

    @property
    def feeds(self) -> Sequence[Feed]:
        return (*self._feeds, *self._late)

    async def run(self) -> None:
        """Until cancelled."""
        positions = self._bus.positions() if self._bus is not None else None
        self._database.follow = self._follow
        try:
            while True:
                try:
                    while await self.step():
                        pass
                except Exception as error:
                    log.warning("feed.failed", fault=type(error).__name__)
                    await asyncio.sleep(POLL_SECONDS)
                if positions is None:
                    await asyncio.sleep(POLL_SECONDS)
                else:
                    await self._until_news(positions)
        finally:
            if positions is not None:
                positions.close()
            late = tuple(self._late.values())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _until_news(self, positions: Positions) -> None:
        """Until something is announced that wasn't told, or it is time to look."""
        loop = asyncio.get_running_loop()
        looks_at = loop.time() + POLL_SECONDS
        while (left := looks_at - loop.time()) > 0:
            self._announced = await positions.wait(left)
            if self._announced > self._position:
                return

    def _follow(self) -> Followed | None:
        """What the next commit is asked to bring along."""
        if not self._feeds:
            return None
        after, agents = self._position, self._feeds.agent_ids

        async def hear(found: ToldWithMembers, work: UnitOfWork) -> None:
            heard = _Heard(after, agents, found)
            if self._heard is None or heard.until > self._heard.until:
                self._heard = heard
            if not self._turn.locked() and len(self._feeds) <= YIELD_EVERY:
                await self._tell_heard(work)

        return Followed(after, agents, hear)

    async def _tell_heard(self, work: UnitOfWork) -> None:
        """Push what came with a commit from within it: a turn of the loop and a connection less.

        What is more than that, or fails, is left to the next step.
        """
        async with self._turn:
            heard = self._heard
            if (
                heard is None
                or not heard.found.is_whole
                or not heard.answers(self._position, self._announced, self._feeds.agent_ids)
            ):
                return
            try:
                loaded = await load_said(work, heard.found, self._feeds.agent_ids_of)
                if loaded is not None:
                    self._heard = None
                    await self._push(loaded)
            except Exception as error:
                log.warning("feed.failed", fault=type(error).__name__)

    async def step(self) -> bool:
        """Push the next batch. True: there may be more."""
        async with self._turn:
            if not self._feeds:
                return False
            audience, agents = self._feeds.agent_ids_of, self._feeds.agent_ids
            heard, self._heard = self._heard, None
            async with self._database.reading_once() as work:
                if heard is not None and heard.answers(self._position, self._announced, agents):
                    found = heard.found
                else:
                    found = await stored.told_with_members(
                        work, self._position, agents, limit=BATCH
                    )
                loaded = await _told(load_said(work, found, audience), after=self._position)
                # Before the connection is given back, which takes turns of the loop.
                if loaded is not None:
                    await self._push(loaded)
                    return loaded.read == BATCH
            async with self._database.reading() as work:
                loaded = await _told(
                    load_events(work, self._position, audience, limit=BATCH), after=self._position
                )
                if loaded is None:
                    self._begin_anew((await outbox.extent(work)).newest)
                    return False
                # Before the snapshot is given back, which is one more round trip.
                await self._push(loaded)
        return loaded.read == BATCH

    def _begin_anew(self, position: int) -> None:
        for feed in tuple(self._feeds):
            feed.begin_anew(position)
        self._position = position

    async def _push(self, loaded: LoadedEvents) -> None:
        written = 0
        for event in loaded.events:
            for sight, feeds in self._feeds.by_sight.items():
                scene = loaded.scenes.get(sight)
                if scene is None or not scene.shows(event, sight):
                    continue
                told = EventFrame(event, scene, self._to_account)
                for feed in feeds:
                    feed.write_event(told)
                    if feed.is_slow:
                        self._fall_behind(feed)
                    written += 1
                    if written % YIELD_EVERY == 0:
                        await asyncio.sleep(0)
        self._position = max(self._position, loaded.until)

    async def join(self, feed: Feed, after: int | None) -> None:
        """Tell what came after `after`, then everything as it comes: no gap, no repeat.

        Without a position, or with one that can't be told from, it begins at the newest. Raises
        CutOff.
        """
        async with self._database.reading() as work:
            extent = await outbox.extent(work)
        wanted = extent.newest if after is None else after
        is_told = extent.covers(wanted) and extent.newest - wanted <= LONGEST_GAP
        feed.position = wanted if is_told else extent.newest
        feed.write(frame(Hello(position=feed.position, agent_id=feed.agent_id)))
        if not is_told:
            feed.begin_anew(extent.newest)
        await self._take_place(feed)

    def leave(self, feed: Feed) -> None:
        self._feeds.discard(feed)
        task = self._late.pop(feed, None)
        if task is not None:
            task.cancel()

    async def _take_place(self, feed: Feed) -> None:
        """Tell what the feed has missed, then let it hear with the others. Raises CutOff."""
        while True:
            while await self._catch_up(feed):
                await drained(feed)
            async with self._turn:
                if self._is_behind(feed):
                    await self._catch_up(feed)  # the little that was pushed meanwhile
                if not self._is_behind(feed):
                    self._add(feed)
                    return
            await drained(feed)

    def _is_behind(self, feed: Feed) -> bool:
        return bool(self._feeds) and feed.position < self._position

    def _add(self, feed: Feed) -> None:
        if feed.transport.is_closing():
            raise CutOff
        if not self._feeds:
            self._position = feed.position
        # A place ahead of the hub's is right too: what was told already is passed over.
        self._feeds.add(feed)

    def _fall_behind(self, feed: Feed) -> None:
        self._feeds.discard(feed)
        self._late[feed] = asyncio.create_task(self._follow_up(feed), name="feed-late")

    async def _follow_up(self, feed: Feed) -> None:
        try:
            await drained(feed)
            await self._take_place(feed)
        except CutOff:
            log.info("feed.cut_off", agent=feed.agent_id)
        except Exception as error:
            log.warning("feed.lost", agent=feed.agent_id, fault=type(error).__name__)
            feed.cut()
        finally:
            self._late.pop(feed, None)

    async def _catch_up(self, feed: Feed) -> bool:
        """Tell the next page of what the feed has missed. True: there may be more."""
        async with self._database.reading() as work:
            extent = await outbox.extent(work)
            if not extent.covers(feed.position):  # trimmed while we told
                feed.begin_anew(extent.newest)
                return False
            audience = {feed.sight: [feed.agent_id]}
            loaded = await _told(
                load_events(work, feed.position, audience, limit=BATCH), after=feed.position
            )
        if loaded is None:
            feed.begin_anew(extent.newest)
            return False
        if not loaded.read:
            return False
        scene = loaded.scenes[feed.sight]
        for event in loaded.events:
            if feed.is_slow:
                return True
            if scene.shows(event, feed.sight):
                feed.write_event(EventFrame(event, scene, self._to_account))
        feed.position = loaded.until
        return loaded.read == BATCH

    def cut_stalled(self, now: float) -> None:
        """End feeds that take nothing. `now` in monotonic seconds."""
        for feed in self.feeds:
            if feed.has_stalled(now):
                log.info("feed.cut_off", agent=feed.agent_id, waiting=feed.waiting)
                feed.cut()

    def end_all(self, code: int) -> None:
        for feed in self.feeds:
            feed.end(code)


async def _told(loading: Awaitable[LoadedEvents | None], *, after: int) -> LoadedEvents | None:
    """None: something in them cannot be shown so, which must not silence the feed for ever."""
    try:
        return await loading
    except (TypeError, ValueError, LookupError, msgspec.MsgspecError) as error:
        log.warning("feed.untellable", after=after, fault=type(error).__name__)
        return None
