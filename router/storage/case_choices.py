"""Why messages came into the case in which they are, and where agents said that they belong."""

from collections.abc import Sequence

from router.storage.records import Record, fetch_one
from router.storage.unit_of_work import UnitOfWork


async def note_choices(work: UnitOfWork, chosen: Sequence[tuple[int, str, bool]]) -> None:
    """(message, why it came into its case, whether that opened it again)."""
    if chosen:
        await work.driver.execute(
            """
            insert into case_choices (message_id, why, has_reopened)
            select * from unnest($1::bigint[], $2::text[], $3::boolean[])
            """,
            *(list(column) for column in zip(*chosen, strict=True)),
        )


async def pin(work: UnitOfWork, message_ids: Sequence[int]) -> None:
    """Of a thread without a name of its own: what its writer says next follows these messages, if
    the newest that they said there is among them.
    """
    await work.driver.execute(
        """
        with pinned as (
            insert into case_pins (person_id, place_id, message_id)
            select m.person_id, m.place_id, m.id from messages m
            where m.id = any($1::bigint[]) and m.direction = 'in' and m.nature = 'human'
              and m.place_id is not null
              and (select true from thread_keys t where t.message_id = m.id limit 1) is null
              and m.id = (select x.id from messages x where x.place_id = m.place_id
                          and x.person_id = m.person_id and x.direction = 'in'
                          order by x.id desc limit 1)
            on conflict (person_id, place_id) do update set message_id = excluded.message_id
            returning place_id
        )
        update places set is_pinned = true
        where id in (select place_id from pinned) and not is_pinned
        """,
        list(message_ids),
    )


async def unpin(work: UnitOfWork, move_id: int) -> None:
    """Nothing follows what this move, which is undone, took along; unless another one that counts
    says where it belongs.
    """
    await work.driver.execute(
        """
        delete from case_pins where message_id in (
            select n.message_id from moved_messages n
            where n.move_id = $1 and (
                select true from moved_messages o join case_moves w on w.id = o.move_id
                where o.message_id = n.message_id and w.undone_at is null and w.kind <> 'merge'
                limit 1) is null)
        """,
        move_id,
    )


async def find_choice(work: UnitOfWork, message_id: int) -> Record | None:
    """Why the message is where it is; `moved_...` of the newest move of it that counts."""
    return await fetch_one(
        work,
        """
        select m.direction, m.case_id, c.access_class, o.why,
            coalesce(o.has_reopened, false) as has_reopened,
            v.kind as moved_as, v.at as moved_at, v.agent_id as moved_by_id, a.name as moved_by,
            (select true from messages e where e.case_id = m.case_id and e.id < m.id
             and e.direction <> 'event' limit 1) is null
              and (select h.agent_id from case_history h where h.case_id = m.case_id
                   order by h.id limit 1) is null as has_begun
        from messages m join cases c on c.id = m.case_id
        left join case_choices o on o.message_id = m.id
        left join lateral (
            select w.* from moved_messages n join case_moves w on w.id = n.move_id
            where n.message_id = m.id and w.undone_at is null order by w.id desc limit 1
        ) v on true
        left join agents a on a.id = v.agent_id
        where m.id = $1
        """,
        message_id,
    )
