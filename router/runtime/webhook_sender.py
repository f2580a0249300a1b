"""Tells receivers of facts: follows the outbox, and posts what is due. By one process at a time.

Without a webhook nothing of it is loaded, no session is open and the outbox is not read: every few
seconds one row is asked for. Each receiver has its own few places, so that one that hangs holds up
itself alone.
"""

import asyncio
from typing import TYPE_CHECKING

import structlog

from router.runtime.egress import EgressGuard
from router.runtime.faults import where
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.rounds import run_rounds
from router.services.keyring import Keyring
from router.storage import webhooks_out
from router.storage.engine import Database
from router.storage.leases import WEBHOOK_LEASE

if TYPE_CHECKING:
    import aiohttp

    from router.services.webhooks_out.sending import Letter
    from router.storage.webhooks_out import WebhookRow

ROUND_SECONDS = 0.5
LOOK_SECONDS = 5.0
"""Between two looks whether there is a webhook at all."""
PLACES = 4
"""POSTs at once to one receiver."""

log = structlog.get_logger(__name__)


class WebhookSender:
    """Does nothing while another process holds the lease."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        egress: EgressGuard,
        leases: LeaseKeeper,
        *,
        seconds: float | None = None,
    ) -> None:
        """`seconds`: how long a receiver may take to answer, if not as usual."""
        self._database = database
        self._keyring = keyring
        self._egress = egress
        self._leases = leases
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None
        self._under_way: dict[int, int] = {}
        """POSTs by webhook."""
        self._looked_at: float | None = None

    async def run(self) -> None:
        """Round after round until cancelled."""
        async with asyncio.TaskGroup() as posts:

            async def work() -> bool:
                return await self.round(posts)

            try:
                await run_rounds(
                    self._leases,
                    WEBHOOK_LEASE,
                    work,
                    name="webhooks",
                    every=ROUND_SECONDS,
                )
            finally:
                await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def round(self, posts: asyncio.TaskGroup) -> bool:
        """Note down what happened, make due what shall go out again, and begin to post what is due.
        True: there is more to read.
        """
        if not await self._is_any():
            await self.close()
            return False
        from router.services.webhooks_out import following, replaying, sending

        has_more = await following.follow(self._database)
        has_more = await replaying.advance(self._database) or has_more
        for webhook in await sending.ready(self._database):
            await self._begin(posts, webhook)
        return has_more

    async def _is_any(self) -> bool:
        now = self._database.clock.monotonic()
        if self._looked_at is not None and now - self._looked_at < LOOK_SECONDS:
            return False
        async with self._database.reading() as work:
            found = await webhooks_out.is_any(work)
        self._looked_at = None if found else now
        return found

    async def _begin(self, posts: asyncio.TaskGroup, webhook: "WebhookRow") -> None:
        from router.services.webhooks_out import schedule, sending

        places = 1 if webhook.failures >= schedule.PATIENCE else PLACES
        free = places - self._under_way.get(webhook.id, 0)
        if free <= 0:
            return
        for letter in await sending.claim(self._database, self._keyring, webhook, limit=free):
            self._under_way[webhook.id] = self._under_way.get(webhook.id, 0) + 1
            posts.create_task(self._post(webhook, letter))

    async def _post(self, webhook: "WebhookRow", letter: "Letter") -> None:
        from router.runtime.webhook_post import ANSWER_SECONDS, post
        from router.services.webhooks_out import sending

        try:
            self._session = self._session or self._egress.session()
            outcome = await post(
                self._session,
                letter.url,
                letter.body,
                letter.headers,
                seconds=self._seconds or ANSWER_SECONDS,
            )
            await sending.record(self._database, webhook, letter.call, outcome)
        except Exception as error:
            # Its claim runs out, and it is tried again under the same id.
            fault = type(error).__name__
            log.warning("webhooks.failed", call=letter.call.id, fault=fault, where=where(error))
        finally:
            self._under_way[webhook.id] -= 1
