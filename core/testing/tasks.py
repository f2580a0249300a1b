"""Which tasks a connector started, and whether they are gone."""

import asyncio
import contextvars
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from core.testing.patience import wait_for

T = TypeVar("T")
_inside = contextvars.ContextVar("onethread_inside_connector", default=False)
CANCELLATIONS = 20
"""How often a task that swallows its cancellation is asked again before it is given up."""


class TaskLedger:
    """Remembers every task that is started inside `call`, on one loop.

    The network's own tasks run on the same loop and are not counted: what is inside is known
    from the context, which tasks inherit.
    """

    def __init__(self) -> None:
        self._started: list[asyncio.Task[Any]] = []

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_task_factory(self._make)  # type: ignore[arg-type]  # the protocol is in the stubs only

    def _make(
        self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T], **options: Any
    ) -> asyncio.Task[T]:
        task = asyncio.Task(coroutine, loop=loop, **options)
        if _inside.get():
            self._started.append(task)
        return task

    async def call(self, awaitable: Awaitable[T]) -> T:
        """Await something of the connector's."""
        token = _inside.set(True)
        try:
            return await awaitable
        finally:
            _inside.reset(token)

    def start(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task of the connector's: what it starts in turn is counted, itself it is not."""
        token = _inside.set(True)
        try:
            task = asyncio.get_running_loop().create_task(coroutine)
        finally:
            _inside.reset(token)
        self._started.remove(task)
        return task

    def running(self) -> list[asyncio.Task[Any]]:
        return [task for task in self._started if not task.done()]


async def cancel(task: asyncio.Task[Any], *, within: float) -> bool:
    """Whether the task ended in time after one cancellation. Ends it by force if it can be."""
    task.cancel()
    await wait_for(task, within=within)
    ended = task.done()
    for _ in range(CANCELLATIONS):
        if task.done():
            break
        task.cancel()
        await wait_for(task, within=0.05)
    return ended


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run on a loop of its own. Unlike `asyncio.run` it comes back even if a task won't end."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=2))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
