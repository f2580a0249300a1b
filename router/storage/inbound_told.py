"""The short way in and the feed's read of it, in one round trip.

While agents listen, what was stored is read again as their feed shows it. A function that runs
both statements answers earlier than the two by themselves, and its second one sees what its first
one wrote. It is made for each connection out of the same two texts, so that there is nothing to
migrate and nothing that could fall out of step.
"""

import re
from collections.abc import Sequence
from functools import lru_cache, partial

import asyncpg

from router.storage import feed, inbound_steady
from router.storage.inbound import DedupKey
from router.storage.inbound_steady import PlainMessage
from router.storage.unit_of_work import Followed, UnitOfWork

MOST = 100
"""Entries that are told along: as many as the feed reads at once."""
_NAME = "pg_temp.store_and_tell"
_TOLD = re.compile(r"told_\d+_(.+)")
_PARAMETERS = ", ".join(
    f"${number + 1}" for number in range(inbound_steady.PARAMETERS + feed.PARAMETERS)
)
_STATEMENT = f"select * from {_NAME}({_PARAMETERS})"


async def teach(driver: asyncpg.Connection) -> None:
    """Make the function, which lives as long as the connection.

    Raises asyncpg.InsufficientPrivilegeError where nothing temporary may be made.
    """
    stores = await driver.prepare(inbound_steady.STATEMENT)
    tells = await driver.prepare(feed.TOLD_WITH_MEMBERS)
    stored, told = stores.get_attributes(), tells.get_attributes()
    parameters = (*stores.get_parameters(), *tells.get_parameters())
    columns = [f"{one.name} {one.type.name}" for one in stored]
    columns += [f"told_{number}_{one.name} {one.type.name}" for number, one in enumerate(told)]
    tell = re.sub(
        r"\$(\d+)",
        lambda found: f"${int(found[1]) + inbound_steady.PARAMETERS}",
        feed.told_with_members_statement(before=f"{_nulls(stored)}, "),
    )
    await driver.execute(
        f"""
        create function {_NAME}({", ".join(one.name for one in parameters)})
        returns table ({", ".join(columns)}) language plpgsql as $function$
        #variable_conflict use_column
        begin
            return query {inbound_steady.statement(after=f", {_nulls(told)}")};
            if found then
                return query {tell};
            end if;
        end $function$
        """
    )


def _nulls(columns: Sequence[asyncpg.Attribute]) -> str:
    return ", ".join(f"null::{one.type.name}" for one in columns)


async def store_and_tell(
    work: UnitOfWork, said: Sequence[PlainMessage], followed: Followed
) -> dict[DedupKey, int]:
    """Like `inbound_steady.store_steady`, on a connection that was taught.

    With the commit, whoever follows hears everything behind their position, if all of it is there.
    """
    rows = await work.driver.fetch(
        _STATEMENT,
        *inbound_steady.values_of(work, said),
        *feed.told_values(followed.position, followed.agent_ids, limit=MOST),
    )
    if not rows:
        return {}
    names = _told_names(tuple(rows[0].keys()))
    found = feed.to_told(
        names, [tuple(row.values())[-len(names) :] for row in rows if row["id"] is None]
    )
    ids = inbound_steady.noted(work, [row for row in rows if row["id"] is not None])
    if work.numbered is not None and found.is_gapless_after(followed.position):
        work.on_commit.append(partial(followed.hear, found))
    return ids


@lru_cache(maxsize=1)
def _told_names(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Of the second result, as its statement calls them. A hundred, the same for every message."""
    found = (_TOLD.fullmatch(name) for name in columns)
    return tuple(column[1] for column in found if column is not None)
