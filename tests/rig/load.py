"""People who write and agents who answer, at a rate, until they are told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from random import Random

from tests.rig.agent import AgentClient
from tests.rig.ledger import Ledger
from tests.rig.mailbox import Mailbox
from tests.rig.messengers import Messenger
from tests.rig.tokens import token
from tests.rig.visitor import Visitor


class Numbers:
    """Each author's next token."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def next(self, author: str) -> str:
        self._last[author] = self._last.get(author, 0) + 1
        return token(author, self._last[author])


class Pace:
    """Waits as between independent events of `rate` a second.

    The rate holds over the whole run: whoever was held up, as by a kill, then makes up for it.
    """

    def __init__(self, rate: float, seed: float) -> None:
        self._rate = rate
        self._random = Random(seed)
        self._due = time.monotonic()

    async def wait(self, stop: asyncio.Event) -> None:
        self._due += self._random.expovariate(self._rate)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._due - time.monotonic())):
                await stop.wait()

    def choose(self, authors: Sequence[str]) -> str:
        return self._random.choice(authors)


async def write_mails(
    mailbox: Mailbox, authors: Sequence[str], numbers: Numbers, pace: Pace, stop: asyncio.Event
) -> None:
    """The network goes on delivering whether we serve or not."""
    while not stop.is_set():
        author = pace.choose(authors)
        await mailbox.deliver(author, numbers.next(author))
        await pace.wait(stop)


async def write_to_bot(
    messenger: Messenger, authors: Sequence[str], numbers: Numbers, pace: Pace, stop: asyncio.Event
) -> None:
    """Everybody once, then whoever it may be; the network takes it whether we serve or not."""
    for author in authors:
        await messenger.say(author, numbers.next(author))
    while not stop.is_set():
        await pace.wait(stop)
        author = pace.choose(authors)
        await messenger.say(author, numbers.next(author))


async def chat(visitor: Visitor, numbers: Numbers, pace: Pace, stop: asyncio.Event) -> None:
    """One thing after the other, each until it is taken."""
    while not stop.is_set():
        await visitor.say(numbers.next(visitor.author))
        await pace.wait(stop)


async def answer(
    agent: AgentClient,
    ledger: Ledger,
    author: str,
    person_id: int,
    place_id: int,
    numbers: Numbers,
    pace: Pace,
    stop: asyncio.Event,
) -> None:
    """Replies to one person in one place, each repeated with its key until it is taken."""
    while not stop.is_set():
        word = numbers.next(author)
        body = {
            "client_key": word,
            "kind": "reply",
            "place_id": place_id,
            "text": f"{word} is our answer.",
        }
        status, made = await agent.insist("POST", f"/conversations/{person_id}/messages", body)
        assert status in (200, 201), (status, made)
        ledger.note("replied", word, by=author, message=made["id"])
        await pace.wait(stop)
