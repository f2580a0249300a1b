"""Rows as they come from the driver, for statements whose result is a shape of its own."""

from collections.abc import Mapping
from typing import Any

from router.storage.unit_of_work import UnitOfWork

Record = Mapping[str, Any]


async def fetch(work: UnitOfWork, statement: str, *values: object) -> list[Record]:
    return list(await work.driver.fetch(statement, *values))


async def fetch_one(work: UnitOfWork, statement: str, *values: object) -> Record | None:
    row: Record | None = await work.driver.fetchrow(statement, *values)
    return row
