"""Names that queries use, as ids: accounts, agents and teams, which every agent knows."""

from router.storage.records import Record, fetch
from router.storage.unit_of_work import UnitOfWork


async def accounts(work: UnitOfWork) -> list[Record]:
    return await fetch(work, "select id, channel, label from accounts order by id")


async def agents(work: UnitOfWork) -> list[Record]:
    """With those who left: what they wrote and owned stays theirs."""
    return await fetch(work, "select id, name, email, is_active from agents order by id")


async def teams(work: UnitOfWork) -> list[Record]:
    return await fetch(work, "select id, name from teams order by name, id")
