"""Why somebody cannot be written to somewhere, or what delays it: as codes with their times."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from core.capabilities import Capabilities
from core.connector import HealthState
from core.errors import GoneBecause
from router.storage.records import Record


class HindranceCode(StrEnum):
    """Closed: the page has a sentence and a way out for each, in every language."""

    NOT_INSTALLED = "not_installed"
    UNTOLD = "untold"
    BLOCKED = "blocked"
    CLOSED = "closed"
    NO_COMMON_PLACE = "no_common_place"
    NEVER_WROTE = "never_wrote"
    BOUNCED = "bounced"
    DEACTIVATED = "deactivated"
    SENT_AWAY = "sent_away"
    WINDOW_OVER = "window_over"
    UNPROVEN = "unproven"
    """Of an identity without a place: nobody has proven that it is theirs."""
    ACCOUNT_PAUSED = "account_paused"
    ACCOUNT_DOWN = "account_down"
    RATE_LIMITED = "rate_limited"
    OFFLINE = "offline"
    NO_NOTICES = "no_notices"
    """They take answers, and want nothing else."""


DELAYS = frozenset(
    {
        HindranceCode.ACCOUNT_PAUSED,
        HindranceCode.ACCOUNT_DOWN,
        HindranceCode.RATE_LIMITED,
        HindranceCode.OFFLINE,
        HindranceCode.NO_NOTICES,
    }
)
"""An answer is taken all the same; the others are bars."""


class Hindrance(msgspec.Struct, frozen=True, kw_only=True):
    code: HindranceCode
    is_bar: bool
    """Nothing is taken there now."""
    since: datetime | None = None
    until: datetime | None = None
    minutes: int | None = None
    """Until it goes on elsewhere, or how long a network takes answers."""
    goes_to: str = ""
    """Where an answer goes on that stays unread: an address of theirs."""
    told: str = ""
    """What the network, or whoever paused the account, said."""


def to_hindrance(
    code: HindranceCode,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    minutes: int | None = None,
    goes_to: str = "",
    told: str = "",
) -> Hindrance:
    return Hindrance(
        code=code,
        is_bar=code not in DELAYS,
        since=since,
        until=until,
        minutes=minutes,
        goes_to=goes_to,
        told=told,
    )


def hindrances_of(
    row: Record, capabilities: Capabilities | None, now: datetime
) -> tuple[Hindrance, ...]:
    """Of a place as `storage.reach.places_of` has it. Bars first, of which one is enough."""
    bar = _bar(row, capabilities, now)
    return (*(() if bar is None else (bar,)), *_delays(row))


def _bar(row: Record, capabilities: Capabilities | None, now: datetime) -> Hindrance | None:
    if capabilities is None:
        return to_hindrance(HindranceCode.NOT_INSTALLED)
    if not row["is_reachable"]:
        return to_hindrance(
            code_of(row["unreachable_code"]),
            since=row["unreachable_at"],
            told=row["unreachable_reason"],
        )
    window = capabilities.session_window
    wrote_at = row["last_inbound_at"]
    if window is not None and (wrote_at is None or now - wrote_at > window):
        return to_hindrance(
            HindranceCode.WINDOW_OVER,
            since=None if wrote_at is None else wrote_at + window,
            minutes=int(window / timedelta(minutes=1)),
        )
    return None


def _delays(row: Record) -> tuple[Hindrance, ...]:
    found = []
    health = row["health"] or {}
    if row["account_state"] == "paused":
        found.append(
            to_hindrance(
                HindranceCode.ACCOUNT_PAUSED, since=row["paused_at"], told=row["paused_reason"]
            )
        )
    elif health.get("state") == HealthState.DOWN:
        found.append(
            to_hindrance(
                HindranceCode.ACCOUNT_DOWN,
                since=row["health_since"],
                told=str(health.get("detail") or ""),
            )
        )
    if row["notices_stopped_at"] is not None:
        found.append(to_hindrance(HindranceCode.NO_NOTICES, since=row["notices_stopped_at"]))
    return tuple(found)


def code_of(stored: str) -> HindranceCode:
    """Rows of before these codes, and networks that don't tell, have none."""
    return HindranceCode(stored) if stored in set(GoneBecause) else HindranceCode.UNTOLD
