"""Watching: an agent is told of the news of a conversation that is not theirs.

It lets nobody see more: what an agent may not read, their feed does not tell.
"""

from router.services.errors import Refused
from router.services.viewer import Viewer, find_conversation
from router.storage import persons, watches
from router.storage.engine import Database
from router.storage.unit_of_work import Fact

MOST_WATCHED = 500


async def list_watched(database: Database, viewer: Viewer) -> list[int]:
    """Who stands for the conversations that they watch."""
    async with database.reading() as work:
        return await watches.roots_of_agent(work, viewer.agent_id, MOST_WATCHED)


async def watch(database: Database, viewer: Viewer, person_id: int) -> None:
    """From now on it is watched, whoever stands for it later. Raises NotFound, Refused."""
    async with database.transaction() as work:
        found = await find_conversation(work, viewer, person_id)
        known = await watches.roots_of_agent(work, viewer.agent_id, MOST_WATCHED)
        if found.root_id in known:
            return
        if len(known) >= MOST_WATCHED:
            raise Refused(f"At most {MOST_WATCHED} conversations.", code="too_many")
        await watches.insert_once(work, viewer.agent_id, found.root_id)
        work.announce(Fact.WATCHES_CHANGED, ref=viewer.agent_id)


async def unwatch(database: Database, viewer: Viewer, person_id: int) -> None:
    """It is watched no longer, by whichever of its members it was. Raises NotFound."""
    async with database.transaction() as work:
        found = await find_conversation(work, viewer, person_id)
        members = await persons.members_of(work, found.root_id)
        if await watches.remove(work, viewer.agent_id, members):
            work.announce(Fact.WATCHES_CHANGED, ref=viewer.agent_id)
