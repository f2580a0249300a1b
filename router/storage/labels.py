"""Labels: the words that agents put on cases. Cases hold their ids (`cases.label_ids`)."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork


class LabelRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    tint: int | None
    made_at: datetime


_EVERY = "select id, name, tint, made_at from labels"
_COLUMNS = f"{_EVERY} where dropped_at is null"


async def list_labels(work: UnitOfWork) -> list[LabelRow]:
    """All that are not dropped, by name."""
    rows = await fetch(work, f"{_COLUMNS} order by lower(name), id")
    return [LabelRow(**row) for row in rows]


async def names_of(work: UnitOfWork, label_ids: Collection[int]) -> dict[int, str]:
    """Of those of these that there are and that are not dropped."""
    rows = await fetch(work, f"{_COLUMNS} and id = any($1::bigint[])", list(label_ids))
    return {row["id"]: row["name"] for row in rows}


async def hold(work: UnitOfWork, label_ids: Collection[int]) -> dict[int, str]:
    """As `names_of`, and none of them is dropped before the commit."""
    rows = await fetch(
        work,
        f"{_COLUMNS} and id = any($1::bigint[]) order by id for share",
        list(label_ids),
    )
    return {row["id"]: row["name"] for row in rows}


async def seize(work: UnitOfWork, label_ids: Collection[int]) -> None:
    """Whoever puts one of them on a case has done so, or waits for the commit."""
    await work.driver.execute(
        "select from labels where id = any($1::bigint[]) order by id for update", list(label_ids)
    )


async def find(work: UnitOfWork, label_id: int, *, is_dropped: bool = False) -> LabelRow | None:
    row = await fetch_one(
        work, f"{_EVERY} where (dropped_at is not null) = $2 and id = $1", label_id, is_dropped
    )
    return None if row is None else LabelRow(**row)


async def find_named(work: UnitOfWork, name: str) -> LabelRow | None:
    """In any case."""
    row = await fetch_one(work, f"{_COLUMNS} and lower(name) = lower($1)", name)
    return None if row is None else LabelRow(**row)


async def lock(work: UnitOfWork) -> None:
    """Nobody else makes or names one until the transaction is over."""
    await work.driver.execute("lock table labels in share row exclusive mode")


async def insert(work: UnitOfWork, name: str, tint: int | None) -> LabelRow:
    """Under `lock`, where `find_named` has found none."""
    row = await work.driver.fetchrow(
        "insert into labels (name, tint, made_at) values ($1, $2, $3)"
        " returning id, name, tint, made_at",
        name,
        tint,
        work.now(),
    )
    return LabelRow(**row)


async def change(work: UnitOfWork, label_id: int, name: str, tint: int | None) -> None:
    """Under `lock`, where nobody else has this name."""
    await work.driver.execute(
        "update labels set name = $2, tint = $3 where id = $1", label_id, name, tint
    )


async def counts(work: UnitOfWork, sight: Sight) -> dict[int, int]:
    """On how many cases that are seen each label is; one that is on none of them is not in it."""
    rows = await fetch(
        work,
        """
        select l.id, count(*) as cases from cases c, unnest(c.label_ids) l(id)
        where c.label_ids <> '{}'::bigint[] and c.access_class = any($1::text[]) group by l.id
        """,
        sight.listed,
    )
    return {row["id"]: row["cases"] for row in rows}


async def cases_with(work: UnitOfWork, label_id: int, limit: int) -> dict[int, int]:
    """Case -> whose it is; some of those that have the label."""
    rows = await fetch(
        work,
        """
        select id, person_id from cases
        where label_ids <> '{}'::bigint[] and label_ids @> array[$1::bigint]
        order by person_id, id limit $2
        """,
        label_id,
        limit,
    )
    return {row["id"]: row["person_id"] for row in rows}


async def replace(work: UnitOfWork, case_ids: Collection[int], label_id: int, by: int) -> list[int]:
    """The cases among these that had the one have the other instead. Under their locks."""
    rows = await work.driver.fetch(
        """
        update cases set revision = revision + 1, label_ids = array(
            select distinct case when l.id = $2 then $3 else l.id end
            from unnest(label_ids) l(id) order by 1)
        where id = any($1::bigint[]) and label_ids @> array[$2::bigint]
        returning id
        """,
        list(case_ids),
        label_id,
        by,
    )
    return sorted(row["id"] for row in rows)


async def drop(work: UnitOfWork, label_id: int) -> None:
    """It is seen nowhere any more. Cases keep its id, so nothing of a conversation is written."""
    await work.driver.execute(
        "update labels set dropped_at = $2 where id = $1", label_id, work.now()
    )


async def put_back(work: UnitOfWork, label_id: int) -> None:
    """Under `lock`, where none in use is called so."""
    await work.driver.execute("update labels set dropped_at = null where id = $1", label_id)
