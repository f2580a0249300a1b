"""How far an account was read, and when Telegram was heard last. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.telegram.reporting import KEPT
from core.connector import Cursor, CursorValue
from core.messages import HistoryGap

UPDATES = "updates"
WEBHOOK = "webhook"
LOST = (
    "Telegram keeps what is written for 24 hours only, and nobody had asked for it: messages of"
    " this time are lost."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    offset: int | None = None
    """The number behind the last update that was handed over. Never the highest: they restart."""
    got_at: datetime | None = None
    """When that was."""

    @classmethod
    def of(cls, cursor: Cursor | None) -> "Mark":
        if cursor is None:
            return cls()
        offset, _, times = cursor.value.partition(";")
        return cls(
            offset=int(offset) if offset.lstrip("-").isdecimal() else None,
            got_at=_moment(times.partition(";")[0]),
        )

    def after(self, numbers: Sequence[int], now: datetime) -> "Mark":
        return Mark(offset=numbers[-1] + 1, got_at=now) if numbers else self

    def cursor(self, scope: str, now: datetime) -> Cursor:
        got = "" if self.got_at is None else _shown(self.got_at)
        offset = "" if self.offset is None else self.offset
        return Cursor(scope=scope, value=CursorValue(f"{offset};{got};{_shown(now)}"))


def last_heard_at(cursors: Mapping[str, Cursor]) -> datetime | None:
    """When Telegram was heard last, whichever way."""
    times = [
        found
        for scope in (UPDATES, WEBHOOK)
        if scope in cursors
        and (found := _moment(cursors[scope].value.rpartition(";")[2])) is not None
    ]
    return max(times, default=None)


def gap_after(heard: datetime | None, now: datetime) -> HistoryGap | None:
    """What is lost when Telegram was heard last then. None: nothing."""
    if heard is None or now - heard <= KEPT:
        return None
    return HistoryGap(event_key=f"gap:{_shown(heard)}", since=heard, until=now - KEPT, reason=LOST)


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
