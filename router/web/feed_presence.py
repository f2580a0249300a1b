"""Who is at which conversation right now, and who is typing: told live, kept nowhere."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

import structlog

from core.clock import Clock
from router.bus import Bus, signals
from router.bus.signals import PresenceSignal, TypingSignal
from router.storage import whereabouts
from router.storage.engine import Database
from router.storage.sight import Sight, find_hidden
from router.storage.whereabouts import Whereabouts
from router.web.feed_frames import AgentPresence, PresenceFrame, TypingFrame, frame
from router.web.feed_hub import FeedHub
from router.web.feed_socket import Feed

STALE_SECONDS = 20.0
TELL_EVERY = 1.0
"""Seconds between two lists of who is where; longer with many feeds: the list grows with them."""
FEEDS_A_SECOND = 200
PLACES_KEPT = 2_000
PLACE_SECONDS = 60.0
MOST_SIGNALS = 1_000
"""Typing signs that wait for a look at the database. Past it they are dropped."""

_WEIGHT = {"viewing": 0, "writing_note": 1, "writing_reply": 2}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    signal: PresenceSignal
    at: float


class FeedPresence:
    """Listens to live signals of all nodes and tells the feeds of this one."""

    def __init__(self, database: Database, bus: Bus | None, hub: FeedHub) -> None:
        self._database = database
        self._bus = bus
        self._hub = hub
        self._clock: Clock = database.clock
        self._seen: dict[tuple[int, str], _Seen] = {}
        self._told: dict[Sight, tuple[AgentPresence, ...]] = {}
        self._places: OrderedDict[tuple[int, str], tuple[float, Whereabouts | None]] = OrderedDict()
        self._typing: asyncio.Queue[TypingSignal] = asyncio.Queue(MOST_SIGNALS)

    async def run(self) -> None:
        """Until cancelled."""
        forget = self._bus.on_live(self._hear) if self._bus is not None else lambda: None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tell_forever(), name="feed-presence")
                group.create_task(self._type_forever(), name="feed-typing")
        finally:
            forget()

    async def say(self, signal: PresenceSignal | TypingSignal) -> None:
        """Pass on what one of our agents does."""
        if self._bus is not None:
            await self._bus.say_live(signals.encode(signal))

    def _hear(self, raw: bytes) -> None:
        match signals.decode(raw):
            case PresenceSignal(person_id=None) as signal:
                self._seen.pop((signal.agent_id, signal.socket), None)
            case PresenceSignal() as signal:
                seen = _Seen(signal, self._clock.monotonic())
                self._seen[signal.agent_id, signal.socket] = seen
            case TypingSignal(side="person") as signal if not self._typing.full():
                self._typing.put_nowait(signal)
            case _:
                return

    async def _tell_forever(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY + len(self._hub.feeds) / FEEDS_A_SECOND)
            try:
                await self.tell()
            except Exception as error:
                log.warning("feed.presence_failed", fault=type(error).__name__)

    async def tell(self) -> None:
        """Send each feed the list of who is where, if that is news for its sight."""
        feeds = self._hub.feeds
        current = self._current()
        for sight in {feed.sight for feed in feeds}:
            shown = await self._within(current, sight)
            if self._told.get(sight, ()) != shown:
                self._told[sight] = shown
                packed = frame(PresenceFrame(agents=shown))
                for feed in feeds:
                    if feed.sight == sight:
                        feed.write(packed)

    def greet(self, feed: Feed) -> None:
        """What the others know already."""
        shown = self._told.get(feed.sight)
        if shown:
            feed.write(frame(PresenceFrame(agents=shown)))

    def _current(self) -> tuple[AgentPresence, ...]:
        """One entry for each agent and conversation: what they do there, in any of their pages."""
        now = self._clock.monotonic()
        best: dict[tuple[int, int], PresenceSignal] = {}
        for key, seen in tuple(self._seen.items()):
            person = seen.signal.person_id
            if now - seen.at > STALE_SECONDS or person is None:
                del self._seen[key]
                continue
            at = (seen.signal.agent_id, person)
            known = best.get(at)
            if known is None or _WEIGHT[seen.signal.activity] > _WEIGHT[known.activity]:
                best[at] = seen.signal
        return tuple(
            AgentPresence(
                agent_id=agent,
                name=best[agent, person].name,
                person_id=person,
                activity=best[agent, person].activity,
            )
            for agent, person in sorted(best)
        )

    async def _within(
        self, current: tuple[AgentPresence, ...], sight: Sight
    ) -> tuple[AgentPresence, ...]:
        if sight.is_full or not current:
            return current
        async with self._database.reading() as work:
            hidden = await find_hidden(work, {one.person_id for one in current}, sight)
        return tuple(one for one in current if one.person_id not in hidden.roots)

    async def _type_forever(self) -> None:
        while True:
            signal = await self._typing.get()
            try:
                await self.show_typing(signal)
            except Exception as error:
                log.warning("feed.typing_failed", fault=type(error).__name__)

    async def show_typing(self, signal: TypingSignal) -> None:
        """Tell the feeds that a person writes, where that is seen. Unknown places say nothing."""
        found = await self._find_place(signal.account_id, signal.remote_place)
        if found is None:
            return
        packed = frame(
            TypingFrame(
                person_id=found.root_id,
                place_id=found.place_id,
                is_typing=signal.is_typing,
                name=signal.name or found.display_name,
            )
        )
        for feed in self._hub.feeds:
            if found.access_class in feed.sight.classes:
                feed.write(packed)

    async def _find_place(self, account_id: int, remote_place: str) -> Whereabouts | None:
        key, now = (account_id, remote_place), self._clock.monotonic()
        known = self._places.get(key)
        if known is not None and now - known[0] < PLACE_SECONDS:
            return known[1]
        async with self._database.reading() as work:
            found = await whereabouts.find_by_remote(work, account_id, remote_place)
        self._places[key] = (now, found)
        self._places.move_to_end(key)
        while len(self._places) > PLACES_KEPT:
            self._places.popitem(last=False)
        return found
