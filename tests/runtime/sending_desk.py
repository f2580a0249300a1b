"""A network that does what a test says, and a desk whose deliveries really are sent."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from core.capabilities import Capabilities
from core.connector import AccountInfo, Connector, ConnectorConfig, Health
from core.errors import OutcomeUnknown
from core.ids import RemoteId
from core.messages import OutboundMessage, Place, RemotePart, Sent
from core.testing.builders import connector_context
from router.runtime.sender import Sender
from router.runtime.turns import Turns
from router.storage import leases
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk

PATIENCE = 60.0
"""Seconds after which a test that waits has failed."""

Step = Sent | BaseException


class WillingConfig(ConnectorConfig):
    pass


class WillingConnector(Connector):
    """Takes everything, unless the script of a text says otherwise, step by step."""

    Config = WillingConfig
    capabilities = Capabilities()

    def __init__(self, capabilities: Capabilities) -> None:
        super().__init__(WillingConfig(), connector_context())
        self.capabilities = capabilities  # type: ignore[misc]  # each test has its own network
        self.script: dict[str, deque[Step]] = defaultdict(deque)
        self.found: dict[str, deque[Sent | BaseException | None]] = defaultdict(deque)
        self.calls: list[OutboundMessage] = []
        self.asked: list[str] = []
        self.amended: list[tuple[str, str, str]] = []
        """(what, text, id) of each edit and deletion."""
        self.under_way = 0
        self.most_under_way = 0
        self.before_answer: Callable[[OutboundMessage], Awaitable[None]] | None = None
        self.is_open = asyncio.Event()
        self.is_open.set()
        self._called = asyncio.Condition()

    def says(self, text: str, *steps: Step) -> None:
        self.script[text].extend(steps)

    @property
    def texts(self) -> list[str]:
        return [call.text for call in self.calls]

    async def until_called(self, times: int) -> None:
        async with asyncio.timeout(PATIENCE), self._called:
            await self._called.wait_for(lambda: len(self.calls) >= times)

    async def open(self) -> None:
        pass

    async def check(self) -> AccountInfo:
        return AccountInfo(shown_as="scripted")

    async def send(self, message: OutboundMessage) -> Sent:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            async with self._called:
                self.calls.append(message)
                self._called.notify_all()
            if self.before_answer is not None:
                await self.before_answer(message)
            await self.is_open.wait()
            steps = self.script[message.text]
            step = steps.popleft() if steps else taken(message)
            if isinstance(step, BaseException):
                raise step
            return step
        finally:
            self.under_way -= 1

    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        self.amended.append(("edit", message.text, remote_id))
        self._raise_next(message.text)

    async def delete(self, place: Place, remote_id: RemoteId) -> None:
        self.amended.append(("delete", "", remote_id))
        self._raise_next(remote_id)

    def _raise_next(self, key: str) -> None:
        steps = self.script[key]
        step = steps.popleft() if steps else None
        if isinstance(step, BaseException):
            raise step

    async def find_sent(self, message: OutboundMessage) -> Sent | None:
        self.asked.append(message.text)
        steps = self.found[message.text]
        step = steps.popleft() if steps else OutcomeUnknown("It cannot tell yet.")
        if isinstance(step, BaseException):
            raise step
        return step

    def health(self) -> Health:
        return Health()

    async def close(self) -> None:
        pass


def taken(message: OutboundMessage) -> Sent:
    return Sent(remote_parts=(RemotePart(remote_id=RemoteId(f"id-{message.key}")),))


class SendingDesk(AnsweringDesk):
    """Starts senders over its account and waits for what they commit."""

    def prepare(self, capabilities: Capabilities | None = None) -> None:
        self.connector = WillingConnector(capabilities or Capabilities())
        self.capabilities[self.channel] = self.connector.capabilities
        self._changed = asyncio.Event()
        self.database.on_announced(self._changed.set, lambda _: self._changed.set())

    async def take_lease(self, owner: str, *, account: int | None = None) -> int:
        """As if the former owner's time had run out."""
        name = leases.account_lease(account or self.account)
        await self.value("update leases set expires_at = '-infinity' where name = $1", name)
        async with self.database.transaction() as work:
            fence = await leases.take(work, name, owner)
        assert fence is not None
        return fence

    @asynccontextmanager
    async def sending(
        self,
        *,
        owner: str = "us",
        fence: int | None = None,
        connector: WillingConnector | None = None,
        database: Database | None = None,
    ) -> AsyncIterator[Sender]:
        """A sender under the account's lease; cancelled at the end as a killed process would be."""
        database = database or self.database
        fence = fence or await self.take_lease(owner)
        turns = Turns(database)
        sender = Sender(
            database, turns, self.keyring, connector or self.connector, self.account, fence
        )
        committing = asyncio.create_task(turns.run())
        sending = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            for task in (sending, committing):
                task.cancel()
            await asyncio.gather(sending, committing, return_exceptions=True)

    async def until_states(self, *wanted: str) -> None:
        """All deliveries, by id, are in these states."""
        await self._until(self.states, list(wanted))

    async def until_recorded(self, attempts: int) -> None:
        """So many attempts have an outcome."""
        await self._until(
            lambda: self.value(
                "select count(*) from delivery_attempts where finished_at is not null"
            ),
            attempts,
        )

    async def _until(self, look: Callable[[], Awaitable[object]], wanted: object) -> None:
        seen: object = None
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    self._changed.clear()
                    seen = await look()
                    if seen == wanted:
                        return
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"waited for {wanted}, it is {seen}") from None


async def open_sending_desk(
    database: Database, folder: Path, capabilities: Capabilities | None = None
) -> SendingDesk:
    plain = await open_desk(database, folder)
    desk = SendingDesk(database, folder, plain.account, plain.author, plain.channel)
    desk.prepare(capabilities)
    return desk
