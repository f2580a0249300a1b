"""How far an agent has read what a visitor said, which is told to the visitor."""

from collections.abc import Collection, Mapping

from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork


async def note(work: UnitOfWork, seen: Mapping[int, int], hidden: Collection[int]) -> list[int]:
    """Place -> the newest message that was read there. Those that are news to a visitor.

    Marks never go back, and never past what was said in a case that is hidden from the reader.
    """
    if not seen:
        return []
    rows = await fetch(
        work,
        """
        insert into seen_marks as s (place_id, message_id)
        select l.id, n.message_id
        from unnest($1::bigint[], $2::bigint[]) n(place_id, message_id)
        join places l on l.id = n.place_id
        join visitor_sessions v on v.account_id = l.account_id and v.session = l.remote_place
        left join seen_marks k on k.place_id = l.id
        where (
            select true from messages m
            where m.place_id = l.id and m.direction = 'in' and m.id < n.message_id
                and m.id > coalesce(k.message_id, 0) and m.case_id = any($3::bigint[])
            limit 1
        ) is null
        order by l.id
        on conflict (place_id) do update set message_id = excluded.message_id
            where s.message_id < excluded.message_id
        returning message_id
        """,
        list(seen),
        list(seen.values()),
        list(hidden),
    )
    return [row["message_id"] for row in rows]
