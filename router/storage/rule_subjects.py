"""What rules look at: facts of the outbox, or cases, each with its message, case and person."""

from collections.abc import Collection
from datetime import datetime, timedelta

from router.storage.records import Record, fetch
from router.storage.tiers import tier_of
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_READ = 50_000
"""Messages among which a dry run finds its cases."""
_OF_MESSAGES = (
    *(Fact.MESSAGE_CREATED, Fact.MESSAGE_CHANGED, Fact.MESSAGE_SEEN),
    Fact.FINDING_CHANGED,
)
_KINDS = ", ".join(f"'{kind}'" for kind in _OF_MESSAGES)
_MESSAGE = """
    m.id as message_id, m.direction, m.nature, m.text, m.language as message_language,
    m.level as message_level, m.agent_id as message_agent_id, m.identity_id, m.place_id,
    m.received_at, m.state as message_state, a.channel, pl.kind as place_kind,
    (select true from attachments f where f.message_id = m.id limit 1) is not null as has_files,
    f.urgency as found_urgency, f.emotion as found_emotion, f.is_complaint as found_complaint,
    coalesce(ft.name, '') as found_topic,
    case when fk.topic_id is null then f.topic_confidence else 1 end as found_confidence,
    case when fk.is_urgent is distinct from false then f.danger end as found_danger,
    m.direction = 'in' and m.id = (
        select x.id from messages x where x.case_id = m.case_id order by x.id limit 1
    ) as is_first
"""
_REST = f"""
    c.id as case_id, c.state, coalesce(ct.name, '') as topic, c.priority, c.owner_id, c.team_id,
    c.label_ids, c.opened_at,
    c.is_private, c.access_class, c.revision, c.incident_id,
    (select n.state <> 'resolved' from incidents n where n.id = c.incident_id) as has_incident,
    (select jsonb_object_agg(v.field_id, v.value) from case_field_values v
       join case_fields cf on cf.id = v.field_id
      where v.case_id = c.id and cardinality(cf.team_ids) = 0 and cf.retired_at is null)
        as fields,
    array(select k.id::text from case_fields k
          where cardinality(k.team_ids) = 0 and k.retired_at is null) as field_ids,
    r.id as root_id, r.language, r.attributes,
    {tier_of()} as tier,
    r.blocked_at is not null as is_blocked,
    (select max(least(i.level, case when i.is_shared then 1 else 2 end))
       from persons q join identities i on i.home_person_id = q.id where q.root_id = r.id) as level,
    case when c.id is null then array(
        select distinct k.access_class from persons q join cases k on k.person_id = q.id
        where q.root_id = r.id) end as person_classes
"""
_AROUND_MESSAGE = """
    left join accounts a on a.id = m.account_id
    left join places pl on pl.id = m.place_id
    left join topics ct on ct.id = c.topic_id
    left join findings f on f.message_id = m.id
    left join finding_corrections fk on fk.message_id = f.message_id
    left join topics ft on ft.id = coalesce(fk.topic_id, f.topic_id)
"""
_OCCASION = f"""
    select o.kind = '{Fact.FINDING_CHANGED}' and o.person_id is null as is_reading,
           o.id as outbox_id, o.position, o.kind, o.at, d.state as delivery_state,
           {_MESSAGE}, {_REST},
           array(select distinct u.rule from rule_causes rc
                   join rule_runs rr on rr.id = rc.run_id cross join unnest(rr.chain) u(rule)
                  where rc.outbox_id = o.id order by 1) as chain,
           (select max(cardinality(rr.chain)) from rule_causes rc
              join rule_runs rr on rr.id = rc.run_id where rc.outbox_id = o.id) as depth
    from ({{facts}}) o
    left join deliveries d on o.kind = '{Fact.DELIVERY_CHANGED}' and d.id = o.ref
    left join messages m on m.id = case when o.kind in ({_KINDS}) then o.ref else d.message_id end
    left join persons p on p.id = coalesce(m.person_id, o.person_id)
    left join persons r on r.id = p.root_id
    left join cases c on c.id = coalesce(
        case when o.kind = '{Fact.CASE_CHANGED}' then o.ref end, m.case_id,
        case when m.id is null then (
            select k.id from persons q join cases k on k.person_id = q.id
            where q.root_id = r.id and k.state <> 'solved' order by k.id desc limit 1) end)
    {_AROUND_MESSAGE}
    order by o.position
"""
_AFTER = "select * from outbox where position > $1 order by position limit $2"
_AT = "select * from outbox where position = $1"
_CASES = f"""
    select null::text as kind, null::text as delivery_state, false as is_reading,
           {_MESSAGE}, {_REST},
           '{{}}'::bigint[] as chain, 0 as depth
    from cases c join persons p on p.id = c.person_id join persons r on r.id = p.root_id
    left join messages m on false
    {_AROUND_MESSAGE}
    where c.id = any($1::bigint[]) order by c.id
"""
_PAST = f"""
    select f.message_id is not null as is_reading, '{Fact.MESSAGE_CREATED}' as kind,
           null::text as delivery_state, {_MESSAGE}, {_REST},
           '{{}}'::bigint[] as chain, 0 as depth
    from unnest($1::bigint[]) u(id) join cases c on c.id = u.id
    join messages m on m.case_id = c.id and m.received_at >= $2
    join persons p on p.id = m.person_id join persons r on r.id = p.root_id
    {_AROUND_MESSAGE}
    order by m.id limit $3
"""


async def facts_after(work: UnitOfWork, position: int, *, limit: int) -> list[Record]:
    """The next facts in order, with what they speak of as it is now."""
    return await fetch(work, _OCCASION.format(facts=_AFTER), position, limit)


async def fact_at(work: UnitOfWork, position: int) -> Record | None:
    rows = await fetch(work, _OCCASION.format(facts=_AT), position)
    return rows[0] if rows else None


async def cases(work: UnitOfWork, case_ids: Collection[int]) -> list[Record]:
    """Cases by themselves, as rules by time look at them; by id."""
    return await fetch(work, _CASES, list(case_ids))


async def past_messages(
    work: UnitOfWork, case_ids: Collection[int], *, since: datetime, limit: int
) -> list[Record]:
    """What was said and happened in these cases, in order, as facts that are asked once more."""
    return await fetch(work, _PAST, list(case_ids), since, limit)


async def newest_cases(
    work: UnitOfWork, classes: Collection[str], *, since: datetime, limit: int
) -> list[int]:
    """Cases of these classes in which something was said since then, the latest first; of the
    newest MOST_READ messages, so that no quiet desk's cases are all walked."""
    rows = await fetch(
        work,
        """
        with said as materialized (
            select case_id, received_at from messages where id > 0 order by id desc limit $4
        )
        select c.id from (select distinct case_id from said where received_at >= $2) s
        join cases c on c.id = s.case_id
        where c.access_class = any($1::text[]) order by c.id desc limit $3
        """,
        list(classes),
        since,
        limit,
        MOST_READ,
    )
    return [row["id"] for row in rows]


async def in_state_since(
    work: UnitOfWork, case_ids: Collection[int], state: str, *, before: timedelta
) -> list[int]:
    """Those of these cases that have been in this state for so long."""
    rows = await fetch(
        work,
        """
        select s.case_id from case_spells s join cases c on c.id = s.case_id and c.state = s.state
        where s.case_id = any($1::bigint[]) and s.state = $2 and s.since <= $3
        """,
        list(case_ids),
        state,
        work.now() - before,
    )
    return [row["case_id"] for row in rows]
