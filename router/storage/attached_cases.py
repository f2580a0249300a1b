"""What hangs on a case: cases merged into it, participants' sides of it, and so on."""

from collections.abc import Collection

from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork


async def ids_of(work: UnitOfWork, case_ids: Collection[int]) -> list[int]:
    """All that hang on these cases, without themselves. Merged: as long as it is of one
    conversation, as nothing stands for a case of somebody else."""
    rows = await fetch(work, HANGING, sorted(case_ids))
    return [row["id"] for row in rows]


async def hiding(work: UnitOfWork, message_ids: Collection[int]) -> list[int]:
    """Restricted cases of which everybody sees a participant's side with one of these messages."""
    rows = await fetch(work, BEHIND, sorted(message_ids))
    return [row["joined_case_id"] for row in rows]


async def unname(work: UnitOfWork, case_id: int) -> list[tuple[int, int]]:
    """Lines of other cases which tell that messages came from this one, or went to it, say its
    subject no more where others see them: these lines, each with the root of its conversation."""
    rows = await fetch(work, NAMING, case_id)
    return [(row["id"], row["root_id"]) for row in rows]


HANGING = """
    with recursive circle(id) as (
        select unnest($1::bigint[])
        union
        select n.id from circle k cross join lateral (
            select s.id from cases s where s.joined_case_id = k.id
            union all
            select m.id from cases c join persons o on o.id = c.person_id
            join persons p on p.root_id = o.root_id
            join cases m on m.person_id = p.id and m.merged_into_id = c.id
            where c.id = k.id offset 0
        ) n
    )
    select id from circle where id <> all($1::bigint[]) order by id
"""
BEHIND = """
    select distinct c.joined_case_id
    from messages m join cases c on c.id = m.case_id join cases j on j.id = c.joined_case_id
    where m.id = any($1::bigint[]) and c.access_class = 'normal' and j.access_class <> 'normal'
"""
NAMING = """
    update messages m set context = m.context || '{"subject": ""}'
    from (
        select v.id as move_id, o.id as case_id, p.root_id
        from cases c
        cross join lateral (
            select id, to_case_id as other_id from case_moves where from_case_id = c.id
            union all
            select id, from_case_id from case_moves where to_case_id = c.id offset 0
        ) v
        join cases o on o.id = v.other_id and o.access_class <> c.access_class
        join persons p on p.id = o.person_id
        where c.id = $1 offset 0
    ) n
    where m.case_id = n.case_id and m.direction = 'event' and m.context ->> 'subject' <> ''
      and m.context @> jsonb_build_object('move_id', n.move_id)
    returning m.id, n.root_id
"""
