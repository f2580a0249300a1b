"""One run of a connector against its network: opening it, reading with it, sending with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, TypeVar

import aiohttp

from core.clock import FakeClock
from core.connector import (
    Connector,
    Cursor,
    Intake,
    LeaseLost,
    WebhookReply,
    WebhookRequest,
)
from core.errors import ConnectorError
from core.messages import AnyInboundEvent, MessageReceived, OutboundMessage
from core.testing.builders import MemoryBlobs, answer_to, connector_context
from core.testing.hooks import HookServer
from core.testing.host import FakeHost
from core.testing.log import RecordingLog
from core.testing.network import Arrival, FakeNetwork, Fault
from core.testing.patience import bounded, wait_for
from core.testing.sink import RecordingSink, SinkCrashed
from core.testing.subject import Subject
from core.testing.tasks import TaskLedger, cancel, run
from core.testing.verdict import ConformanceFailure, Declined, require

E = TypeVar("E", bound=AnyInboundEvent)
T = TypeVar("T")
PATIENCE = 5.0
"""Seconds for anything on loopback to happen, as `core.testing.patience` counts them."""
CANCEL_WITHIN = 2.0
CLOSE_WITHIN = 5.0
CHECK_WITHIN = 60.0
_markers = count(1)


class PacedClock(FakeClock):
    """A clock that stands still, and whose sleeps take next to no time. Counts what was slept."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        await super().sleep(seconds)
        await asyncio.sleep(min(seconds, 0.005))  # a loop that waits must not spin


class Reception:
    """A connector that is reading, and what it has handed over."""

    def __init__(
        self, sink: RecordingSink, task: asyncio.Task[None], patience: float = PATIENCE
    ) -> None:
        self.sink = sink
        self.task = task
        self.patience = patience

    async def event(
        self, kind: type[E], where: Callable[[E], bool] = lambda _: True, *, what: str = ""
    ) -> E:
        """The first committed event of this kind. Fails if it doesn't come, or reading ends."""
        async with self._patience(what or f"a {kind.__name__}"):
            while True:
                for one in self.sink.events:
                    if isinstance(one, kind) and where(one):
                        return one
                await self._change()
        raise AssertionError("unreachable")

    async def message(self, text: str) -> MessageReceived:
        return await self.event(
            MessageReceived, lambda one: text in one.text, what=f"the message {text!r}"
        )

    def messages(self, text: str) -> list[MessageReceived]:
        """All committed ones that hold this text, repeats included."""
        return [e for e in self.sink.events if isinstance(e, MessageReceived) and text in e.text]

    async def refusal(self) -> None:
        """Something was handed over that did not commit."""
        async with self._patience("anything handed over"):
            while not self.sink.refused:
                await self._change()

    async def ended(self) -> BaseException | None:
        """Reading has ended by itself; with what, if with anything."""
        await wait_for(self.task, within=self.patience)
        require(self.task.done(), f"receive still runs {self.patience:g} s after it had to stop")
        return None if self.task.cancelled() else self.task.exception()

    @asynccontextmanager
    async def _patience(self, what: str) -> AsyncIterator[None]:
        try:
            async with bounded(self.patience):
                yield
        except TimeoutError as error:
            seen = ", ".join(type(one).__name__ for one in self.sink.events) or "nothing"
            raise ConformanceFailure(
                f"{what} did not come within {self.patience:g} s; what came: {seen}"
            ) from error

    async def _change(self) -> None:
        self.sink.changed.clear()
        waiting = asyncio.ensure_future(self.sink.changed.wait())
        try:
            await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self.task.done() and not self.sink.changed.is_set():
            error = None if self.task.cancelled() else self.task.exception()
            raise ConformanceFailure(f"receive ended too early, with {error!r}") from error


class Trial:
    """Everything that one check needs. Made by `open_trial`; every check gets a fresh one."""

    def __init__(
        self,
        subject: Subject,
        source: FakeNetwork | FakeHost,
        http: aiohttp.ClientSession,
        ledger: TaskLedger,
        patience: float = PATIENCE,
    ) -> None:
        self.subject = subject
        self.patience = patience
        self.source = source
        self.ledger = ledger
        self.clock = PacedClock()
        self.log = RecordingLog()
        self.blobs = MemoryBlobs()
        self.hooks = HookServer()
        self.cursors: Mapping[str, Cursor] = {}
        self.context = connector_context(http, clock=self.clock, log=self.log, blobs=self.blobs)

    @property
    def network(self) -> FakeNetwork:
        if isinstance(self.source, FakeNetwork):
            return self.source
        raise Declined("a local channel has no network of its own")

    @property
    def host(self) -> FakeHost:
        if isinstance(self.source, FakeHost):
            return self.source
        raise Declined("only a local channel takes tokens of the operator's site")

    @property
    def cancel_within(self) -> float:
        return min(CANCEL_WITHIN, self.patience)

    def connector(self) -> Connector:
        cls = self.subject.connector
        config = cls.Config.model_validate(dict(self.source.account_config()))
        return cls(config, self.context)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Connector]:
        connector = self.connector()
        await self.ledger.call(connector.open())
        try:
            yield connector
        finally:
            await self.ledger.call(connector.close())

    @asynccontextmanager
    async def receiving(
        self,
        connector: Connector,
        sink: RecordingSink | None = None,
        cursors: Mapping[str, Cursor] | None = None,
    ) -> AsyncIterator[Reception]:
        """The connector reads, by its stream or its webhooks, until the block ends."""
        sink = sink or RecordingSink()
        intake = self.subject.manifest().intake
        if Intake.WEBHOOK in intake:

            async def answer(request: WebhookRequest) -> WebhookReply:
                return await self.ledger.call(connector.handle_webhook(request, sink))

            self.hooks.answer = answer
        reading = connector.receive(sink, cursors or {}) if Intake.STREAM in intake else _for_ever()
        task = self.ledger.start(reading)
        try:
            yield Reception(sink, task, self.patience)
        finally:
            self.hooks.answer = None
            ended = task.done() or await cancel(task, within=self.cancel_within)
            error = None if task.cancelled() or not task.done() else task.exception()
        if not ended:
            raise ConformanceFailure(
                f"receive swallowed its cancellation: it still ran {self.cancel_within:g} s later"
            )
        if error is not None and not isinstance(error, ConnectorError | SinkCrashed | LeaseLost):
            raise ConformanceFailure(f"receive ended with {error!r}") from error

    async def correspondence(self, connector: Connector) -> MessageReceived:
        """A message that came in, so that there is somebody to answer. `cursors` are after it."""
        async with self.receiving(connector) as reception:
            text = marker("first word")
            await self.network.say(text, subject="Conformance")
            event = await reception.message(text)
        self.cursors = reception.sink.cursors
        return event

    def answer(self, event: MessageReceived, text: str, **changes: Any) -> OutboundMessage:
        return answer_to(event, text, queued_at=self.clock.now(), **changes)

    async def arrivals(self, text: str, *, at_least: int = 1) -> list[Arrival]:
        """Those that hold this text, once there are enough of them or patience is over."""
        for _ in range(int(self.patience / 0.02)):
            found = [one for one in self.network.sent() if text in one.text]
            if len(found) >= at_least:
                return found
            await asyncio.sleep(0.02)
        return [one for one in self.network.sent() if text in one.text]

    def fail_next(self, fault: Fault) -> None:
        """Raises Declined if the network could never do that."""
        if fault.value in self.network.cannot:
            raise self.network.declined(fault.value)
        self.network.fail_next(fault)


def marker(what: str) -> str:
    """A text that no other message has."""
    return f"{what} no. {next(_markers)}"


async def _for_ever() -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def open_trial(
    subject: Subject, source: FakeNetwork | FakeHost, *, patience: float = PATIENCE
) -> AsyncIterator[Trial]:
    """The network is up, and nothing of the connector exists yet."""
    ledger = TaskLedger()
    ledger.install(asyncio.get_running_loop())
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as http:
        trial = Trial(subject, source, http, ledger, patience)
        await trial.hooks.start()
        trial.context = connector_context(
            http,
            clock=trial.clock,
            log=trial.log,
            blobs=trial.blobs,
            public_url=trial.hooks.public_url,
            hook_url=trial.hooks.hook_url,
        )
        if isinstance(source, FakeNetwork):
            source.hook_url = trial.hooks.hook_url
            await source.start()
        try:
            yield trial
        finally:
            if isinstance(source, FakeNetwork):
                await source.stop()
            await trial.hooks.stop()


Check = Callable[[Trial], Awaitable[None]]


def run_check(
    check: Check,
    subject: Subject,
    source: FakeNetwork | FakeHost,
    *,
    patience: float = PATIENCE,
) -> None:
    """Run one check on a loop of its own. Raises ConformanceFailure, or Declined with why."""

    async def main() -> None:
        async with open_trial(subject, source, patience=patience) as trial:
            try:
                async with bounded(CHECK_WITHIN) as limit:
                    await check(trial)
            except TimeoutError as error:
                if limit.expired():
                    raise ConformanceFailure(
                        f"the check did not end within {CHECK_WITHIN:.0f} s"
                    ) from error
                raise

    run(main())
