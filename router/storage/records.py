"""Rows as they come from the driver, for statements whose result is a shape of its own."""

from collections.abc import Mapping
from typing import Any

from router.storage.unit_of_work import UnitOfWork

Record = Mapping[str, Any]


async def fetch(work: UnitOfWork, statement: str, *values: object) -> list[Record]:
    return list(await work.driver.fetch(statement, *values))


async def plan_for_values(work: UnitOfWork) -> None:
    """Until the end of this transaction plans are made for the very values: where `like` is asked
    for a beginning, a plan for any value walks the whole table.
    """
    await work.driver.execute("set local plan_cache_mode = force_custom_plan")


async def fetch_one(work: UnitOfWork, statement: str, *values: object) -> Record | None:
    row: Record | None = await work.driver.fetchrow(statement, *values)
    return row
