"""Persons: who stands for whom, the lock of a conversation, and its pointers."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

from router.storage.joins import PARTICIPANT_WROTE
from router.storage.unit_of_work import UnitOfWork


async def lock_root(work: UnitOfWork, person_id: int) -> int | None:
    """Hold the lock of this person's conversation until the commit; the root's id.

    None: no such person.
    """
    return (await lock_roots(work, [person_id])).get(person_id)


async def lock_roots(work: UnitOfWork, person_ids: Collection[int]) -> dict[int, int]:
    """Lock the conversations of several persons in ascending order. Person -> root."""
    wanted = sorted(set(person_ids))
    return await lock_and_look(work, await roots_of(work, wanted), lambda: roots_of(work, wanted))


async def lock_and_look(
    work: UnitOfWork, roots: Mapping[int, int], look: Callable[[], Awaitable[dict[int, int]]]
) -> dict[int, int]:
    """Hold these conversations until the commit: what `look` says of them (person -> root).

    `roots` are where to begin, and are not believed: a merge may move a root while we wait for
    its lock, so that `look` is asked again under it. The rare second round can deadlock with a
    merge, which PostgreSQL ends with an error for one side.
    """
    locked: set[int] = set()
    while True:
        missing = set(roots.values()) - locked
        if missing:
            # Ascending: else two that want the same conversations deadlock.
            await work.driver.execute(
                "select from persons where id = any($1::bigint[]) order by id for no key update",
                sorted(missing),
            )
            locked |= missing
        found = await look()
        if locked.issuperset(found.values()):
            return found
        roots = found


async def roots_of(work: UnitOfWork, person_ids: Collection[int]) -> dict[int, int]:
    """Person -> root, for those that exist."""
    rows = await work.driver.fetch(
        "select id, root_id from persons where id = any($1::bigint[])", list(person_ids)
    )
    return {row["id"]: row["root_id"] for row in rows}


async def members_of(work: UnitOfWork, root_id: int) -> list[int]:
    """Everybody for whom this root stands, itself included, ascending."""
    rows = await work.driver.fetch("select id from persons where root_id = $1 order by id", root_id)
    return [row["id"] for row in rows]


async def insert_persons(
    work: UnitOfWork, names_and_languages: Iterable[tuple[str, str | None]]
) -> list[int]:
    """New persons who stand for themselves, in the order given."""
    rows = list(names_and_languages)
    made = await work.driver.fetch(
        """
        with fresh as (
            select nextval(pg_get_serial_sequence('persons', 'id')) as id, name, language, ord
            from unnest($1::text[], $2::text[]) with ordinality u(name, language, ord)
            order by ord
        )
        insert into persons (id, root_id, display_name, language, created_at)
        select id, id, name, language, $3 from fresh order by ord
        returning id
        """,
        [name for name, _ in rows],
        [language for _, language in rows],
        work.now(),
    )
    return sorted(row["id"] for row in made)


async def drop_persons(work: UnitOfWork, person_ids: Collection[int]) -> None:
    """Persons made in this transaction whose identity another transaction made first."""
    if person_ids:
        await work.driver.execute(
            "delete from persons where id = any($1::bigint[])", list(person_ids)
        )


async def bump(
    work: UnitOfWork, newest: Mapping[int, int], newest_inbound: Mapping[int, int]
) -> None:
    """Move the pointers of conversations (by root) forward to their newest messages."""
    if not newest:
        return
    await work.driver.execute(bump_statement(1), *bump_columns(newest, newest_inbound))


def bump_statement(first: int) -> str:
    """The arrays of `bump_columns` are its parameters from `first` on."""
    ids, newest, inbound = (f"${first + number}" for number in range(3))
    return f"""
        update persons p set
            last_message_id = greatest(p.last_message_id, u.newest),
            last_inbound_id = greatest(p.last_inbound_id, u.inbound)
        from unnest({ids}::bigint[], {newest}::bigint[], {inbound}::bigint[])
            u(id, newest, inbound)
        where p.id = u.id
    """


def bump_columns(newest: Mapping[int, int], newest_inbound: Mapping[int, int]) -> list[list[int]]:
    roots = sorted(newest)
    return [
        roots,
        [newest[root] for root in roots],
        [newest_inbound.get(root, 0) for root in roots],
    ]


async def recount_open_cases(work: UnitOfWork, root_ids: Collection[int]) -> None:
    """Count anew how many cases of these conversations are not solved. Under their locks."""
    if root_ids:
        await work.driver.execute(
            """
            update persons p set open_cases = (
                select count(*) from cases c join persons m on m.id = c.person_id
                where m.root_id = p.id and c.state <> 'solved'
            ) where p.id = any($1::bigint[])
            """,
            sorted(root_ids),
        )


async def repoint(work: UnitOfWork, root_ids: Collection[int]) -> None:
    """Derive the pointers of conversations anew after a merge or a split. Under their locks.

    They come out as `bump` left them: an event line moves them only where a participant wrote.
    What came into a participant's side of a case waits there once we have answered in it.
    """
    await work.driver.execute(
        f"""
        update persons p set
            last_message_id = coalesce((
                select max(newest.id) from persons m, lateral (
                    select id from messages where person_id = m.id
                      and (direction <> 'event' or text = '{PARTICIPANT_WROTE}')
                    order by id desc limit 1
                ) newest where m.root_id = p.id), 0),
            last_inbound_id = coalesce((
                select max(newest.id) from persons m, lateral (
                    select o.id from messages o left join cases c on c.id = o.case_id
                    where o.person_id = m.id and (
                        (o.direction = 'in' and o.nature = 'human' and not o.is_link_code
                         and (c.joined_case_id is null or o.id > (
                             select min(r.id) from messages r
                             where r.case_id = c.id and r.direction = 'out'
                               and r.nature = 'human')))
                        or (o.direction = 'event' and o.text = '{PARTICIPANT_WROTE}'))
                    order by o.id desc limit 1
                ) newest where m.root_id = p.id), 0)
        where p.id = any($1::bigint[])
        """,
        sorted(root_ids),
    )
    await recount_open_cases(work, root_ids)


def affected(status: str) -> int:
    """How many rows a driver's command tag speaks of."""
    return int(status.rpartition(" ")[2])
