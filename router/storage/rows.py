"""What rows of the inbox list are made of, read for many conversations at once by their roots.

Every read is bounded for each conversation and goes through an index, so a list costs the same
over ten thousand messages and over five million.
"""

from collections.abc import Collection, Sequence

from router.storage.records import Record, fetch
from router.storage.sight import Hidden
from router.storage.unit_of_work import UnitOfWork

UNREAD_WINDOW = 100
"""Newest messages of a person that are looked at for unread ones."""
SNIPPET_SOURCE = 400
_LAST = f"""m.direction as {{prefix}}direction, m.received_at as {{prefix}}received_at,
    m.subject as {{prefix}}subject,
    case when m.id is not null then coalesce(nullif(left(m.text, {SNIPPET_SOURCE}), ''), (
        select a.name from attachments a where a.message_id = m.id
        order by a.position limit 1), '') end as {{prefix}}said,
    m.deleted_at is not null as {{prefix}}is_deleted"""
"""Of a message `m`: the beginning of its text, or a file's name where there is none."""


async def members(
    work: UnitOfWork,
    root_ids: Collection[int],
    classes: Sequence[str],
    agent_ids: Collection[int],
    hidden: Hidden,
) -> list[Record]:
    """Every member of these conversations; a root's own pointers speak for all of them.

    With each: how well the best identity is proven, whether there are claims only, which are
    blocked, whether a delivery failed or its outcome is unknown; `cases`: all cases of these access
    classes that are not solved, and the newest solved one; `uses`: accounts over which the freshest
    identities talked lately; and a root's newest message (`last_direction` is None where there is
    none).

    And what is these agents' own: `readers` have read up to the ids in `marks`; `drafters` have a
    draft; `tail`: ids of what came in, ascending, among the member's newest messages, above the
    lowest of the agents' marks.
    """
    statement = members_statement("$1::bigint[]", classes="$2", agents="$3", hidden="$4")
    return await fetch(
        work, statement, list(root_ids), list(classes), list(agent_ids), hidden.every_case
    )


def members_statement(roots: str, *, classes: str, agents: str, hidden: str) -> str:
    """What `members` selects; `roots` is an array of ids, the others are parameters."""
    return f"""
        select p.id, p.root_id, p.display_name, p.language, p.last_message_id, p.last_inbound_id,
               p.created_at, p.blocked_at, i.level, i.is_claimed, i.blocked,
               (select true from deliveries d where d.person_id = p.id
                and d.state in ('failed', 'unknown') limit 1) is not null as has_trouble,
               (select json_agg(c) from (
                    select c.id, c.state, c.subject, c.priority, c.last_message_id, c.owner_id,
                        c.label_ids,
                        (select a.name from agents a where a.id = c.owner_id) as owner_name
                    from (
                        (select * from cases where person_id = p.id and state <> 'solved'
                            and access_class = any({classes}::text[]))
                        union all
                        (select * from cases where person_id = p.id and state = 'solved'
                            and access_class = any({classes}::text[]) order by id desc limit 1)
                    ) c
               ) c) as cases,
               (select json_agg(u) from (
                    select a.id as account_id, a.channel, a.label, m.last_id
                    from (select m.account_id, max(m.id) as last_id
                          from (select id from identities where home_person_id = p.id
                                order by seen_at desc limit 10) f
                          cross join lateral (
                              select account_id, id from messages where identity_id = f.id
                              order by id desc limit 5
                          ) m group by m.account_id) m
                    join accounts a on a.id = m.account_id
               ) u) as uses,
               {_LAST.format(prefix="last_")},
               read.readers, read.marks,
               array(select d.agent_id from drafts d
                     where d.person_id = p.id and d.agent_id = any({agents}::bigint[])) as drafters,
               case when read.floor < root.last_inbound_id then array(
                   select t.id from (
                       select id, direction, case_id from messages
                       where person_id = p.id and id > read.floor
                       order by id desc limit {UNREAD_WINDOW}
                   ) t
                   where t.direction = 'in'
                     and (t.case_id is null or t.case_id <> all({hidden}::bigint[]))
                   order by t.id
               ) end as tail
        from persons p
        join persons root on root.id = p.root_id
        cross join lateral (
            select max(level) as level, bool_and(realm like 'claimed:%') as is_claimed,
                array_agg(id) filter (where blocked_at is not null) as blocked
            from identities where home_person_id = p.id
        ) i
        cross join lateral (
            select array_agg(r.agent_id) as readers, array_agg(r.message_id) as marks,
                case when cardinality({agents}::bigint[]) > 0 then
                    case when count(*) = cardinality({agents}::bigint[]) then min(r.message_id)
                    else 0 end
                end as floor
            from read_marks r where r.person_id = p.id and r.agent_id = any({agents}::bigint[])
        ) read
        left join messages m on m.id = case when p.id = p.root_id then p.last_message_id end
        where p.root_id = any({roots}) order by p.id
    """


async def newest_seen(work: UnitOfWork, hidden: Hidden) -> dict[int, int]:
    """For conversations with hidden cases the newest message of the seen ones."""
    if not hidden.cases:
        return {}
    rows = await fetch(
        work,
        """
        select p.root_id, max(c.last_message_id) as newest
        from persons p join cases c on c.person_id = p.id
        where p.root_id = any($1::bigint[]) and c.id <> all($2::bigint[])
        group by p.root_id
        """,
        list(hidden.cases),
        hidden.every_case,
    )
    return {row["root_id"]: row["newest"] for row in rows}


async def last_messages(work: UnitOfWork, message_ids: Collection[int]) -> list[Record]:
    """As `members` has them of a root, without its `last_`."""
    if not message_ids:
        return []
    return await fetch(
        work,
        f"""
        select m.id, {_LAST.format(prefix="")} from messages m where m.id = any($1::bigint[])
        """,
        list(message_ids),
    )


async def last_said(work: UnitOfWork, root_ids: Collection[int], hidden: Hidden) -> dict[int, int]:
    """Root -> its newest message that is no event."""
    if not root_ids:
        return {}
    rows = await fetch(
        work,
        """
        select p.root_id, max(m.id) as newest
        from persons p cross join lateral (
            select id from messages
            where person_id = p.id and direction <> 'event'
              and (case_id is null or case_id <> all($2::bigint[]))
            order by id desc limit 1
        ) m where p.root_id = any($1::bigint[]) group by p.root_id
        """,
        list(root_ids),
        hidden.every_case,
    )
    return {row["root_id"]: row["newest"] for row in rows}


async def troubled(work: UnitOfWork, hidden: Hidden) -> frozenset[int]:
    """Of the conversations with hidden cases those with trouble that is seen."""
    if not hidden.cases:
        return frozenset()
    rows = await work.driver.fetch(
        """
        select distinct p.root_id
        from persons p
        cross join lateral (
            select message_id from deliveries
            where person_id = p.id and state in ('failed', 'unknown') order by id desc limit 20
        ) d
        join messages m on m.id = d.message_id
        where p.root_id = any($1::bigint[])
          and (m.case_id is null or m.case_id <> all($2::bigint[]))
        """,
        list(hidden.cases),
        hidden.every_case,
    )
    return frozenset(row["root_id"] for row in rows)
