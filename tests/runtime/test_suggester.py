"""The loop that looks for people who may be one: one at a time, and killed at any moment."""

import asyncio
import contextlib

from core.messages import Sender
from core.people import Evidence, EvidenceKind
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.suggester import Suggester
from router.services.identity import suggestions
from router.storage.engine import Database
from router.storage.leases import SUGGESTION_LEASE
from tests.stage import Stage
from tests.waiting import until, until_blocked

MAIL = Sender(
    realm="email",
    handle="ana@example.com",
    shown_as="Ana",
    evidence=(Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL),),
)
FOUND = "select count(*) from join_suggestions"
READ = "select coalesce(max(position), 0) from followers"


async def _said(stage: Stage) -> int:
    await stage.says(MAIL)
    await stage.says("chat", "I am ana@example.com")
    return await stage.relay()


async def test_the_owner_of_the_lease_finds_what_was_said_and_others_wait(
    stage: Stage, database_url: str
) -> None:
    newest = await _said(stage)
    other = Database(database_url)
    keepers = [LeaseKeeper(stage.database, "one"), LeaseKeeper(other, "two")]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keeper.run()) for keeper in keepers]
        tasks += [
            group.create_task(Suggester(stage.database, keepers[0]).run()),
            group.create_task(Suggester(other, keepers[1]).run()),
        ]
        await until(lambda: _is(stage, READ, newest))
        owners = [keeper.fence_of(SUGGESTION_LEASE) for keeper in keepers]
        for task in tasks:
            task.cancel()
    await other.close()

    assert sum(owner is not None for owner in owners) == 1
    assert await stage.value(FOUND) == 1


async def test_whoever_is_killed_before_the_commit_leaves_it_to_the_next(stage: Stage) -> None:
    newest = await _said(stage)
    async with stage.database.transaction() as work:
        await work.driver.execute("lock table person_hints")
        killed = asyncio.create_task(suggestions.follow(stage.database))
        await until_blocked(stage.database)
        killed.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await killed
    assert (await stage.value(FOUND), await stage.value(READ)) == (0, 0)

    await suggestions.follow(stage.database)

    assert (await stage.value(FOUND), await stage.value(READ)) == (1, newest)


async def _is(stage: Stage, statement: str, wanted: object) -> bool:
    return await stage.value(statement) == wanted
