"""An agent's page that stays open: it follows the feed and comes back where it broke off."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import aiohttp

from tests.rig.agent import AgentClient
from tests.rig.tokens import tokens_in

PAUSE_S = 0.1
SEEN_LIMIT_S = 10.0
FLOWING_LIMIT_S = 30.0


class FeedWatch:
    """Knows when each word was first told, by time.time()."""

    def __init__(self, agent: AgentClient, ways: Sequence[str] = ("m",)) -> None:
        """`ways`: the letters with which authors of channels begin that are read from afar."""
        self.seen: dict[str, float] = {}
        self.taken: dict[str, list[float]] = {way: [] for way in ways}
        self.went_back: list[tuple[int, int]] = []
        """Positions that came after a higher one, and the higher one."""
        self.resets = 0
        self.position: int | None = None
        self._agent = agent

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
                await self._listen()
            await asyncio.sleep(PAUSE_S)

    async def until_seen(self, words: Iterable[str], limit_s: float = SEEN_LIMIT_S) -> None:
        """Returns when all were told of, or time is up."""
        give_up = time.monotonic() + limit_s
        waiting = set(words)
        while waiting - self.seen.keys():
            if time.monotonic() > give_up:
                return
            await asyncio.sleep(0.1)

    def resumed_after(self, moment: float) -> float | None:
        """Seconds from this moment until on every way a message was taken, by the product's stamp.

        None: nobody was told of one. One that was taken before and told only then does not count.
        """
        slowest = 0.0
        for taken in self.taken.values():
            later = [at for at in taken if at > moment]
            if not later:
                return None
            slowest = max(slowest, min(later) - moment)
        return slowest

    async def until_flowing(self, since: float) -> None:
        """Returns when all ways are read again after a death at `since`, or time is up."""
        give_up = time.monotonic() + FLOWING_LIMIT_S
        while self.resumed_after(since) is None:
            if time.monotonic() > give_up:
                return
            await asyncio.sleep(0.1)

    async def _listen(self) -> None:
        after = "" if self.position is None else f"?after={self.position}"
        async with self._agent.socket(f"/feed{after}") as socket:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                self._take(message.json())

    def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "reset":
                self.resets += 1
                self.position = frame["position"]
            case "hello":
                if self.position is None:
                    self.position = frame["position"]
            case "event":
                if self.position is not None and frame["position"] <= self.position:
                    self.went_back.append((frame["position"], self.position))
                self.position = frame["position"]
                if frame["kind"] == "message.created":
                    self._note(frame["message"])

    def _note(self, message: dict[str, Any]) -> None:
        for word in tokens_in(message["text"]):
            self.seen.setdefault(word, time.time())
            if word[0] in self.taken and message["direction"] == "in":
                at = datetime.fromisoformat(message["received_at"]).timestamp()
                self.taken[word[0]].append(at)
