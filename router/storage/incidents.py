"""Incidents: kept and changed, their log, and the cases that are in them (`cases.incident_id`)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork

CHANGEABLE = frozenset(
    {
        *("title", "description", "state", "severity", "owner_id", "team_id", "public_texts"),
        *("started_at", "resolved_at"),
    }
)


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    title: str
    description: str
    state: str
    severity: str
    owner_id: int | None
    owner_name: str | None
    team_id: int | None
    public_texts: dict[str, str]
    started_at: datetime
    resolved_at: datetime | None
    revision: int
    cases: int | None = None
    """That are seen, and for which no other case stands; None: they were not counted."""
    unsolved: int | None = None


_ROW = """
    select i.id, i.title, i.description, i.state, i.severity, i.owner_id, a.name as owner_name,
        i.team_id, i.public_texts, i.started_at, i.resolved_at, i.revision
    from incidents i left join agents a on a.id = i.owner_id
"""


async def list_page(
    work: UnitOfWork, before: int | None, *, is_resolved: bool, limit: int
) -> list[IncidentRow]:
    """Newest first, of those before this one; not counted."""
    rows = await fetch(
        work,
        f"""{_ROW} where (i.state = 'resolved') = $1 and ($2::bigint is null or i.id < $2)
            order by i.id desc limit $3""",
        is_resolved,
        before,
        limit,
    )
    return [IncidentRow(**row) for row in rows]


async def find(work: UnitOfWork, incident_id: int) -> IncidentRow | None:
    """Not counted."""
    row = await fetch_one(work, f"{_ROW} where i.id = $1", incident_id)
    return None if row is None else IncidentRow(**row)


async def count(work: UnitOfWork, rows: Sequence[IncidentRow], sight: Sight) -> list[IncidentRow]:
    """The same, counted. It reads every case that is in one of them."""
    found = await fetch(
        work,
        """
        select i.id, n.cases, n.unsolved from unnest($1::bigint[]) i (id)
        cross join lateral (
            select count(*)::int as cases,
                (count(*) filter (where k.state <> 'solved'))::int as unsolved
            from cases k
            where k.incident_id = i.id and k.merged_into_id is null
              and k.access_class = any($2::text[])
        ) n
        """,
        [row.id for row in rows],
        sight.listed,
    )
    counts = {row["id"]: row for row in found}
    return [
        msgspec.structs.replace(
            row, cases=counts[row.id]["cases"], unsolved=counts[row.id]["unsolved"]
        )
        for row in rows
    ]


async def facts_of(work: UnitOfWork, incident_ids: Collection[int]) -> dict[int, Record]:
    """Title, severity and state of each that there is."""
    rows = await fetch(
        work,
        "select id, title, severity, state from incidents where id = any($1::bigint[])",
        list(incident_ids),
    )
    return {row["id"]: row for row in rows}


async def lock(work: UnitOfWork, incident_id: int) -> Record | None:
    return await fetch_one(
        work, "select * from incidents where id = $1 for no key update", incident_id
    )


async def public_texts_of(work: UnitOfWork, incident_id: int) -> dict[str, str]:
    """What people may be told of it, by language."""
    row = await fetch_one(work, "select public_texts from incidents where id = $1", incident_id)
    return {} if row is None else dict(row["public_texts"])


async def find_unresolved(work: UnitOfWork, title: str) -> int | None:
    """The one of this title, in any case, that is not resolved."""
    found: int | None = await work.driver.fetchval(
        "select id from incidents where lower(title) = lower($1) and state <> 'resolved'", title
    )
    return found


async def unresolved_of(work: UnitOfWork, case_id: int) -> int | None:
    """The unresolved incident in which a case is."""
    found: int | None = await work.driver.fetchval(
        "select i.id from cases c join incidents i on i.id = c.incident_id"
        " and i.state <> 'resolved' where c.id = $1",
        case_id,
    )
    return found


async def was_told(
    work: UnitOfWork, root_id: int, incident_id: int, texts: Collection[str], sight: Sight
) -> bool:
    """Whether one of these texts went out, or is on its way, to this person in a case of the
    incident that is seen, since that began."""
    found = await work.driver.fetchval(
        """
        select true from persons p
        join cases c on c.person_id = p.id
        join incidents i on i.id = $2 and i.id = c.incident_id
        join messages m on m.case_id = c.id and m.direction = 'out' and m.text = any($3::text[])
            and m.received_at >= i.started_at
        join deliveries d on d.message_id = m.id and d.state not in ('failed', 'cancelled')
        where p.root_id = $1 and c.access_class = any($4::text[])
        limit 1
        """,
        root_id,
        incident_id,
        list(texts),
        sight.listed,
    )
    return found is not None


async def insert(
    work: UnitOfWork,
    *,
    title: str,
    severity: str,
    started_at: datetime,
    description: str = "",
    state: str = "open",
    owner_id: int | None = None,
    team_id: int | None = None,
    public_texts: Mapping[str, str] | None = None,
) -> int | None:
    """None: one that is not resolved has this title."""
    made: int | None = await work.driver.fetchval(
        """
        insert into incidents (title, description, state, severity, owner_id, team_id,
            public_texts, started_at)
        values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)
        on conflict (lower(title)) where state <> 'resolved' do nothing returning id
        """,
        title,
        description,
        state,
        severity,
        owner_id,
        team_id,
        msgspec.json.encode(public_texts or {}).decode(),
        started_at,
    )
    return made


async def change(work: UnitOfWork, incident_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of `CHANGEABLE`; the revision rises. Its row is locked, and the title free."""
    columns = sorted(values)
    if not CHANGEABLE.issuperset(columns):
        raise ValueError(f"not to be changed: {set(columns) - CHANGEABLE}")
    settings = ", ".join(
        f"{column} = ${place}{'::jsonb' if column == 'public_texts' else ''}"
        for place, column in enumerate(columns, start=2)
    )
    await work.driver.execute(
        f"update incidents set {settings}, revision = revision + 1 where id = $1",
        incident_id,
        *(
            msgspec.json.encode(values[column]).decode()
            if column == "public_texts"
            else values[column]
            for column in columns
        ),
    )


async def note(
    work: UnitOfWork,
    incident_id: int,
    kind: str,
    *,
    agent_id: int | None = None,
    rule_name: str = "",
    state: str | None = None,
    text: str = "",
) -> None:
    """One more line of its log, and whoever looks at it is told."""
    await work.driver.execute(
        "insert into incident_log (incident_id, at, kind, agent_id, rule_name, state, text)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        incident_id,
        work.now(),
        kind,
        agent_id,
        rule_name,
        state,
        text,
    )
    work.announce(Fact.INCIDENT_CHANGED, ref=incident_id)


async def log_of(work: UnitOfWork, incident_id: int, *, limit: int) -> list[Record]:
    """The newest, newest first."""
    return await fetch(
        work,
        "select l.id, l.at, l.kind, l.agent_id, a.name as agent_name, l.rule_name, l.state, l.text"
        " from incident_log l left join agents a on a.id = l.agent_id"
        " where l.incident_id = $1 order by l.id desc limit $2",
        incident_id,
        limit,
    )


async def cases_of(
    work: UnitOfWork, incident_id: int, sight: Sight, before: int | None, *, limit: int
) -> list[Record]:
    """The newest of its cases that are seen, of those before this one."""
    return await fetch(
        work,
        """
        select k.id, p.root_id, r.display_name, k.subject, k.state, k.priority, k.owner_id,
            a.name as owner_name
        from cases k join persons p on p.id = k.person_id join persons r on r.id = p.root_id
        left join agents a on a.id = k.owner_id
        where k.incident_id = $1 and k.merged_into_id is null
          and k.access_class = any($2::text[]) and k.id < $3
        order by k.incident_id desc, k.id desc limit $4
        """,
        incident_id,
        sight.listed,
        2**63 - 1 if before is None else before,
        limit,
    )


async def unsolved_roots(work: UnitOfWork, incident_id: int, sight: Sight) -> list[int]:
    """Conversations with an unsolved case of it that is seen."""
    rows = await fetch(
        work,
        """
        select distinct p.root_id from cases k join persons p on p.id = k.person_id
        where k.incident_id = $1 and k.merged_into_id is null and k.state <> 'solved'
          and k.access_class = any($2::text[])
        """,
        incident_id,
        sight.listed,
    )
    return sorted(row["root_id"] for row in rows)


async def count_by_class(work: UnitOfWork) -> list[Record]:
    """Of each that is not resolved, how many cases of which class are in it; newest first."""
    return await fetch(
        work,
        """
        select i.id, i.state, coalesce((select jsonb_object_agg(n.access_class, n.cases) from (
            select k.access_class, count(*) as cases from cases k
            where k.incident_id = i.id and k.merged_into_id is null group by 1) n), '{}') as cases
        from incidents i where i.state <> 'resolved' order by i.id desc limit 100
        """,
    )


def tell(work: UnitOfWork, incident_ids: Iterable[int | None]) -> None:
    """Other cases are in these now."""
    for one in sorted({one for one in incident_ids if one is not None}):
        work.announce(Fact.INCIDENT_CHANGED, ref=one)


async def stand_in(
    work: UnitOfWork, before: Mapping[int, int], after: Mapping[int, int]
) -> list[int]:
    """Cases that stand for others now, or for others than before, are in an incident of those if
    nobody put them into one themselves. The cases that changed by it.

    `before` and `after`: of each case that stands for itself no more, which one stands for it.
    """
    changed = []
    for case in sorted({*before.values(), *after.values(), *before} - after.keys()):
        aside = sorted(one for one, into in after.items() if into == case)
        were = sorted(one for one, into in before.items() if into == case)
        if aside == were and case not in before:
            continue
        found = await work.driver.fetchval(
            """
            update cases c set incident_id = n.incident_id, revision = c.revision + 1,
                incident_by_merge = n.incident_id is not null
            from (select (
                select k.incident_id from cases k where k.id = any($2::bigint[])
                  and k.incident_id is not null and not k.incident_by_merge
                order by k.id limit 1) as incident_id) n
            where c.id = $1 and (c.incident_id is null or c.incident_by_merge)
              and c.incident_id is distinct from n.incident_id returning c.id
            """,
            case,
            aside,
        )
        changed += [case] if found is not None else []
    return changed
