"""What each agent has read, and what they have not sent yet."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from router.storage.records import Record, fetch, fetch_one
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
    attachment_ids: list[int]
    revision: int


async def find_draft(
    work: UnitOfWork, agent_id: int, member_ids: Collection[int], kind: str
) -> DraftRow | None:
    """The newest that the agent has under any member."""
    row = await fetch_one(
        work,
        """
        select text, options, at, attachment_ids, revision from drafts
        where agent_id = $1 and person_id = any($2::bigint[]) and kind = $3
        order by at desc, person_id limit 1
        """,
        agent_id,
        list(member_ids),
        kind,
    )
    if row is None:
        return None
    return DraftRow(**row)


async def drafts_of(work: UnitOfWork, agent_id: int, limit: int) -> list[Record]:
    """The agent's newest drafts, by conversation and kind."""
    return await fetch(
        work,
        """
        select p.root_id, r.display_name, d.kind, left(d.text, 400) as text, d.at,
            jsonb_array_length(d.attachment_ids) as files
        from drafts d join persons p on p.id = d.person_id join persons r on r.id = p.root_id
        where d.agent_id = $1 order by d.at desc, p.root_id, d.kind limit $2
        """,
        agent_id,
        limit,
    )


async def drafters_of(work: UnitOfWork, agent_id: int, member_ids: Collection[int]) -> list[Record]:
    """Other agents who have begun to answer in this conversation."""
    return await fetch(
        work,
        """
        select a.id, a.name, max(d.at) as at from drafts d join agents a on a.id = d.agent_id
        where d.person_id = any($2::bigint[]) and d.kind = 'reply' and d.agent_id <> $1
          and a.is_active
        group by a.id order by max(d.at) desc limit 10
        """,
        agent_id,
        list(member_ids),
    )


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
    attachment_ids: Sequence[int],
) -> int:
    """Its revision, higher than any before."""
    row = await fetch_one(
        work,
        """
        insert into drafts as d
            (agent_id, person_id, kind, text, options, attachment_ids, at, revision)
        values ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7,
            extract(epoch from $7::timestamptz) * 1000)
        on conflict (agent_id, person_id, kind) do update
            set text = excluded.text, options = excluded.options,
                attachment_ids = excluded.attachment_ids, at = excluded.at,
                revision = greatest(d.revision + 1, excluded.revision)
        returning revision
        """,
        agent_id,
        root_id,
        kind,
        text,
        msgspec.json.encode(options).decode(),
        msgspec.json.encode(attachment_ids).decode(),
        work.now(),
    )
    assert row is not None
    return int(row["revision"])


async def lock_drafts(work: UnitOfWork, agent_id: int, root_id: int, kind: str) -> None:
    """Whoever else writes this draft waits until the transaction ends, one that is not there yet
    included."""
    await work.driver.execute(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"draft {agent_id} {root_id} {kind}",
    )


async def keep_files(
    work: UnitOfWork, agent_id: int, kept: Collection[int], dropped: Collection[int]
) -> None:
    """The janitor leaves the agent's uploads alone that a draft has, and no others."""
    if kept or dropped:
        await work.driver.execute(
            """
            update attachments set is_kept = id = any($2::bigint[]), created_at = $4
            where id = any($2::bigint[] || $3::bigint[]) and uploaded_by_id = $1
              and message_id is null and is_kept <> (id = any($2::bigint[]))
            """,
            agent_id,
            sorted(kept),
            sorted(set(dropped) - set(kept)),
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
