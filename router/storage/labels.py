"""Labels: the words that agents put on cases. Cases hold their ids (`cases.label_ids`)."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


class LabelRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    made_at: datetime


_COLUMNS = "select id, name, made_at from labels where dropped_at is null"


async def list_labels(work: UnitOfWork) -> list[LabelRow]:
    """All that are not dropped, by name."""
    rows = await fetch(work, f"{_COLUMNS} order by lower(name), id")
    return [LabelRow(**row) for row in rows]


async def names_of(work: UnitOfWork, label_ids: Collection[int]) -> dict[int, str]:
    """Of those of these that there are and that are not dropped."""
    rows = await fetch(work, f"{_COLUMNS} and id = any($1::bigint[])", list(label_ids))
    return {row["id"]: row["name"] for row in rows}


async def find_named(work: UnitOfWork, name: str) -> LabelRow | None:
    """In any case."""
    row = await fetch_one(work, f"{_COLUMNS} and lower(name) = lower($1)", name)
    return None if row is None else LabelRow(**row)


async def lock(work: UnitOfWork) -> None:
    """Nobody else makes or names one until the transaction is over."""
    await work.driver.execute("lock table labels in share row exclusive mode")


async def insert(work: UnitOfWork, name: str) -> LabelRow:
    """Under `lock`, where `find_named` has found none."""
    row = await work.driver.fetchrow(
        "insert into labels (name, made_at) values ($1, $2) returning id, name, made_at",
        name,
        work.now(),
    )
    return LabelRow(**row)


async def rename(work: UnitOfWork, label_id: int, name: str) -> None:
    """Under `lock`, where nobody else has this name."""
    await work.driver.execute("update labels set name = $2 where id = $1", label_id, name)


async def drop(work: UnitOfWork, label_id: int) -> None:
    """It is seen nowhere any more. Cases keep its id, so nothing of a conversation is written."""
    await work.driver.execute(
        "update labels set dropped_at = $2 where id = $1", label_id, work.now()
    )
