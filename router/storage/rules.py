"""Rules and their versions: kept, read, switched on and off, put in order."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import Fact, UnitOfWork


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with its newest version, or one that it had."""

    id: int
    name: str
    position: int
    is_on: bool
    version: int
    stopped_because: str
    stopped_at: datetime | None
    rang_at: datetime | None
    definition: dict[str, Any]
    classes: list[str]
    agent_id: int
    agent_name: str
    saved_at: datetime
    renamed_by: str | None
    runs_after: int
    """The newest fact of the outbox when it was switched on or said something else last."""


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    definition: dict[str, Any]
    topic_ids: dict[str, int]
    agent_id: int
    agent_name: str
    saved_at: datetime
    renamed_by: str | None


class Ids(msgspec.Struct, frozen=True, kw_only=True):
    """What rules may name: active agents, teams, labels in use, canned replies of others' use."""

    agents: frozenset[int]
    teams: frozenset[int]
    labels: frozenset[int]
    snippets: frozenset[int]


_COLUMNS = """
    select r.id, r.name, r.position, r.is_on, v.version, r.stopped_because, r.stopped_at, r.rang_at,
           v.definition, v.classes, v.agent_id, a.name as agent_name, v.saved_at,
           b.name as renamed_by, greatest(r.on_after, v.runs_after) as runs_after
"""
_AUTHORS = "join agents a on a.id = v.agent_id left join agents b on b.id = v.renamed_by"
_RULE = f"""
    {_COLUMNS}
    from rules r join rule_versions v on v.rule_id = r.id and v.version = r.version {_AUTHORS}
"""
HELD_THEN = f"""
    {_COLUMNS}
    from rules r cross join lateral (
        select * from rule_versions o where o.rule_id = r.id and o.runs_after < $2
        order by o.version desc limit 1
    ) v {_AUTHORS}
    where r.id = any($1::bigint[]) and r.dropped_at is null and r.is_on and r.on_after < $2
    order by r.position, r.id
"""
FORMER = f"""
    {_COLUMNS}
    from rules r join rule_versions v on v.rule_id = r.id
    join rule_versions n on n.rule_id = v.rule_id and n.version = v.version + 1 {_AUTHORS}
    where r.id = any($1::bigint[]) and r.dropped_at is null and r.is_on
      and n.runs_after >= $2 and n.runs_after > v.runs_after and n.runs_after > r.on_after
    order by r.position, r.id, v.version
"""


async def list_rules(work: UnitOfWork) -> list[RuleRow]:
    """In the order in which they run."""
    rows = await fetch(work, f"{_RULE} where r.dropped_at is null order by r.position, r.id")
    return [RuleRow(**row) for row in rows]


async def list_on(work: UnitOfWork) -> list[RuleRow]:
    rows = await fetch(
        work, f"{_RULE} where r.dropped_at is null and r.is_on order by r.position, r.id"
    )
    return [RuleRow(**row) for row in rows]


async def is_any_on(work: UnitOfWork) -> bool:
    row = await fetch_one(work, "select from rules where dropped_at is null and is_on limit 1")
    return row is not None


async def list_former(work: UnitOfWork, rule_ids: Collection[int], since: int) -> list[RuleRow]:
    """What else those of these that are on said, while they were, of facts from this one on."""
    return [RuleRow(**row) for row in await fetch(work, FORMER, list(rule_ids), since)]


async def hold_on_then(work: UnitOfWork, rule_ids: Collection[int], fact: int) -> list[RuleRow]:
    """Those of these that are on, and were when this fact of the outbox was written, as they were
    then: none is switched off before the commit."""
    await _hold(work, rule_ids)
    return [RuleRow(**row) for row in await fetch(work, HELD_THEN, list(rule_ids), fact)]


async def hold_on(work: UnitOfWork, rule_ids: Collection[int]) -> list[RuleRow]:
    """Those of these that are on, as they are now: none is switched off before the commit."""
    await _hold(work, rule_ids)
    rows = await fetch(
        work,
        f"""{_RULE} where r.id = any($1::bigint[]) and r.dropped_at is null and r.is_on
            order by r.position, r.id""",
        list(rule_ids),
    )
    return [RuleRow(**row) for row in rows]


async def _hold(work: UnitOfWork, rule_ids: Collection[int]) -> None:
    await work.driver.execute(
        "select from rules where id = any($1::bigint[]) order by id for no key update",
        list(rule_ids),
    )


async def find_rule(work: UnitOfWork, rule_id: int) -> RuleRow | None:
    row = await fetch_one(work, f"{_RULE} where r.id = $1 and r.dropped_at is null", rule_id)
    return None if row is None else RuleRow(**row)


async def lock_rule(work: UnitOfWork, rule_id: int) -> RuleRow | None:
    await work.driver.execute("select from rules where id = $1 for no key update", rule_id)
    return await find_rule(work, rule_id)


async def versions_of(
    work: UnitOfWork, rule_id: int, version: int | None = None
) -> list[VersionRow]:
    """Newest first; of one number, that one."""
    rows = await fetch(
        work,
        """
        select v.version, v.definition, v.topic_ids, v.agent_id, a.name as agent_name, v.saved_at,
            b.name as renamed_by
        from rule_versions v join agents a on a.id = v.agent_id
        left join agents b on b.id = v.renamed_by
        where v.rule_id = $1 and ($2::int is null or v.version = $2)
        order by v.version desc limit 200
        """,
        rule_id,
        version,
    )
    return [VersionRow(**row) for row in rows]


async def insert_rule(work: UnitOfWork, name: str) -> int:
    """Below all others, off, and without a version: `insert_version` gives it one."""
    return int(
        await work.driver.fetchval(
            """
            insert into rules (name, position, version, made_at)
            select $1, coalesce(max(position), 0) + 1, 0, $2 from rules returning id
            """,
            name,
            work.now(),
        )
    )


async def insert_version(
    work: UnitOfWork,
    rule_id: int,
    *,
    definition: Mapping[str, Any],
    classes: Sequence[str],
    agent_id: int,
    renamed_by: int | None = None,
) -> int:
    """The next one, which the rule says from now on. Under its lock.

    What comes due by time is counted anew, unless an agent only renamed what it names: then it
    also stands for the version before it.
    """
    version = int(
        await work.driver.fetchval(
            """
            update rules set version = version + 1, rang_at = case when $3 then rang_at else $2 end
            where id = $1 returning version
            """,
            rule_id,
            work.now(),
            renamed_by is not None,
        )
    )
    await work.driver.execute(
        """
        insert into rule_versions
            (rule_id, version, definition, classes, agent_id, saved_at, renamed_by, runs_after)
        values ($1, $2, $3::jsonb, $4::jsonb, $5, $6, $7, case when $7::bigint is null
            then (select coalesce(max(id), 0) from outbox)
            else (select runs_after from rule_versions where rule_id = $1 and version = $2 - 1) end)
        """,
        rule_id,
        version,
        msgspec.json.encode(definition).decode(),
        msgspec.json.encode(list(classes)).decode(),
        agent_id,
        work.now(),
        renamed_by,
    )
    return version


async def rename(work: UnitOfWork, rule_id: int, name: str) -> None:
    await work.driver.execute("update rules set name = $2 where id = $1", rule_id, name)


async def switch(work: UnitOfWork, rule_id: int, *, is_on: bool, because: str = "") -> None:
    """On, it runs on facts that are written from now on. `because`: it was stopped. What was due by
    time and not done is forgotten either way.
    """
    await work.driver.execute(
        """
        update rules set is_on = $2, stopped_because = $3,
            on_after = (select coalesce(max(id), 0) from outbox),
            stopped_at = case when $3 = '' then null else $4::timestamptz end, rang_at = $4
        where id = $1
        """,
        rule_id,
        is_on,
        because,
        work.now(),
    )
    await work.driver.execute("delete from rule_turns where rule_id = $1", rule_id)
    announce(work)


async def put_in_order(work: UnitOfWork, rule_ids: Sequence[int]) -> None:
    await work.driver.execute(
        """
        update rules r set position = u.ord
        from unnest($1::bigint[]) with ordinality u(id, ord) where r.id = u.id
        """,
        list(rule_ids),
    )


async def drop(work: UnitOfWork, rule_id: int) -> None:
    """It never runs again; its versions and runs stay readable."""
    await switch(work, rule_id, is_on=False)
    await work.driver.execute("update rules set dropped_at = $2 where id = $1", rule_id, work.now())


async def take_up(work: UnitOfWork, rule_id: int) -> bool:
    """It was dropped, and stands again where it stood, off. False: there is no such one."""
    found = await fetch_one(
        work,
        "update rules set dropped_at = null where id = $1 and dropped_at is not null returning id",
        rule_id,
    )
    return found is not None


def announce(work: UnitOfWork) -> None:
    """Open pages look again."""
    work.announce(Fact.RULES_CHANGED)


async def load_ids(work: UnitOfWork) -> Ids:
    row = await fetch_one(
        work,
        """
        select array(select id from agents where is_active) as agents,
               array(select id from teams) as teams,
               array(select id from labels where dropped_at is null) as labels,
               array(select id from snippets
                     where reach <> 'personal' and dropped_at is null) as snippets
        """,
    )
    assert row is not None
    return Ids(**{name: frozenset(row[name]) for name in Ids.__struct_fields__})


async def names_of(
    work: UnitOfWork, named: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], str]:
    """What agents, labels, canned replies and fields of cases are called, gone ones too, by noun
    and id. Not what is somebody's own, or a team's."""
    rows = await fetch(
        work,
        """
        with named as (select * from unnest($1::text[], $2::bigint[]) n(noun, id))
        select noun, n.id, a.name from named n join agents a on a.id = n.id where noun = 'agent'
        union all
        select noun, n.id, l.name from named n join labels l on l.id = n.id where noun = 'label'
        union all
        select noun, n.id, s.title from named n join snippets s on s.id = n.id
        where noun = 'canned reply' and s.reach <> 'personal'
        union all
        select noun, n.id, f.name from named n join case_fields f on f.id = n.id
        where noun = 'field' and f.team_ids = '{}'
        """,
        [noun for noun, _ in named],
        [which for _, which in named],
    )
    return {(row["noun"], row["id"]): row["name"] for row in rows}


async def admins(work: UnitOfWork) -> list[int]:
    """Whom an alert about the desk itself is for."""
    rows = await fetch(
        work, "select id from agents where is_active and role in ('owner', 'admin') order by id"
    )
    return [row["id"] for row in rows]
