"""The queue as who runs the desk looks at it: its lines, and what each agent has of it."""

from core.assignment import Desk
from router.services.assignment import settings as queue
from router.services.assignment.giving import to_desk, to_line
from router.services.assignment.settings import QueueSettings
from router.services.assignment.shapes import (
    MOST_COUNTED,
    HeldCase,
    HeldCases,
    QueueLine,
    QueueLines,
)
from router.services.errors import NotFound
from router.services.roles import PERMISSIONS, Permission, Role
from router.services.viewer import Viewer
from router.storage import agent_desks, queue_lines
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

MOST_LINES = 200
MOST_HELD = 100


async def load_lines(database: Database, viewer: Viewer) -> QueueLines:
    """All lines in which some case waits that the viewer may see."""
    async with database.reading() as work:
        rows = await queue_lines.told(
            work, viewer.sight.listed, limit=MOST_LINES, most=MOST_COUNTED
        )
        desks = await load_there(work, await queue.load(work)) if rows else []
    lines = []
    for row in rows:
        line = to_line(row)
        able = [one for one in desks if one.may_serve(line)]
        lines.append(
            QueueLine(
                team_id=line.team_id,
                access_class=row["access_class"],
                skills=dict(line.skills),
                waiting=row["waiting"],
                offered=row["offered"],
                oldest_since=row["oldest_since"],
                by_priority=(row["p1"], row["p2"], row["p3"], row["p4"]),
                able=len(able),
                free=sum(one.room > 0 for one in able),
            )
        )
    return QueueLines(lines=lines)


async def load_held(database: Database, viewer: Viewer, agent_id: int) -> HeldCases:
    """What an agent has and is offered, as far as the viewer may see it. Raises NotFound."""
    async with database.reading() as work:
        if not await agent_desks.load(work, [agent_id]):
            raise NotFound("There is no such active agent.")
        rows = await queue_lines.held_by(work, agent_id, viewer.sight.listed, limit=MOST_HELD)
    return HeldCases(cases=[_to_held(row) for row in rows])


async def load_there(work: UnitOfWork, settings: QueueSettings) -> list[Desk]:
    """Desks of those who take new cases."""
    return [
        to_desk(row, settings)
        for row in await agent_desks.load(work)
        if row["availability"] == "online"
        and Permission.WRITE_CONVERSATIONS in PERMISSIONS[Role(row["role"])]
    ]


def _to_held(row: Record) -> HeldCase:
    return HeldCase(**{name: row[name] for name in HeldCase.__struct_fields__})
