"""What each agent has read, and what they have not sent yet."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


async def mark_read(
    work: UnitOfWork, agent_id: int, member_ids: Collection[int], message_id: int
) -> bool:
    """Read up to this message, for every member of the conversation. Whether that was news."""
    moved = await fetch(
        work,
        """
        insert into read_marks as r (agent_id, person_id, message_id, at)
        select $1, member, $3, $4 from unnest($2::bigint[]) member order by member
        on conflict (agent_id, person_id) do update
            set message_id = excluded.message_id, at = excluded.at
            where r.message_id < excluded.message_id
        returning person_id
        """,
        agent_id,
        list(member_ids),
        message_id,
        work.now(),
    )
    return bool(moved)


class DraftRow(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    options: dict[str, Any]
    at: datetime


async def find_draft(
    work: UnitOfWork, agent_id: int, member_ids: Collection[int], kind: str
) -> DraftRow | None:
    """The newest that the agent has under any member."""
    row = await fetch_one(
        work,
        """
        select text, options, at from drafts
        where agent_id = $1 and person_id = any($2::bigint[]) and kind = $3
        order by at desc, person_id limit 1
        """,
        agent_id,
        list(member_ids),
        kind,
    )
    if row is None:
        return None
    return DraftRow(text=row["text"], options=row["options"], at=row["at"])


async def has_draft(work: UnitOfWork, agent_id: int, member_ids: Collection[int]) -> bool:
    row = await fetch_one(
        work,
        "select from drafts where agent_id = $1 and person_id = any($2::bigint[]) limit 1",
        agent_id,
        list(member_ids),
    )
    return row is not None


async def put_draft(
    work: UnitOfWork,
    agent_id: int,
    root_id: int,
    kind: str,
    *,
    text: str,
    options: Mapping[str, Any],
) -> None:
    await work.driver.execute(
        """
        insert into drafts (agent_id, person_id, kind, text, options, at)
        values ($1, $2, $3, $4, $5::jsonb, $6)
        on conflict (agent_id, person_id, kind) do update
            set text = excluded.text, options = excluded.options, at = excluded.at
        """,
        agent_id,
        root_id,
        kind,
        text,
        msgspec.json.encode(options).decode(),
        work.now(),
    )


async def drop_drafts(
    work: UnitOfWork, agent_id: int, person_ids: Collection[int], kind: str
) -> bool:
    """Idempotent; whether there was one."""
    rows = await fetch(
        work,
        """
        delete from drafts where agent_id = $1 and person_id = any($2::bigint[]) and kind = $3
        returning person_id
        """,
        agent_id,
        list(person_ids),
        kind,
    )
    return bool(rows)
