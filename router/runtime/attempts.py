"""One attempt at a connector: whatever happens in there comes back as an outcome."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

import structlog

from core.clock import Clock
from core.connector import Connector
from core.errors import (
    ConnectorError,
    OutcomeUnknown,
    PermanentError,
    TransientError,
    Unsupported,
)
from core.messages import OutboundMessage, Sent
from router.runtime.faults import is_asked_to_end, where
from router.storage.outgoing import Outgoing

FIND_SECONDS = 60.0
ASK_AFTER_SECONDS = (2.0, 5.0, 15.0, 40.0)
"""When the network is asked what became of a message; it may need a moment to know."""

Outcome = Sent | ConnectorError
Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)


class Attempts:
    """Only cancellation is ever raised from here."""

    def __init__(self, connector: Connector, account_id: int, clock: Clock) -> None:
        self._connector = connector
        self._account_id = account_id
        self._clock = clock
        self._send_seconds = connector.capabilities.longest_send.total_seconds()

    async def send(self, delivery_id: int, message: OutboundMessage) -> Outcome:
        """What the connector said. Silence and a connector's own fault are unknown outcomes:
        bytes may have left.
        """
        send = partial(self._connector.send, message)
        return await self._guarded(send, delivery_id, "sending", self._send_seconds)

    async def amend(self, row: Outgoing, message: OutboundMessage) -> Outcome:
        """What the connector said to an edit or a deletion of what was sent: `Sent` without ids
        once it is done. Both can be repeated, so that an unknown outcome is not a question.
        """
        if not row.remote_ids:
            return PermanentError("It never went out, so there is nothing to change.")
        amend = partial(self._amend, row, message)
        return await self._guarded(amend, row.id, "changing", self._send_seconds)

    async def _amend(self, row: Outgoing, message: OutboundMessage) -> Sent:
        if row.kind == "edit":
            await self._connector.edit(message, row.remote_ids[0])
        else:
            for remote_id in row.remote_ids:
                await self._connector.delete(row.place, remote_id)
        return Sent()

    async def look(self, delivery_id: int, message: OutboundMessage) -> Sent | None:
        """Whether it is known by now to have gone out, before it is sent once more. Asked once;
        None: nothing speaks for it.
        """
        found = await self._find(delivery_id, message)
        return found if isinstance(found, Sent) else None

    async def ask(
        self, delivery_id: int, message: OutboundMessage, unknown: ConnectorError
    ) -> Outcome:
        """What the network says became of it: taken, or certainly not (TransientError, so that
        it is tried again). `unknown` itself if the network cannot tell within a minute, or ever.
        """
        for pause in ASK_AFTER_SECONDS:
            await self._clock.sleep(pause)
            found = await self._find(delivery_id, message)
            if found is None:
                return TransientError("The network says that it did not go out.")
            if isinstance(found, Unsupported):
                return unknown
            if isinstance(found, Sent):
                return found
        return unknown

    async def _find(self, delivery_id: int, message: OutboundMessage) -> Outcome | None:
        """What `find_sent` says; OutcomeUnknown for whatever goes wrong with it."""
        find = partial(self._connector.find_sent, message)
        return await self._guarded(find, delivery_id, "looking", FIND_SECONDS)

    async def _guarded(
        self,
        call: partial[Coroutine[Any, Any, Answer]],
        delivery_id: int,
        doing: str,
        seconds: float,
    ) -> Answer | ConnectorError:
        try:
            async with asyncio.timeout(seconds):
                return await call()
        except ConnectorError as error:
            return error
        except TimeoutError:
            return OutcomeUnknown("The network did not answer in time.")
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_asked_to_end():
                raise
            self._log_fault(call.func.__name__, delivery_id, error)
            return OutcomeUnknown(f"The connector failed while it was {doing}.")

    def _log_fault(self, method: str, delivery_id: int, error: BaseException) -> None:
        log.error(
            "delivery.connector_fault",
            method=method,
            delivery=delivery_id,
            account=self._account_id,
            fault=type(error).__name__,
            where=where(error),
        )
