"""Name entries: what each person is known by, cut into pieces, made by the follower of the search.

A table of its own, since a row of `persons` is written anew with every message.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.addresses import readable_address
from core.name_grams import Question
from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork

HISTORY = "names_history"
MOST_IDENTITIES = 200
"""The newest of each person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    person_id: int
    names: tuple[str, ...]
    """The name that is shown, handles, and how these are shown."""
    said: str | None
    """What its entry says now. None: there is none."""


def named(question: Question | None, first: int) -> tuple[str, list[object]]:
    """A statement for the `person_id` of those who have all that is asked for, without an order,
    and its parameters from `first` on, behind which one follows: how many at most. None asked:
    nobody.
    """
    if question is None:
        return f"select null::bigint as person_id where false limit ${first}", []
    return (
        f"""
        select person_id from name_entries
        where grams @@ ${first}::text::tsquery and said like all(${first + 1}::text[])
        limit ${first + 2}
        """,
        # Pieces are letters, digits and ^, parts are letters, digits and a space: no escapes.
        [
            " & ".join(f"'{gram}'" for gram in question.grams),
            [f"%{part}%" for part in question.within],
        ],
    )


async def names_of(work: UnitOfWork, person_ids: Collection[int]) -> list[Names]:
    """Of everybody who is one person with one of these."""
    rows = await fetch(
        work,
        f"""
        select p.id, p.display_name, e.said, array(
            select unnest(array[i.handle, i.shown_as]) from (
                select handle, shown_as from identities
                where home_person_id = p.id order by id desc limit {MOST_IDENTITIES}
            ) i
        ) as known_by
        from persons p left join name_entries e on e.person_id = p.id
        where p.root_id in (select root_id from persons where id = any($1::bigint[]))
        """,
        sorted(person_ids),
    )
    return [
        Names(
            person_id=row["id"],
            # Who is asked for as people write the address is found, however mail spells it.
            names=(row["display_name"], *row["known_by"], *map(readable_address, row["known_by"])),
            said=row["said"],
        )
        for row in rows
    ]


async def put(work: UnitOfWork, entries: Mapping[int, tuple[str, Collection[str]]]) -> None:
    """Person -> what is said of them and its pieces, in place of those before."""
    await work.driver.execute(
        """
        insert into name_entries (person_id, said, grams)
        select id, said, grams::tsvector
        from unnest($1::bigint[], $2::text[], $3::text[]) u(id, said, grams) order by id
        on conflict (person_id) do update set said = excluded.said, grams = excluded.grams
        """,
        list(entries),
        [said for said, _ in entries.values()],
        [" ".join(f"'{gram}'" for gram in grams) for _, grams in entries.values()],
    )


async def older_than(work: UnitOfWork, below: int, limit: int) -> list[int]:
    """The next persons up to this id, newest first."""
    rows = await fetch(
        work, "select id from persons where id <= $1 order by id desc limit $2", below, limit
    )
    return [row["id"] for row in rows]


async def newest_person(work: UnitOfWork) -> int:
    found: int | None = await work.driver.fetchval("select max(id) from persons")
    return found or 0
