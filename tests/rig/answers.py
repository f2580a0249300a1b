"""Single answers of an agent, and what became of each of their deliveries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from tests.rig.agent import AgentClient
from tests.rig.ledger import Ledger


class Answers:
    """Written once each; asked for by their word."""

    def __init__(
        self, agent: AgentClient, ledger: Ledger, places: dict[str, tuple[int, int]]
    ) -> None:
        self._agent = agent
        self._ledger = ledger
        self._places = places
        self._messages: dict[str, tuple[int, int]] = {}

    async def write(self, author: str, word: str, text: str = "", **more: Any) -> None:
        """Queued. The text begins with the word."""
        person_id, place_id = self._places[author]
        body = {
            "client_key": word,
            "kind": "reply",
            "place_id": place_id,
            "text": f"{word} {text or 'is our answer.'}",
            **more,
        }
        self._ledger.note("replied", word, by=author)
        made = await self._agent.get_answer("POST", f"/conversations/{person_id}/messages", body)
        self._messages[word] = (person_id, made["id"])

    async def deliveries(self, word: str) -> list[dict[str, Any]]:
        person_id, message_id = self._messages[word]
        found = await self._agent.messages(person_id)
        [message] = [one for one in found if one["id"] == message_id]
        return list(message["deliveries"])

    async def until(self, word: str, states: Sequence[str], seconds: float) -> float:
        """Seconds until every delivery of it is in one of these. Raises AssertionError."""
        began = time.monotonic()
        while True:
            found = await self.deliveries(word)
            if all(one["state"] in states for one in found):
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                seen = [(one["state"], one["attempt"], one["reason"]) for one in found]
                raise AssertionError(f"{word} is {seen}, not {states}")
            await asyncio.sleep(0.1)

    def latencies(self, words: Sequence[str]) -> list[float]:
        """Seconds from the agent's call until the peer had it; those that arrived."""
        wrote = {line["token"]: line["at"] for line in self._ledger.lines("replied")}
        heard: dict[str, float] = {}
        for line in self._ledger.lines("heard"):
            heard.setdefault(line["token"], line["at"])
        return sorted(heard[word] - wrote[word] for word in words if word in heard)
