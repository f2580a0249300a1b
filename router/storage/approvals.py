"""What needs a second agent, and answers that wait for one."""

from datetime import datetime
from typing import Any

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork


class ApprovalRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    person_id: int
    root_id: int
    person_name: str
    case_id: int | None
    agent_id: int
    agent_name: str
    agent_is_active: bool
    client_key: str
    wanted: dict[str, Any]
    digest: str
    because: list[Any]
    state: str
    asked_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by_id: int | None
    decided_by: str | None
    decision_reason: str
    message_id: int | None


_ROWS = """
    select v.id, v.person_id, p.root_id, r.display_name as person_name, v.case_id, v.agent_id,
        a.name as agent_name, a.is_active as agent_is_active, v.client_key, v.wanted, v.digest,
        v.because, v.state, v.asked_at, v.expires_at, v.decided_at, v.decided_by_id,
        d.name as decided_by, v.decision_reason, v.message_id
    from approvals v join persons p on p.id = v.person_id join persons r on r.id = p.root_id
    join agents a on a.id = v.agent_id left join agents d on d.id = v.decided_by_id
"""


async def find_policy(work: UnitOfWork) -> dict[str, Any] | None:
    """The newest version (`kept`), and which it is."""
    row = await fetch_one(work, "select id, kept from approval_policies order by id desc limit 1")
    return None if row is None else dict(row)


async def lock_policies(work: UnitOfWork) -> int:
    """The newest version; nobody else makes one before the commit. 0: there never was one."""
    await work.driver.execute("lock table approval_policies in share row exclusive mode")
    found: int | None = await work.driver.fetchval("select max(id) from approval_policies")
    return found or 0


async def insert_policy(work: UnitOfWork, kept: bytes, agent_id: int) -> int:
    made: int = await work.driver.fetchval(
        "insert into approval_policies (kept, agent_id, made_at) values ($1::jsonb, $2, $3)"
        " returning id",
        kept.decode(),
        agent_id,
        work.now(),
    )
    work.announce(Fact.APPROVAL_CHANGED)
    return made


async def insert(
    work: UnitOfWork,
    *,
    person_id: int,
    case_id: int | None,
    agent_id: int,
    client_key: str,
    wanted: bytes,
    digest: str,
    because: bytes,
    expires_at: datetime,
) -> int | None:
    """None: this client key of the agent's was used before."""
    made: int | None = await work.driver.fetchval(
        """
        insert into approvals (person_id, case_id, agent_id, client_key, wanted, digest, because,
            asked_at, expires_at)
        values ($1, $2, $3, $4, $5::jsonb, $6, $7::jsonb, $8, $9)
        on conflict (agent_id, client_key) do nothing returning id
        """,
        person_id,
        case_id,
        agent_id,
        client_key,
        wanted.decode(),
        digest,
        because.decode(),
        work.now(),
        expires_at,
    )
    return made


async def find(work: UnitOfWork, approval_id: int) -> ApprovalRow | None:
    row = await fetch_one(work, f"{_ROWS} where v.id = $1", approval_id)
    return None if row is None else ApprovalRow(**row)


async def find_by_key(work: UnitOfWork, agent_id: int, client_key: str) -> ApprovalRow | None:
    row = await fetch_one(
        work, f"{_ROWS} where v.agent_id = $1 and v.client_key = $2", agent_id, client_key
    )
    return None if row is None else ApprovalRow(**row)


async def lock(work: UnitOfWork, approval_id: int) -> ApprovalRow | None:
    """Nobody else decides it before the commit."""
    await work.driver.execute("select from approvals where id = $1 for update", approval_id)
    return await find(work, approval_id)


async def list_before(
    work: UnitOfWork, before: int | None, *, only_waiting: bool, limit: int
) -> list[ApprovalRow]:
    """Newest first."""
    rows = await fetch(
        work,
        f"""{_ROWS} where ($1::bigint is null or v.id < $1)
            and (not $2 or (v.state = 'waiting' and v.expires_at > $4))
            order by v.id desc limit $3""",
        before,
        only_waiting,
        limit,
        work.now(),
    )
    return [ApprovalRow(**row) for row in rows]


async def list_waiting(work: UnitOfWork, sight: Sight, *, limit: int) -> list[ApprovalRow]:
    """Those in cases that are seen, newest first; of those in none, where anything is."""
    rows = await fetch(
        work,
        f"""{_ROWS} left join cases c on c.id = v.case_id
            where v.state = 'waiting' and v.expires_at > $2
              and (c.access_class = any($1::text[]) or c.id is null and exists (
                select from persons q left join cases k on k.person_id = q.id
                where q.root_id = p.root_id
                  and (k.id is null or k.access_class = any($1::text[]))))
            order by v.id desc limit $3""",
        sight.listed,
        work.now(),
        limit,
    )
    return [ApprovalRow(**row) for row in rows]


async def list_late(work: UnitOfWork, *, limit: int) -> list[int]:
    """Those that still wait though their time is over."""
    rows = await fetch(
        work,
        "select id from approvals where state = 'waiting' and expires_at <= $1"
        " order by id limit $2",
        work.now(),
        limit,
    )
    return [row["id"] for row in rows]


async def decide(
    work: UnitOfWork,
    approval_id: int,
    state: str,
    *,
    agent_id: int | None,
    reason: str,
    message_id: int | None = None,
) -> None:
    await work.driver.execute(
        """
        update approvals set state = $2, decided_by_id = $3, decision_reason = $4,
            message_id = $5, decided_at = $6
        where id = $1
        """,
        approval_id,
        state,
        agent_id,
        reason,
        message_id,
        work.now(),
    )


async def going_out(work: UnitOfWork, message_id: int) -> dict[str, Any]:
    """All that decides what leaves of a message, by what, and who gets it."""
    rows = await fetch(
        work,
        """
        select d.kind, d.part, d.text, d.spans::text as spans, d.copy_to, d.account_id,
            pl.remote_place, i.realm, i.handle, m.subject, m.agent_id,
            m.participants::text as participants
        from deliveries d join messages m on m.id = d.message_id
        join places pl on pl.id = d.place_id left join identities i on i.id = d.identity_id
        where d.message_id = $1 order by d.part, d.copy_to
        """,
        message_id,
    )
    files = await fetch(
        work,
        "select id, name, media_type, size, sha256 from attachments"
        " where message_id = $1 order by position, id",
        message_id,
    )
    return {
        "deliveries": [dict(row) for row in rows],
        "files": [{name: str(value) for name, value in row.items()} for row in files],
    }


async def keep_files(work: UnitOfWork, file_ids: list[int], *, is_kept: bool) -> None:
    """Of uploads that were not sent: whether they outlast a day."""
    await work.driver.execute(
        "update attachments set is_kept = $2 where id = any($1::bigint[]) and message_id is null",
        file_ids,
        is_kept,
    )


async def waiting_with_file(work: UnitOfWork, file_id: int) -> list[ApprovalRow]:
    rows = await fetch(
        work,
        f"""{_ROWS} where v.state = 'waiting' and v.expires_at > $2
            and v.wanted -> 'attachment_ids' @> to_jsonb($1::bigint)""",
        file_id,
        work.now(),
    )
    return [ApprovalRow(**row) for row in rows]


async def newest_case(work: UnitOfWork, root_id: int, sight: Sight) -> int | None:
    """The conversation's newest that is seen."""
    found: int | None = await work.driver.fetchval(
        """
        select c.id from persons q join cases c on c.person_id = q.id
        where q.root_id = $1 and c.access_class = any($2::text[]) order by c.id desc limit 1
        """,
        root_id,
        sight.listed,
    )
    return found


async def last_message(work: UnitOfWork, root_id: int) -> int:
    """The newest that somebody said in a conversation; 0: nobody yet."""
    found: int | None = await work.driver.fetchval(
        "select last_message_id from persons where id = $1", root_id
    )
    return found or 0


async def topic_path(
    work: UnitOfWork, case_id: int | None, topic_id: int | None, message_id: int | None = None
) -> frozenset[int]:
    """The topics that an answer is about: its own (of one that was sent: as it was) and its
    case's, with those above them.
    """
    rows = await fetch(
        work,
        """
        select t.path from topics t
        where t.id = $1 or t.id = (select topic_id from cases where id = $2)
            or t.id = (select topic_id from messages where id = $3)
        """,
        topic_id,
        case_id,
        message_id,
    )
    return frozenset(one for row in rows for one in row["path"])


async def case_of(work: UnitOfWork, message_id: int) -> int | None:
    """The case in which a message stands."""
    row = await fetch_one(work, "select case_id from messages where id = $1", message_id)
    return None if row is None else row["case_id"]
