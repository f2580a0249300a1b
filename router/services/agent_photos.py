"""Photos of agents: put by themselves, seen by colleagues, gone when they leave."""

from collections.abc import Sequence

from core.ids import digest
from core.photos import BadPhoto, plain_jpeg
from router.services import audit
from router.services.callers import Caller
from router.services.errors import NotFound, Refused
from router.services.visitor_stream import bounds_of
from router.storage import agent_photos as stored
from router.storage.engine import Database
from router.storage.visitors import SessionRow


async def put_photo(database: Database, caller: Caller, content: bytes) -> str:
    """Of the caller. Only what draws the picture is kept of it. Its version. Raises Refused."""
    try:
        plain = plain_jpeg(content)
    except BadPhoto as error:
        raise Refused(str(error), code="bad_photo") from error
    version = digest(plain)[:32]
    async with database.transaction() as work:
        await stored.put(work, caller.agent_id, plain, version)
        await audit.record(work, caller.actor, "agent.photo_put", f"agents/{caller.agent_id}")
    return version


async def drop_photo(database: Database, caller: Caller, agent_id: int) -> None:
    async with database.transaction() as work:
        if await stored.drop(work, agent_id):
            await audit.record(work, caller.actor, "agent.photo_dropped", f"agents/{agent_id}")


async def list_photos(database: Database) -> dict[int, str]:
    """Agent -> version of their photo."""
    async with database.reading() as work:
        return await stored.digests(work)


async def list_of_answers(
    database: Database, row: SessionRow, message_ids: Sequence[int]
) -> dict[int, str]:
    """Message -> version of its author's photo: of answers that this visitor sees, by agents who
    have one.
    """
    async with database.reading() as work:
        return await stored.of_answers(work, message_ids, await bounds_of(work, row))


async def load_version(database: Database, version: str) -> bytes:
    """Whoever knows the version was shown it. Raises NotFound: nobody has this one any more."""
    async with database.reading() as work:
        content = await stored.find_version(work, version)
    if content is None:
        raise NotFound("There is no such photo.")
    return content


async def load_photo(database: Database, agent_id: int, version: str) -> bytes:
    """Raises NotFound: they have none, or another one by now."""
    async with database.reading() as work:
        content = await stored.find(work, agent_id, version)
    if content is None:
        raise NotFound("There is no such photo.")
    return content
