"""The loops of which one process runs each for all: round after round, under a lease."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rest import Rest

RETRY_SECONDS = 2.0
BREATH_SECONDS = 0.05
"""Between two batches of a backlog: whatever waits for a writer's connection comes first."""
BUSY_SHARE = 0.05
"""Of a processor, that a backlog of what can wait is worked off with while the process is busy."""
LONGEST_REST = 0.5

log = structlog.get_logger(__name__)


def _forget_nothing() -> None:
    return


async def run_rounds(
    leases: LeaseKeeper,
    lease: str,
    work: Callable[[], Awaitable[bool | None]],
    *,
    name: str,
    every: float,
    breath: float = BREATH_SECONDS,
    forget: Callable[[], None] = _forget_nothing,
    can_wait: bool = False,
) -> None:
    """Until cancelled: while this process holds the lease, `work` is done `every` so many seconds,
    or after a `breath` when it says that there is more.

    A round that fails is logged as `<name>.failed`, and comes again. `forget`: called while another
    process may hold the lease, and may change what the next round took for known. `can_wait`: while
    the process is busy with other things, a backlog is worked off more slowly (`Rest`).
    """
    rest = Rest(idle=1.0, busy=BUSY_SHARE, longest=LONGEST_REST)
    leases.want(lease)
    while True:
        if leases.fence_of(lease) is None:
            forget()
            await leases.changed(RETRY_SECONDS)
            continue
        began = rest.begin()
        try:
            has_more = await work()
        except Exception as error:
            log.warning(f"{name}.failed", fault=type(error).__name__, where=where(error))
            has_more = False
        pause = rest.after(began) if can_wait else 0.0
        await asyncio.sleep(max(breath, pause) if has_more else every)
