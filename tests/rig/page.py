"""An inbox page with every conversation open: what it fetched, and what each event made of it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.rig.agent import AgentClient

PAUSE_S = 0.1
ROWS_AT_ONCE = 100
# What no event announces, because nobody would look at it live.
UNANNOUNCED = frozenset({"health", "last_in_at", "last_out_at", "queued", "held"})
UNANNOUNCED_OF_ACCOUNTS = UNANNOUNCED | {"oldest_queued_at"}


@dataclass(slots=True)
class Shown:
    """What is on the screen. Two of them are equal if an agent sees the same."""

    rows: dict[int, Any] = field(default_factory=dict)
    persons: dict[int, Any] = field(default_factory=dict)
    cases: dict[int, dict[int, Any]] = field(default_factory=dict)
    messages: dict[int, dict[int, Any]] = field(default_factory=dict)
    accounts: dict[int, Any] = field(default_factory=dict)

    def forget(self, person_id: int) -> None:
        for part in (self.rows, self.persons, self.cases, self.messages):
            part.pop(person_id, None)


class Page:
    """Starts with one fetch; from then on only the feed changes it."""

    def __init__(self, agent: AgentClient) -> None:
        self.shown = Shown()
        self.events = 0
        self.kinds: set[str] = set()
        self.resets = 0
        self.went_back = 0
        self._agent = agent
        self._position = 0

    async def open(self) -> None:
        index = await self._agent.get_answer("GET", "/conversations/index?view=all")
        self._position = index["position"]
        self.shown = await fetch(self._agent)

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
                async with self._agent.socket(f"/feed?after={self._position}") as socket:
                    async for message in socket:
                        if message.type is not aiohttp.WSMsgType.TEXT:
                            break
                        await self._take(message.json())
            await asyncio.sleep(PAUSE_S)

    async def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "reset":
            self.resets += 1
            self._position = frame["position"]
            self.shown = await fetch(self._agent)
        elif frame["type"] == "event":
            self.events += 1
            self.went_back += frame["position"] <= self._position
            self._position = frame["position"]
            self.kinds.add(frame["kind"])
            await self._apply(frame)

    async def _apply(self, event: dict[str, Any]) -> None:
        """Each event carries the state of its thing, not a step, so nothing is worked out here."""
        shown, person_id = self.shown, event["person_id"]
        for row in [event["row"]] if event.get("row") else event.get("rows", []):
            shown.rows[row["person_id"]] = row
        if person_id is not None and person_id not in shown.persons:
            # A conversation that was not there before is opened, as a click would.
            await fetch_conversation(self._agent, person_id, shown)
        match event["kind"]:
            case "message.created" | "message.changed":
                message = event["message"]
                shown.messages[person_id][message["id"]] = message
                case = shown.cases[person_id].get(message["case_id"])
                if case is not None and message["direction"] != "event":
                    # The one thing that a page works out: ids are the order of what was said.
                    case["last_message_id"] = max(case["last_message_id"] or 0, message["id"])
            case "delivery.changed":
                delivery = event["delivery"]
                message = shown.messages[person_id].get(delivery["message_id"])
                if message is not None:
                    put_delivery(message, delivery)
            case "case.changed":
                shown.cases[person_id][event["case"]["id"]] = event["case"]
            case "person.changed":
                shown.persons[person_id] = event["person"]
            case "person.merged" | "person.split":
                for gone in event["gone"]:
                    shown.forget(gone)
                for row in event["rows"]:
                    await fetch_conversation(self._agent, row["person_id"], shown)
            case "account.changed":
                shown.accounts[event["account"]["id"]] = comparable_account(event["account"])


def put_delivery(message: dict[str, Any], delivery: dict[str, Any]) -> None:
    others = [one for one in message["deliveries"] if one["id"] != delivery["id"]]
    message["deliveries"] = sorted([*others, delivery], key=lambda one: (one["part"], one["id"]))


async def fetch(agent: AgentClient) -> Shown:
    """What a page that is opened now shows."""
    shown = Shown()
    ids = await agent.conversation_ids()
    for start in range(0, len(ids), ROWS_AT_ONCE):
        asked = ",".join(map(str, ids[start : start + ROWS_AT_ONCE]))
        answer = await agent.get_answer("GET", f"/conversations?ids={asked}")
        shown.rows |= {row["person_id"]: row for row in answer["rows"]}
    for person_id in ids:
        await fetch_conversation(agent, person_id, shown)
    answer = await agent.get_answer("GET", "/accounts")
    shown.accounts = {one["id"]: comparable_account(one) for one in answer["accounts"]}
    return shown


async def fetch_conversation(agent: AgentClient, person_id: int, shown: Shown) -> None:
    answer = await agent.get_answer("GET", f"/conversations/{person_id}")
    shown.persons[person_id] = answer["person"]
    shown.cases[person_id] = {case["id"]: case for case in answer["cases"]}
    shown.messages[person_id] = {
        message["id"]: message for message in await agent.messages(person_id)
    }


def comparable_account(account: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in account.items() if name not in UNANNOUNCED_OF_ACCOUNTS}


def differences(left: Any, right: Any, path: str = "") -> list[str]:
    """Where two JSON-like values differ, as paths."""
    if isinstance(left, dict) and isinstance(right, dict):
        found = []
        for name in left.keys() | right.keys():
            where = f"{path}.{name}"
            if name not in left or name not in right:
                found.append(f"{where} only in the {'fetch' if name not in left else 'page'}")
            else:
                found += differences(left[name], right[name], where)
        return found
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [
            one
            for at, (mine, other) in enumerate(zip(left, right, strict=True))
            for one in differences(mine, other, f"{path}[{at}]")
        ]
    return [] if left == right else [f"{path}: page {left!r}, fetch {right!r}"]
