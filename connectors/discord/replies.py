"""Answers to commands that are still to be filled in: what comes of one is said where it was run,
to whoever ran it alone.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.discord.client import call
from connectors.discord.errors import FAILURES, from_failure
from connectors.discord.library import discord
from core.clock import Clock
from core.errors import OutcomeUnknown, RateLimited, TransientError

REPLY = "interaction"
"""Under this name the context of a command's message has the number of its interaction."""
LIFE = timedelta(minutes=14)
"""Discord takes a change of the answer for 15 minutes."""
DEADLINE = timedelta(seconds=3)
"""Within it a command is answered, or never."""
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Address:
    """By which the answer is changed. Whoever has it can: it is kept in memory only."""

    application_id: str
    token: str


class Replies:
    """Lives with the connector: lost with the process, and then people are written to instead."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._expected: OrderedDict[str, tuple[datetime, asyncio.Future[Address | None]]] = (
            OrderedDict()
        )

    def expect(self, number: str) -> None:
        """This interaction will be answered, or `settle` says that it was not."""
        self._expected[number] = (self._clock.now() + LIFE, asyncio.Future())
        while len(self._expected) > MOST:
            self._drop(next(iter(self._expected)))

    def settle(self, number: str, address: Address | None) -> None:
        """It was answered and can be changed there; None: it was not."""
        _, future = self._expected.get(number, (None, None))
        if future is not None and not future.done():
            future.set_result(address)
        if address is None:
            self._drop(number)

    def forget(self) -> None:
        for number in list(self._expected):
            self._drop(number)

    async def find(self, number: str) -> Address | None:
        """Where the answer to this interaction is changed, once it was given; None: nowhere."""
        until, future = self._expected.get(number, (None, None))
        if until is None or future is None:
            return None
        if until <= self._clock.now():
            self._drop(number)
            return None
        try:
            return await asyncio.wait_for(asyncio.shield(future), DEADLINE.total_seconds())
        except TimeoutError:
            return None

    async def fill(self, client: discord.Client, number: str, address: Address, text: str) -> str:
        """The answer reads so from now on; the id of its message. Raises ConnectorError.

        Said again it is the same: what may or may not have arrived is tried once more. Where it
        cannot be changed any more, the next attempt finds no answer, and writes to the person.
        """
        try:
            answer = await call(
                client,
                "PATCH",
                "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
                parameters={"webhook_id": address.application_id, "webhook_token": address.token},
                json={"content": text, "allowed_mentions": {"parse": []}},
            )
            return str(int(answer["id"]))
        except FAILURES as error:
            told = from_failure(error, may_have_left=True)
            if isinstance(told, RateLimited):
                raise told from error
            if not isinstance(told, (OutcomeUnknown, TransientError)):
                self._drop(number)
            raise TransientError("The answer to their command was not changed.") from error
        except (KeyError, TypeError, ValueError) as error:
            raise TransientError("Discord's answer cannot be read.") from error

    def _drop(self, number: str) -> None:
        _, future = self._expected.pop(number, (None, None))
        if future is not None and not future.done():
            future.set_result(None)
