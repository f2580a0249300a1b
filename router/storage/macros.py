"""Macros, and what each run of one did, case by case."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

_EVERY = """
    select m.id, m.name, m.reach, m.team_id, m.agent_id, m.actions, m.changed_at, m.topic_ids,
           b.name as renamed_by
    from macros m left join agents b on b.id = m.renamed_by
"""
_MACRO = f"{_EVERY} where m.dropped_at is null"


async def list_for(work: UnitOfWork, agent_id: int, team_ids: Collection[int]) -> list[Record]:
    """What this agent may run, by name."""
    return await fetch(
        work,
        f"""{_MACRO} and (m.reach = 'shared' or (m.reach = 'personal' and m.agent_id = $1)
                          or m.team_id = any($2::bigint[]))
            order by lower(m.name), m.id limit 500""",
        agent_id,
        list(team_ids),
    )


async def find_macro(work: UnitOfWork, macro_id: int) -> Record | None:
    return await fetch_one(work, f"{_MACRO} and m.id = $1", macro_id)


async def lock_macro(work: UnitOfWork, macro_id: int) -> Record | None:
    return await fetch_one(work, f"{_MACRO} and m.id = $1 for update of m", macro_id)


async def put_macro(
    work: UnitOfWork,
    macro_id: int | None,
    *,
    name: str,
    reach: str,
    team_id: int | None,
    agent_id: int,
    actions: Sequence[Mapping[str, Any]],
) -> int:
    """A new one without an id; `agent_id` is who made it, and stays until somebody keeps it for
    themselves."""
    values = (name, reach, team_id, msgspec.json.encode(actions).decode(), work.now())
    if macro_id is None:
        made = await work.driver.fetchval(
            "insert into macros (name, reach, team_id, actions, changed_at, agent_id)"
            " values ($1, $2, $3, $4::jsonb, $5, $6) returning id",
            *values,
            agent_id,
        )
        return int(made)
    await work.driver.execute(
        "update macros set name = $1, reach = $2, team_id = $3, actions = $4::jsonb,"
        " changed_at = $5, renamed_by = null,"
        " agent_id = case when $2 = 'personal' then $7 else agent_id end where id = $6",
        *values,
        macro_id,
        agent_id,
    )
    return macro_id


async def drop_macro(work: UnitOfWork, macro_id: int) -> None:
    await work.driver.execute(
        "update macros set dropped_at = $2 where id = $1", macro_id, work.now()
    )


async def lock_dropped(work: UnitOfWork, macro_id: int) -> Record | None:
    return await fetch_one(
        work, f"{_EVERY} where m.dropped_at is not null and m.id = $1 for update of m", macro_id
    )


async def put_back(
    work: UnitOfWork, macro_id: int, actions: Sequence[Mapping[str, Any]] | None
) -> None:
    """It is there again, with these actions; None: as it was. Under `lock_dropped`."""
    await work.driver.execute(
        "update macros set dropped_at = null, topic_ids = '{}',"
        " actions = coalesce($2::jsonb, actions),"
        " changed_at = case when $2 is null then changed_at else $3 end where id = $1",
        macro_id,
        actions and msgspec.json.encode(actions).decode(),
        work.now(),
    )


async def open_run(work: UnitOfWork, macro_id: int, agent_id: int, client_key: str) -> Record:
    """The agent's run under this key: a new one of this macro, or the one that has the key."""
    await work.driver.execute(
        """
        insert into macro_runs (macro_id, agent_id, client_key, at) values ($1, $2, $3, $4)
        on conflict (agent_id, client_key) do nothing
        """,
        macro_id,
        agent_id,
        client_key,
        work.now(),
    )
    row = await fetch_one(
        work,
        "select id, macro_id, undone_at from macro_runs where agent_id = $1 and client_key = $2",
        agent_id,
        client_key,
    )
    assert row is not None
    return row


async def open_next_run(
    work: UnitOfWork, macro_id: int, agent_id: int, kind: str, name: str, *, most: int
) -> int:
    """The agent's newest run under a key of this kind, held until the commit, unless it was undone
    or has `most` cases; else a new one under this name of the kind."""
    row = await fetch_one(
        work,
        """
        select id, undone_at, jsonb_array_length(steps) as cases from macro_runs
        where macro_id = $1 and agent_id = $2 and starts_with(client_key, $3)
        order by macro_id, id desc limit 1 for update
        """,
        macro_id,
        agent_id,
        kind,
    )
    if row is not None and row["undone_at"] is None and row["cases"] < most:
        return int(row["id"])
    return int((await open_run(work, macro_id, agent_id, kind + name))["id"])


async def has_step(work: UnitOfWork, run_id: int, case_id: int) -> bool:
    """Whether the run has been done to this case."""
    found = await fetch_one(
        work,
        "select id from macro_runs where id = $1 and steps @> $2::jsonb",
        run_id,
        msgspec.json.encode([{"case_id": case_id}]).decode(),
    )
    return found is not None


async def add_step(work: UnitOfWork, run_id: int, step: Mapping[str, Any]) -> None:
    """What became of one case, in the transaction that changed it."""
    await work.driver.execute(
        "update macro_runs set steps = steps || $2::jsonb where id = $1",
        run_id,
        msgspec.json.encode([step]).decode(),
    )


async def lock_run(work: UnitOfWork, run_id: int) -> Record | None:
    return await fetch_one(
        work,
        "select id, macro_id, agent_id, steps, at, undone_at from macro_runs where id = $1"
        " for update",
        run_id,
    )


async def runs_of(
    work: UnitOfWork, macro_id: int, classes: Collection[str], *, before: int | None, limit: int
) -> list[Record]:
    """The newest first, each with its steps in cases of these access classes."""
    return await fetch(
        work,
        f"""
        select u.id, u.agent_id, a.name as agent_name, u.at, u.undone_at, coalesce((
            select jsonb_agg(jsonb_build_object('case_id', c.id, 'person_id', p.root_id,
                       'is_undone', s.step -> 'undone' is not null) order by s.ord)
            from jsonb_array_elements(u.steps) with ordinality s(step, ord)
            join cases c on c.id = (s.step ->> 'case_id')::bigint
            join persons p on p.id = c.person_id
            where c.access_class = any($2::text[])), '[]') as steps
        from macro_runs u join agents a on a.id = u.agent_id
        where u.macro_id = $1 {"and u.id < $4" if before is not None else ""}
        order by u.id desc limit $3
        """,
        macro_id,
        sorted(classes),
        limit,
        *(() if before is None else (before,)),
    )


async def take_undo(work: UnitOfWork, run_id: int, number: int) -> bool:
    """The step is undone with this transaction. False: it was before."""
    found = await fetch_one(
        work,
        """
        update macro_runs set steps = jsonb_set(steps, array[$2::text, 'undone'], 'true')
        where id = $1 and (steps -> $3::int -> 'undone') is null returning id
        """,
        run_id,
        str(number),
        number,
    )
    return found is not None


async def note_undone(work: UnitOfWork, run_id: int) -> None:
    await work.driver.execute(
        "update macro_runs set undone_at = $2 where id = $1", run_id, work.now()
    )
