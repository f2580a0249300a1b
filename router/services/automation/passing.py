"""Where no rule is on: what happens is passed over, and none of what rules need is loaded."""

from router.storage import rule_runs, rules
from router.storage.engine import Database

BATCH = 1_000
"""Facts that one look passes."""


async def is_asked(database: Database) -> bool:
    """Whether any rule is on."""
    async with database.reading() as work:
        return await rules.is_any_on(work)


async def pass_over(database: Database, *, limit: int = BATCH) -> bool:
    """Go on behind the next facts: a rule that is switched on later runs on none of them. Since
    when cases are in their states is kept. True: there may be more.
    """
    async with database.reading() as work:
        position = await rule_runs.position_of(work)
        until, read = await rule_runs.newest_after(work, position, limit=limit)
    if until > position:
        async with database.transaction() as work:
            before = await rule_runs.take_position(work)
            # Again, after they were read: none is passed that came after a rule was switched on.
            if before < until and not await rules.is_any_on(work):
                await rule_runs.keep_position(work, before, until)
    return read >= limit
