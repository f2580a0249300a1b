"""Our own getUpdates loop: what was handed over is confirmed by the next call, never before.

https://core.telegram.org/bots/api#getupdates
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from telegram.error import Conflict, TelegramError

from connectors.telegram.albums import albums_in, part_slow, read_updates
from connectors.telegram.cursors import UPDATES, Mark, gap_after, last_heard_at
from connectors.telegram.errors import cannot_tell, from_telegram, is_webhook_conflict
from connectors.telegram.intake import ALLOWED_UPDATES, Intake
from connectors.telegram.transport import Refused
from core.connector import Cursor, InboundSink
from core.errors import ConnectorError, TransientError

LIMIT = 100
ANSWER_SECONDS = 15.0
"""More than was asked for, until a poll counts as hung."""
SHORTEST_POLL = 0.5
"""Seconds of one that brings nothing."""
CONFLICT_SECONDS = 20.0
"""Between two tries while another program polls: three requests a minute."""
CONFLICT_SHOWN = timedelta(minutes=3)
ALBUM_SECONDS = 1.5
"""After the last item that was seen, the next one is waited for this long."""
ALBUM_ROUNDS = 4
NOTED_EVERY = timedelta(minutes=10)
"""How often it is stored that we were there, when nothing comes."""
QUIET = timedelta(days=6)
"""After a week without updates the next number is random (Bot API, Update), and may be lower."""

SECOND_POLLER = (
    "Another program asks for this bot's updates, and takes some of them. Stop it, or revoke the"
    " token."
)
FOREIGN_WEBHOOK = (
    "Another program sets a webhook for this bot, so nothing can be polled. Stop it, or revoke the"
    " token."
)
Json = dict[str, Any]


class Polling:
    """One life of `receive`."""

    def __init__(self, intake: Intake, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        self._intake = intake
        self._sink = sink
        self._clock = intake.clock
        self._report = intake.report
        self._mark = Mark.of(cursors.get(UPDATES))
        self._heard_at = last_heard_at(cursors)
        self._noted_at: datetime | None = None
        self._conflict_at: datetime | None = None
        self._may_have_webhook = False
        if self._heard_at is not None:
            self._report.heard_before(self._heard_at)

    async def run(self) -> None:
        """Until cancelled. Raises TransientError, AccountError, LeaseLost."""
        await self._drop_webhook()
        seconds = 0  # what waits already comes at once
        while True:
            asked_at = self._clock.monotonic()
            updates = await self._fetch(seconds)
            if updates is None:
                continue
            if not updates and seconds and self._clock.monotonic() - asked_at < SHORTEST_POLL:
                # A server that does not wait as it is told to would be asked without a pause.
                await self._clock.sleep(SHORTEST_POLL)
            seconds = self._intake.config.poll_seconds
            await self._note_heard()
            if updates:
                await self._take(updates)
            elif self._intake.has_rekeyed or self._is_due():
                await self._accept([], self._mark.offset)

    async def _drop_webhook(self) -> None:
        """While one is set nothing can be polled. What waits is kept."""
        info = await self._call("getWebhookInfo", may_lack=True)
        self._may_have_webhook = info is None
        if isinstance(info, dict) and info.get("url"):
            self._intake.log.warning("telegram.webhook_removed")
            await self._call("deleteWebhook", {"drop_pending_updates": False})

    async def _call(
        self, method: str, parameters: Json | None = None, *, may_lack: bool = False
    ) -> Any:
        """`may_lack`: None from a server that cannot tell; polling shows what it is worth."""
        while True:
            try:
                return await self._intake.api.call(method, parameters)
            except Refused as error:
                if may_lack and cannot_tell(error):
                    return None
                if error.status != 429:
                    raise self._down(error) from error
                await self._wait_out(error)
            except TelegramError as error:
                raise self._down(error) from error

    def _down(self, error: TelegramError) -> ConnectorError:
        meant = from_telegram(error, sends=False)
        self._report.down(str(meant))
        return meant

    async def _fetch(self, seconds: int) -> list[Json] | None:
        """None: refused for now, and the pause is over."""
        parameters: Json = {
            "limit": LIMIT,
            "timeout": seconds,
            "allowed_updates": list(ALLOWED_UPDATES),
        }
        if self._mark.offset is not None and not self._is_quiet():
            parameters["offset"] = self._mark.offset
        try:
            found = await self._intake.api.call(
                "getUpdates", parameters, seconds=seconds + ANSWER_SECONDS, rests=False
            )
        except Refused as error:
            if error.status != 429:
                raise self._down(error) from error
            await self._wait_out(error)
            return None
        except Conflict as error:
            await self._yield_to(error)
            return None
        except TelegramError as error:
            raise self._down(error) from error
        if not isinstance(found, list):
            raise TransientError("The Bot API server gave no list of updates.")
        return [one for one in found if isinstance(one, dict)]

    def _is_quiet(self) -> bool:
        """All that we had is confirmed, and the next number may be lower than our offset."""
        got = self._mark.got_at
        return got is not None and self._clock.now() - got > QUIET

    async def _wait_out(self, error: Refused) -> None:
        wait = max(float(error.retry_after or 0), 1.0)
        self._report.degraded(f"Telegram asks the bot to wait {wait:.0f} s.")
        self._intake.log.warning("telegram.poll_limited", seconds=wait)
        await self._clock.sleep(wait)

    async def _yield_to(self, error: Conflict) -> None:
        is_webhook = is_webhook_conflict(error)
        if is_webhook and self._may_have_webhook:
            self._may_have_webhook = False
            await self._call("deleteWebhook", {"drop_pending_updates": False})
            return
        self._conflict_at = self._clock.now()
        self._report.note("conflict", FOREIGN_WEBHOOK if is_webhook else SECOND_POLLER)
        self._intake.log.warning("telegram.conflict", webhook=is_webhook)
        await self._clock.sleep(CONFLICT_SECONDS)

    async def _note_heard(self) -> None:
        """We are in contact; if that was not so for over a day, something is lost for good."""
        now = self._clock.now()
        self._report.heard()
        if self._conflict_at is not None and now - self._conflict_at > CONFLICT_SHOWN:
            self._conflict_at = None
            self._report.note("conflict", "")
        gap = gap_after(self._heard_at, now)
        self._heard_at = now
        if gap is not None:
            self._intake.log.warning("telegram.gap")
            await self._sink.accept([gap], cursor=self._mark.cursor(UPDATES, now))

    def _is_due(self) -> bool:
        return self._noted_at is None or self._clock.now() - self._noted_at >= NOTED_EVERY

    async def _take(self, updates: list[Json]) -> None:
        """Hand all over, then move on. What needs no waiting goes first, without a cursor."""
        ready, slow = part_slow(updates)
        handed: set[int] = set()
        if ready and slow:
            await self._accept(ready, None)
            handed = {id(one) for one in ready}
        updates = await self._with_late_pieces(updates)
        rest = [one for one in updates if id(one) not in handed]
        numbers = [one["update_id"] for one in updates if isinstance(one.get("update_id"), int)]
        if not numbers:
            raise TransientError("The Bot API server gave updates without numbers.")
        self._mark = self._mark.after(numbers, self._clock.now())
        await self._accept(rest, self._mark.offset)

    async def _with_late_pieces(self, updates: list[Json]) -> list[Json]:
        """These and what came while the items of an album were waited for; nothing is confirmed."""
        known = albums_in(updates)
        for _ in range(ALBUM_ROUNDS):
            if not known or len(updates) >= LIMIT:
                break
            await self._clock.sleep(ALBUM_SECONDS)
            seen = {one.get("update_id") for one in updates}
            again = await self._fetch(0) or []
            updates = updates + [one for one in again if one.get("update_id") not in seen]
            now = albums_in(updates)
            if now == known:
                break
            known = now
        return updates

    async def _accept(self, updates: list[Json], offset: int | None) -> None:
        """`offset` None: what is handed over is not confirmed yet."""
        events = [
            *self._intake.take_rekeyed(),
            *read_updates(updates, self._intake.reading),
        ]
        now = self._clock.now()
        is_last = offset is not None or not updates
        cursor = self._mark.cursor(UPDATES, now) if is_last else None
        try:
            await self._sink.accept(events, cursor=cursor)
        except BaseException:
            self._intake.put_back(events)
            raise
        if is_last:
            self._noted_at = now
        await self._intake.settle(updates, events)
