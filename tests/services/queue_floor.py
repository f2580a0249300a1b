"""A stage with a waiting queue: where tests of assignment begin."""

from router.services import cases
from router.services.assignment import availability, rounds, settings, shown
from router.services.assignment.settings import QueueSettings
from router.services.assignment.shapes import QueuedCase
from router.services.cases import CaseChange
from router.services.viewer import Viewer
from tests.stage import Stage


class Floor:
    """A stage with a queue."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.database = stage, stage.database

    async def begin(self, wanted: QueueSettings) -> None:
        await settings.change(self.database, actor="cli", wanted=wanted)

    async def case(self, who: str, **change: object) -> int:
        """Somebody writes, and the queue has heard of it."""
        case = await self.stage.case_of(await self.stage.says(who))
        if change:
            boss = await self.stage.agent("Boss", role="supervisor")
            await cases.change_case(self.database, boss, case, CaseChange(**change))  # type: ignore[arg-type]  # a test names real fields
        await self.heard()
        return case

    async def heard(self) -> None:
        await self.stage.relay()
        while await rounds.follow(self.database):
            pass
        await rounds.serve(self.database)

    async def comes(self, name: str, *, capacity: int | None = None, **skills: int) -> Viewer:
        agent = await self.stage.agent(name)
        await shown.set_desk(
            self.database,
            actor="cli",
            agent_id=agent.agent_id,
            capacity=capacity,
            skills={one.replace("_", ":"): level for one, level in skills.items()},
        )
        await availability.set_own(self.database, agent.agent_id, "online")
        return agent

    async def owner(self, case: int) -> object:
        return await self.stage.value("select owner_id from cases where id = $1", case)

    async def queue(self) -> list[QueuedCase]:
        found = await shown.load_queue(
            self.database, Viewer(0), after=None, team_id=None, limit=100
        )
        return found.cases

    async def load(self, agent: Viewer) -> int:
        return (await shown.load_own(self.database, agent.agent_id)).desk.load

    async def said(self, case: int) -> list[tuple[str, str]]:
        steps = (await shown.load_steps(self.database, Viewer(0), case)).steps
        return [(one.step, one.because) for one in reversed(steps)]

    async def offered(self, agent: Viewer) -> list[int]:
        return [one.case_id for one in (await shown.load_own(self.database, agent.agent_id)).offers]
