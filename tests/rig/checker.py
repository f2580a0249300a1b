"""Compares what was accepted with what the API shows and what reached the peers."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.rig.agent import AgentClient
from tests.rig.ledger import Ledger
from tests.rig.tokens import author_of, number_of, tokens_in

UNDER_WAY = frozenset({"held", "queued", "sending"})
PATIENCE_S = 40.0
"""Longer than any channel may take to be read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One message of the rig as the API tells it."""

    word: str
    id: int
    person_id: int
    direction: str
    delivery_id: int | None
    state: str
    """Of its delivery; empty if it has none."""
    state_at: float = 0.0
    """time.time() of that."""


@dataclass(slots=True, kw_only=True)
class Findings:
    """Words, so that a failure can be looked up in the ledger."""

    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    inversions: list[str] = field(default_factory=list)
    uncertain: list[str] = field(default_factory=list)
    scattered: list[str] = field(default_factory=list)
    """Authors whose messages stand in more than one conversation."""


async def read_record(agent: AgentClient, only: Iterable[int] | None = None) -> list[Shown]:
    """Every message of every conversation, or of these, that carries a word of the rig."""
    shown: list[Shown] = []
    for person_id in await agent.conversation_ids() if only is None else only:
        for message in await agent.messages(person_id):
            words = tokens_in(message["text"])
            if not words:
                continue
            standing = standing_delivery(message["deliveries"])
            shown.append(
                Shown(
                    word=words[0],
                    id=message["id"],
                    person_id=person_id,
                    direction=message["direction"],
                    delivery_id=standing["id"] if standing else None,
                    state=standing["state"] if standing else "",
                    state_at=_moment(standing["state_at"]) if standing else 0.0,
                )
            )
    return shown


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def standing_delivery(deliveries: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The one that counts: a delivery that was sent again is cancelled and has a successor."""
    standing = [one for one in deliveries if one["state"] != "cancelled"] or deliveries
    return standing[0] if standing else None


async def settled_record(
    agent: AgentClient, ledger: Ledger, *, patience_s: float = PATIENCE_S
) -> list[Shown]:
    """The record once all is in and nothing is under way any more.

    As it is, if nothing has changed for `patience_s`: what is missing then is lost.
    """
    accepted = set(ledger.tokens("accepted"))
    changed = time.monotonic()
    before: object = None
    shown, is_whole = await read_record(agent), True
    while True:
        missing = accepted - {one.word for one in shown}
        waiting = {one.word for one in shown if one.state in UNDER_WAY}
        if (missing, waiting) != before:
            before, changed = (missing, waiting), time.monotonic()
        if (not missing and not waiting) or time.monotonic() - changed > patience_s:
            return shown if is_whole else await read_record(agent)
        await asyncio.sleep(0.5)
        shown, is_whole = await _read_again(agent, shown, missing | waiting)


async def _read_again(
    agent: AgentClient, shown: Sequence[Shown], words: Iterable[str]
) -> tuple[list[Shown], bool]:
    """The record with what is new where these words stand or should stand, and whether all of it
    was read: whoever was never seen may be in a conversation that nobody knows yet."""
    lagging = {author_of(word) for word in words}
    people = {author_of(one.word): one.person_id for one in shown}
    if not lagging <= people.keys():
        return await read_record(agent), True
    again = {people[author] for author in lagging}
    fresh = await read_record(agent, sorted(again))
    return [*(one for one in shown if one.person_id not in again), *fresh], False


def check_inbound(ledger: Ledger, shown: Iterable[Shown]) -> Findings:
    """Every accepted message stands once, in its author's order, in one conversation."""
    inbound = sorted((one for one in shown if one.direction == "in"), key=lambda one: one.id)
    times = Counter(one.word for one in inbound)
    persons: dict[str, set[int]] = defaultdict(set)
    for one in inbound:
        persons[author_of(one.word)].add(one.person_id)
    return Findings(
        lost=[word for word in ledger.tokens("accepted") if word not in times],
        duplicates=[word for word, count in times.items() if count > 1],
        inversions=inversions([one.word for one in inbound]),
        scattered=[author for author, ids in persons.items() if len(ids) > 1],
    )


def check_outbound(ledger: Ledger, shown: Iterable[Shown]) -> Findings:
    """Every reply that was taken stands once, and reached its peer once unless it is marked.

    Lost is one that nobody got and that is not shown as failed or unknown. A duplicate is one
    that a peer got twice and that is not shown as unknown.
    """
    outbound = [one for one in shown if one.direction == "out"]
    states = {one.word: one.state for one in outbound}
    times = Counter(one.word for one in outbound)
    replied = ledger.tokens("replied")
    heard = ledger.tokens("heard")
    arrived = Counter(heard)
    marked = {"failed", "unknown"}
    return Findings(
        lost=[
            word
            for word in replied
            if word not in times or (word not in arrived and states[word] not in marked)
        ],
        duplicates=[word for word, count in times.items() if count > 1]
        + [word for word, count in arrived.items() if count > 1 and states.get(word) != "unknown"],
        inversions=inversions(_first_times(heard)),
        uncertain=[word for word, state in states.items() if state == "unknown"],
    )


def inversions(words: Sequence[str]) -> list[str]:
    """Those that stand behind a later one of the same author."""
    last: dict[str, int] = {}
    found = []
    for word in words:
        author, number = author_of(word), number_of(word)
        if number < last.get(author, 0):
            found.append(word)
        last[author] = max(number, last.get(author, 0))
    return found


def _first_times(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
