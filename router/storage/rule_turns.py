"""What rules by time are due for: a row for each case, gone with the transaction that acted."""

from datetime import datetime, timedelta

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """Cases that came due in one look at the clock."""

    count: int
    newest: datetime | None
    """Up to then: of one instant all are among them, or none."""


class TurnRow(msgspec.Struct, frozen=True, kw_only=True):
    rule_id: int
    case_id: int
    due_at: datetime
    tries: int


async def add_stays(
    work: UnitOfWork, rule_id: int, *, state: str, stay: timedelta, since: datetime, limit: int
) -> Stays:
    """Cases that have been in the state for so long since `since`, those first that came due first;
    more than `limit` where the last of them came due in one instant."""
    row = await fetch_one(
        work,
        """
        with due as (
            select s.case_id, s.since + $3 as due_at from case_spells s
            join cases c on c.id = s.case_id and c.state = s.state and c.merged_into_id is null
            where s.state = $2 and s.since > $4::timestamptz - $3
              and s.since <= $5::timestamptz - $3
            order by s.since fetch first ($6::int) rows with ties
        ), made as (
            insert into rule_turns (rule_id, case_id, due_at)
            select $1, case_id, due_at from due on conflict do nothing returning 1
        )
        select count(*) as count, max(due_at) as newest from due
        """,
        rule_id,
        state,
        stay,
        since,
        work.now(),
        limit,
    )
    assert row is not None
    return Stays(**row)


async def add_open_cases(work: UnitOfWork, rule_id: int, due_at: datetime, *, limit: int) -> None:
    """Every case that is not solved, those first that wait longest."""
    await work.driver.execute(
        """
        insert into rule_turns (rule_id, case_id, due_at)
        select $1, id, $2 from cases where state <> 'solved' order by id limit $3
        on conflict do nothing
        """,
        rule_id,
        due_at,
        limit,
    )


async def note_rang(work: UnitOfWork, rule_id: int, at: datetime) -> None:
    """It has looked at the clock up to then."""
    await work.driver.execute("update rules set rang_at = $2 where id = $1", rule_id, at)


async def is_any_left(work: UnitOfWork, rule_id: int) -> bool:
    """Whether the rule has yet to look at something that came due."""
    found = await fetch_one(
        work, "select case_id from rule_turns where rule_id = $1 limit 1", rule_id
    )
    return found is not None


async def next_due(work: UnitOfWork, *, limit: int) -> list[TurnRow]:
    rows = await fetch(
        work,
        """
        select rule_id, case_id, due_at, tries from rule_turns
        where due_at <= $2 order by due_at, rule_id, case_id limit $1
        """,
        limit,
        work.now(),
    )
    return [TurnRow(**row) for row in rows]


async def take(work: UnitOfWork, turn: TurnRow) -> bool:
    """It is gone with this transaction. False: it is gone already."""
    found = await fetch_one(
        work,
        """
        delete from rule_turns where rule_id = $1 and case_id = $2 and due_at = $3
        returning case_id
        """,
        turn.rule_id,
        turn.case_id,
        turn.due_at,
    )
    return found is not None


async def put_off(work: UnitOfWork, rule_id: int, until: datetime) -> int:
    """What has come due for the rule comes due then; how many cases that are."""
    rows = await fetch(
        work,
        """
        update rule_turns set due_at = $2 where rule_id = $1 and due_at <= $3 returning case_id
        """,
        rule_id,
        until,
        work.now(),
    )
    return len(rows)


async def put_off_now(work: UnitOfWork) -> dict[int, tuple[int, datetime]]:
    """Rule -> how many cases wait for it to go on, and when it does."""
    rows = await fetch(
        work,
        """
        select rule_id, count(*) as count, min(due_at) as until from rule_turns
        where due_at > $1 group by rule_id
        """,
        work.now(),
    )
    return {row["rule_id"]: (row["count"], row["until"]) for row in rows}


async def note_try(work: UnitOfWork, turn: TurnRow) -> None:
    await work.driver.execute(
        """
        update rule_turns set tries = tries + 1
        where rule_id = $1 and case_id = $2 and due_at = $3
        """,
        turn.rule_id,
        turn.case_id,
        turn.due_at,
    )
