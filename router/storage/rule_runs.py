"""How far rules have come in the outbox, what came of them, and what they caused."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from router.storage import followers
from router.storage.engine import TROUBLE, StatementRefused
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import OUTBOX, Fact, UnitOfWork

FOLLOWER = "automation"


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    rule_id: int | None
    version: int | None
    position: int | None
    person_id: int | None
    case_id: int | None
    message_id: int | None
    outcome: str
    chain: Sequence[int]
    explained: Mapping[str, Any]


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    rule_id: int | None
    name: str | None
    version: int | None
    person_id: int | None
    case_id: int | None
    message_id: int | None
    outcome: str
    chain: list[int]
    explained: dict[str, Any]
    at: datetime


async def position_of(work: UnitOfWork) -> int:
    """How far was read. What was dropped of the outbox before that is passed over."""
    row = await fetch_one(
        work,
        f"""
        select greatest(coalesce((select position from followers where name = '{FOLLOWER}'), 0),
            coalesce((select trimmed from relay_state where name = '{OUTBOX}'), 0)) as position
        """,
    )
    return 0 if row is None else int(row["position"])


async def take_position(work: UnitOfWork) -> int:
    """The same, held until the commit: nobody else acts meanwhile."""
    return await followers.take_untrimmed(work, FOLLOWER)


async def keep_position(work: UnitOfWork, before: int, until: int) -> None:
    """Everything up to `until` is done; since when the cases among it are in their states."""
    await work.driver.execute(
        f"""
        insert into case_spells as s (case_id, state, since)
        select distinct on (c.id) c.id, c.state, o.at
        from outbox o
        left join messages m on m.id = o.ref
            and o.kind in ('{Fact.MESSAGE_CREATED}', '{Fact.MESSAGE_CHANGED}')
        join cases c on c.id = case when o.kind = '{Fact.CASE_CHANGED}' then o.ref
                                    else m.case_id end
        where o.position > $1 and o.position <= $2
        order by c.id, o.position
        on conflict (case_id) do update set state = excluded.state, since = excluded.since
        where s.state <> excluded.state
        """,
        before,
        until,
    )
    await followers.keep(work, FOLLOWER, until)
    await work.driver.execute("delete from rule_tries where position <= $1", until)


async def newest_after(work: UnitOfWork, position: int, *, limit: int) -> tuple[int, int]:
    """The position of the last of the next facts (or the one given), and how many there are."""
    row = await fetch_one(
        work,
        """
        select max(position) as until, count(*) as count
        from (select position from outbox where position > $1 order by position limit $2) o
        """,
        position,
        limit,
    )
    return (position, 0) if not row or not row["count"] else (row["until"], row["count"])


async def note_try(work: UnitOfWork, position: int) -> int:
    """The fact there failed as a whole once more; how often so far."""
    return int(
        await work.driver.fetchval(
            """
            insert into rule_tries as t (position, tries) values ($1, 1)
            on conflict (position) do update set tries = t.tries + 1 returning tries
            """,
            position,
        )
    )


@asynccontextmanager
async def contained(work: UnitOfWork) -> AsyncIterator[None]:
    """What the block writes is undone if it raises, and the transaction goes on. Raises
    StatementRefused for what PostgreSQL refuses of it."""
    try:
        async with work.savepoint():
            yield
    except (*TROUBLE, asyncpg.TransactionRollbackError):
        raise
    except asyncpg.PostgresError as error:
        raise StatementRefused(type(error).__name__) from error


async def insert_run(work: UnitOfWork, fresh: NewRun) -> int:
    return int(
        await work.driver.fetchval(
            """
            insert into rule_runs (rule_id, version, position, person_id, case_id, message_id,
                outcome, chain, explained, at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10) returning id
            """,
            fresh.rule_id,
            fresh.version,
            fresh.position,
            fresh.person_id,
            fresh.case_id,
            fresh.message_id,
            fresh.outcome,
            list(fresh.chain),
            msgspec.json.encode(fresh.explained).decode(),
            work.now(),
        )
    )


async def count_within(
    work: UnitOfWork, rule_id: int, case_id: int | None, within: timedelta
) -> tuple[int, int]:
    """Runs of this rule that did something: on this case, and in all."""
    row = await fetch_one(
        work,
        """
        select count(*) filter (where case_id = $2) as of_case, count(*) as in_all
        from rule_runs
        where rule_id = $1 and at > $3 and outcome in ('done', 'failed')
          and at > coalesce((select max(at) from rule_runs
                             where rule_id = $1 and outcome = 'stopped'), '-infinity')
        """,
        rule_id,
        case_id,
        work.now() - within,
    )
    assert row is not None
    return int(row["of_case"]), int(row["in_all"])


async def revision_of(work: UnitOfWork, case_id: int) -> int:
    return int(await work.driver.fetchval("select revision from cases where id = $1", case_id))


async def newest_outbox_id(work: UnitOfWork) -> int:
    return int(await work.driver.fetchval("select coalesce(max(id), 0) from outbox"))


async def note_causes(
    work: UnitOfWork, root_ids: Collection[int], after: int, caused: Sequence[tuple[str, int, int]]
) -> None:
    """Each fact (kind, ref) of these conversations that this transaction wrote, with its run.

    Under their locks: nobody else writes facts of theirs meanwhile.
    """
    await work.driver.execute(
        """
        insert into rule_causes (outbox_id, run_id)
        select distinct o.id, u.run
        from unnest($3::text[], $4::bigint[], $5::bigint[]) u(kind, ref, run)
        join outbox o on o.id > $2 and o.person_id = any($1::bigint[])
                     and o.kind = u.kind and o.ref = u.ref
        on conflict do nothing
        """,
        list(root_ids),
        after,
        [kind for kind, _, _ in caused],
        [ref for _, ref, _ in caused],
        [run for _, _, run in caused],
    )


async def sign_lines(
    work: UnitOfWork, message_ids: Collection[int], *, rule_id: int, name: str
) -> None:
    """Event lines that a rule caused name it, and no agent."""
    await work.driver.execute(
        """
        update messages set agent_id = null, author_name = $3,
            context = (context - 'agent_id') || jsonb_build_object('rule_id', $2::bigint)
        where id = any($1::bigint[]) and direction = 'event'
        """,
        list(message_ids),
        rule_id,
        name,
    )


async def insert_note(
    work: UnitOfWork,
    *,
    person_id: int,
    case_id: int | None,
    author: str,
    text: str,
    rule_id: int | None,
    agent_id: int | None = None,
) -> int:
    """A note that a rule wrote, or a macro for its agent."""
    return int(
        await work.driver.fetchval(
            """
            insert into messages (person_id, case_id, direction, author_name, text, context,
                received_at, agent_id)
            values ($1, $2, 'note', $3, $4,
                jsonb_strip_nulls(jsonb_build_object('rule_id', $5::bigint)), $6, $7) returning id
            """,
            person_id,
            case_id,
            author,
            text,
            rule_id,
            work.now(),
            agent_id,
        )
    )


_RUN = """
    select u.id, u.rule_id, r.name, u.version, u.person_id, u.case_id, u.message_id, u.outcome,
           u.chain, u.explained, u.at
    from rule_runs u left join rules r on r.id = u.rule_id
    left join cases c on c.id = u.case_id
    where (c.access_class = any($1::text[]) or (c.id is null and coalesce((
        select bool_or(k.access_class = any($1::text[]))
        from persons o join persons q on q.root_id = o.root_id join cases k on k.person_id = q.id
        where o.id = u.person_id), true)))
"""


async def list_runs(
    work: UnitOfWork,
    classes: Sequence[str],
    *,
    rule_id: int | None = None,
    case_id: int | None = None,
    before: int | None = None,
    limit: int,
) -> list[RunRow]:
    """Newest first. Of cases and people that are not seen there are none."""
    asked = {"u.rule_id =": rule_id, "u.case_id =": case_id, "u.id <": before}
    values = [value for value in asked.values() if value is not None]
    # Written only where it is asked: else the plan walks all runs.
    wanted = [test for test, value in asked.items() if value is not None]
    where = "".join(f" and {test} ${number}" for number, test in enumerate(wanted, 3))
    rows = await fetch(
        work, f"{_RUN}{where} order by u.id desc limit $2", list(classes), limit, *values
    )
    return [RunRow(**row) for row in rows]


async def find_run(work: UnitOfWork, classes: Sequence[str], run_id: int) -> RunRow | None:
    row = await fetch_one(work, f"{_RUN} and u.id = $2", list(classes), run_id)
    return None if row is None else RunRow(**row)


async def last_runs(work: UnitOfWork, since: datetime) -> list[Record]:
    """By rule: how often it ran since then, how often it failed, and when last."""
    return await fetch(
        work,
        """
        select rule_id, count(*) filter (where outcome = 'done') as done,
               count(*) filter (where outcome <> 'done') as others, max(at) as at
        from rule_runs where at > $1 and rule_id is not null group by rule_id
        """,
        since,
    )
