"""Cases: read for a conversation, changed one at a time under its lock, and their events."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

_COLUMNS = """c.id, c.person_id, p.root_id, c.state, c.subject, c.topic_id,
    coalesce(ct.name, '') as topic, c.priority, c.owner_id, a.name as owner_name, c.team_id,
    c.access_class, c.opened_at, c.first_reply_at, c.solved_at, c.snoozed_until,
    c.last_message_id, c.revision, c.is_private, c.joined_case_id,
    c.minimum_level, c.allowed_channels, c.host_account, c.label_ids, c.merged_into_id,
    c.incident_id, c.incident_by_merge,
    cr.rating, cr.comment, cr.rated_at, jr.id as joined_root_id, jr.display_name as joined_name"""
_JOINS = """join persons p on p.id = c.person_id left join agents a on a.id = c.owner_id
    left join cases j on j.id = c.joined_case_id left join persons jp on jp.id = j.person_id
    left join persons jr on jr.id = jp.root_id
    left join topics ct on ct.id = c.topic_id
    left join case_ratings cr on cr.case_id = c.id"""
_FROM = f"from cases c {_JOINS}"
CHANGEABLE = frozenset(
    {
        "state",
        "owner_id",
        "priority",
        "topic_id",
        "team_id",
        "is_private",
        "access_class",
        "minimum_level",
        "allowed_channels",
        "host_account",
        "label_ids",
        "incident_id",
        "incident_by_merge",
        "weight",
        "solved_at",
        "snoozed_until",
    }
)


async def load_cases(work: UnitOfWork, case_ids: Collection[int]) -> list[Record]:
    """Those of these cases that exist, by id, each with the root of its conversation."""
    return await fetch(
        work,
        f"select {_COLUMNS} {_FROM} where c.id = any($1::bigint[]) order by c.id",
        list(case_ids),
    )


async def cases_of(
    work: UnitOfWork, root_id: int, classes: Sequence[str], limit: int
) -> list[Record]:
    """The seen cases of a conversation by id: all that are not solved, and the newest others."""
    rows = await fetch(
        work,
        f"""
        select {_COLUMNS} from persons m
        cross join lateral (
            (select id from cases where person_id = m.id and state <> 'solved')
            union
            (select id from cases where person_id = m.id order by id desc limit $3)
        ) u
        join cases c on c.id = u.id {_JOINS}
        where m.root_id = $1 and c.access_class = any($2::text[])
        order by c.id
        """,
        root_id,
        list(classes),
        limit,
    )
    return rows


async def person_of_case(work: UnitOfWork, case_id: int) -> int | None:
    """Whose it is for ever. To be locked by: who stands for them may change while we wait."""
    row = await fetch_one(work, "select person_id from cases where id = $1", case_id)
    return None if row is None else int(row["person_id"])


async def roots_of(work: UnitOfWork, case_ids: Collection[int]) -> dict[int, int]:
    """Case -> who stands for its person, for those that exist."""
    rows = await fetch(
        work,
        "select c.id, p.root_id from cases c join persons p on p.id = c.person_id"
        " where c.id = any($1::bigint[])",
        sorted(case_ids),
    )
    return {row["id"]: row["root_id"] for row in rows}


async def change_case(work: UnitOfWork, case_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of `CHANGEABLE`; the revision rises. Under the conversation's lock.

    `allowed_channels` are given as JSON.
    """
    columns = sorted(values)
    if not CHANGEABLE.issuperset(columns):
        raise ValueError(f"not to be changed: {set(columns) - CHANGEABLE}")
    settings = ", ".join(
        f"{column} = ${place}{'::jsonb' if column == 'allowed_channels' else ''}"
        for place, column in enumerate(columns, start=2)
    )
    await work.driver.execute(
        f"update cases set {settings}{', ' if columns else ''}revision = revision + 1"
        " where id = $1",
        case_id,
        *(values[column] for column in columns),
    )


async def insert_case(
    work: UnitOfWork,
    person_id: int,
    *,
    subject: str,
    owner_id: int | None,
    host_account: str | None,
) -> int:
    return int(
        await work.driver.fetchval(
            """
            insert into cases (person_id, subject, owner_id, host_account, opened_at)
            values ($1, $2, $3, $4, $5) returning id
            """,
            person_id,
            subject,
            owner_id,
            host_account,
            work.now(),
        )
    )


async def insert_event(
    work: UnitOfWork,
    *,
    person_id: int,
    case_id: int,
    agent_id: int | None,
    event: str,
    facts: Mapping[str, Any],
) -> int:
    """A line of the timeline that says what was done. It moves no pointer: nobody spoke."""
    return int(
        await work.driver.fetchval(
            """
            insert into messages (person_id, case_id, direction, agent_id, text, context,
                received_at)
            values ($1, $2, 'event', $3, $4, $5::jsonb, $6) returning id
            """,
            person_id,
            case_id,
            agent_id,
            event,
            msgspec.json.encode({"event": event, **facts}).decode(),
            work.now(),
        )
    )


async def mark_lines_undone(
    work: UnitOfWork, move_id: int, root_ids: Collection[int]
) -> list[tuple[int, int]]:
    """The lines of a move in these conversations say when it was undone, wherever they are read.

    Lines, each with whoever stands for whose it is.
    """
    rows = await fetch(
        work,
        """
        select m.id, p.root_id
        from (select id, root_id from persons where root_id = any($2::bigint[]) offset 0) p
        cross join lateral (
            select id, context from messages
            where person_id = p.id and direction = 'event' and text <> 'case_move_undone' offset 0
        ) m
        where m.context @> jsonb_build_object('move_id', $1::bigint) order by m.id
        """,
        move_id,
        sorted(root_ids),
    )
    await work.driver.execute(
        """
        update messages set context = context || jsonb_build_object('undone_at', (
            select undone_at from case_moves where id = $1))
        where id = any($2::bigint[])
        """,
        move_id,
        [row["id"] for row in rows],
    )
    return [(row["id"], row["root_id"]) for row in rows]


async def agent_is_active(work: UnitOfWork, agent_id: int) -> bool:
    row = await fetch_one(work, "select is_active from agents where id = $1", agent_id)
    return row is not None and bool(row["is_active"])


async def team_exists(work: UnitOfWork, team_id: int) -> bool:
    return await fetch_one(work, "select from teams where id = $1", team_id) is not None
