"""The live log of an account: facts in the order of time, each with a key that never changes."""

from datetime import datetime, timedelta

import msgspec

from router.services.accounts import unknown_account
from router.services.errors import NotFound
from router.storage import account_log, accounts
from router.storage.account_log import LogLine
from router.storage.engine import Database
from router.storage.sight import Sight

SHOWN_AT_FIRST = 200
STATES_FOR = timedelta(days=1)
OVERLAP = timedelta(seconds=10)
"""What committed late is read once more; its key makes it the same line."""


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody has read, and what was new."""

    position: int
    at: datetime
    lines: tuple[LogLine, ...]


async def load_lines(
    database: Database, account_id: int, *, message_id: int | None, sight: Sight
) -> tuple[LogLine, ...]:
    """The newest of the account, or all of one message. Raises NotFound."""
    if message_id is None:
        return (await follow(database, account_id, sight=sight)).lines
    async with database.reading() as work:
        touched = await account_log.of_message(work, account_id, message_id)
        if touched is None:
            raise NotFound(f"There is no message {message_id} on this account.")
        return tuple(await account_log.lines(work, touched, sight))


async def follow(
    database: Database, account_id: int, *, sight: Sight, after: Tail | None = None
) -> Tail:
    """What happened since; without `after` the newest. Raises NotFound."""
    now = database.clock.now()
    since = now - STATES_FOR if after is None else after.at - OVERLAP
    async with database.reading() as work:
        if await accounts.find_state(work, account_id) is None:
            raise unknown_account()
        touched = await account_log.touched_after(
            work, account_id, None if after is None else after.position
        )
        found = await account_log.lines(work, touched, sight)
        found += await account_log.account_lines(work, account_id, since)
    found.sort(key=lambda line: (line.at, line.key))
    if after is None:
        found = found[-SHOWN_AT_FIRST:]
    else:
        known = {(line.key, line.at, line.code) for line in after.lines}
        found = [line for line in found if (line.key, line.at, line.code) not in known]
    return Tail(position=touched.position, at=now, lines=tuple(found))
