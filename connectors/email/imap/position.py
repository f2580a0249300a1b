"""How far a folder was read, and where reading it begins."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import msgspec

from connectors.email.imap.connection import ImapConnection, MailHead
from core.connector import Cursor, CursorValue

CLOCK_DIFFERENCE = timedelta(hours=1)
"""How far the server's clock may be behind ours when we ask for mails since a moment."""
ONE_DAY = timedelta(days=1)


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """UIDs hold under one UIDVALIDITY (RFC 3501, 2.3.1.1)."""

    validity: int
    uid: int
    """The last mail that was taken over."""
    since: datetime | None = None
    """Mails that came earlier were never wanted; None: all are."""
    old_until: int = 0
    """Up to this UID, mails from before `since` are left out: UIDs were given anew."""

    def at(self, uid: int) -> "Position":
        return msgspec.structs.replace(self, uid=max(uid, self.uid))

    def wants(self, head: MailHead) -> bool:
        if self.since is None or head.uid > self.old_until or head.received_at is None:
            return True
        return head.received_at >= self.since

    def as_cursor(self, scope: str) -> Cursor:
        return Cursor(scope=scope, value=CursorValue(msgspec.json.encode(self).decode()))


def from_cursor(cursor: Cursor) -> Position:
    return msgspec.json.decode(cursor.value.encode(), type=Position)


async def first_position(
    connection: ImapConnection,
    validity: int,
    start_from: Literal["now", "all"] | date,
    now: datetime,
) -> Position:
    """Of a folder, open on this connection, that was never read."""
    if start_from == "all":
        return Position(validity=validity, uid=0)
    newest = await connection.newest()
    if start_from == "now":
        return Position(validity=validity, uid=newest, since=now - CLOCK_DIFFERENCE)
    since = datetime.combine(start_from, time(), tzinfo=UTC)
    return await _since(connection, validity, since, newest)


async def position_anew(connection: ImapConnection, validity: int, last: Position) -> Position:
    """After a change of UIDVALIDITY: all UIDs are void.

    Everything that was ever wanted is read again; the keys of the events drop doubles.
    """
    if last.since is None:
        return Position(validity=validity, uid=0)
    return await _since(connection, validity, last.since, await connection.newest())


async def _since(
    connection: ImapConnection, validity: int, since: datetime, newest: int
) -> Position:
    # SINCE goes by the server's calendar (RFC 3501, 6.4.4): a day more, and `wants` decides.
    uids = await connection.search_since((since - ONE_DAY).date())
    uid = uids[0] - 1 if uids else newest
    return Position(validity=validity, uid=uid, since=since, old_until=newest)
