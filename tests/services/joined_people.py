"""A desk whose people are merged and split: what tests of that begin with and look at."""

from typing import Any

from router.services.identity import merging
from router.storage import privacy
from router.storage.merges import MergeRow
from tests.stage import Stage

REASON = "Said so on the phone."


class People:
    """By the handles under which they write."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def home(self, handle: str) -> int:
        return int(
            await self.stage.value(
                "select home_person_id from identities where handle = $1 order by id", handle
            )
        )

    async def identity(self, handle: str) -> int:
        return int(
            await self.stage.value(
                "select id from identities where handle = $1 order by id", handle
            )
        )

    async def root(self, handle: str) -> int:
        return int(
            await self.stage.value(
                "select p.root_id from identities i join persons p on p.id = i.home_person_id"
                " where i.handle = $1 order by i.id",  # somebody may claim the same handle later
                handle,
            )
        )

    async def merge(self, loser: str, winner: str) -> int:
        edge = await merging.merge(
            self.stage.database,
            loser_id=await self.home(loser),
            winner_id=await self.home(winner),
            agent_id=None,
            reason=REASON,
        )
        return edge.id

    async def split(self, handle: str) -> int:
        row = await merging.split(
            self.stage.database,
            identity_id=await self.identity(handle),
            agent_id=None,
            reason=REASON,
        )
        return row.id

    async def undo(self, merge_id: int) -> MergeRow:
        return await merging.undo_merge(
            self.stage.database, merge_id=merge_id, agent_id=None, reason=REASON
        )

    async def together(self, *handles: str) -> bool:
        return len({await self.root(handle) for handle in handles}) == 1

    async def said_with(self, handle: str) -> list[str]:
        """Every text of the conversation in which this one is, in its order."""
        return [
            row[0]
            for row in await self.rows(
                "select m.text from messages m join persons p on p.id = m.person_id"
                " where p.root_id = $1 and m.direction <> 'event' order by m.id",
                await self.root(handle),
            )
        ]

    async def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        async with self.stage.database.reading() as work:
            return [tuple(row) for row in await work.driver.fetch(statement, *values)]

    async def everything(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """Whole tables as they are now."""
        return {
            table: await self.rows(f"select t::text from {table} t order by 1") for table in tables
        }

    async def export(self, handle: str) -> dict[str, Any]:
        """What this one would be given as their own."""
        async with self.stage.database.reading() as work:
            found = await privacy.members(work, await self.root(handle))
            assert found is not None
            return {"root_id": found[0], **await privacy.read_everything(work, found[1])}


STATE = ("persons", "identities", "cases", "messages", "deliveries", "thread_keys", "places")
STATE_OF_AGENTS = ("drafts", "read_marks")


STRAYS = """
select m.id from messages m join persons p on p.id = m.person_id
join cases c on c.id = m.case_id join persons o on o.id = c.person_id
where o.root_id <> p.root_id
"""
"""Messages of one conversation in a case of another: never any."""
