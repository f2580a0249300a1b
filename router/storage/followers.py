"""How far each of those who follow the outbox has read, committed with what they did of it."""

from router.storage.records import fetch_one
from router.storage.unit_of_work import OUTBOX, UnitOfWork


async def take(work: UnitOfWork, name: str) -> int:
    """How far this follower has read, locked until the commit. Writes nothing but its first row."""
    await work.driver.execute(
        "insert into followers (name) values ($1) on conflict do nothing", name
    )
    row = await fetch_one(work, "select position from followers where name = $1 for update", name)
    return 0 if row is None else int(row["position"])


async def take_untrimmed(work: UnitOfWork, name: str) -> int:
    """The same for one who passes over what was dropped of the outbox unread."""
    return max(await take(work, name), await trimmed(work))


async def keep(work: UnitOfWork, name: str, position: int) -> None:
    """Of one that was taken: it has read so far."""
    await work.driver.execute(
        "update followers set position = $2 where name = $1 and position <> $2", name, position
    )


async def trimmed(work: UnitOfWork) -> int:
    """Up to where entries of the outbox were dropped."""
    row = await fetch_one(work, "select trimmed from relay_state where name = $1", OUTBOX)
    return 0 if row is None else int(row["trimmed"])
