"""Routes: the waiting queue, offers, who is there with how much room, and how it is given out.

What works on them is imported with the first call.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
import structlog
from aiohttp import web

from router.services.assignment import settings
from router.services.assignment.settings import (
    AllSettings,
    Proficiency,
    QueueSettings,
    SkillName,
    TeamRule,
)
from router.services.assignment.shapes import (
    AgentDesk,
    AssignmentSteps,
    Availability,
    Desks,
    HeldCases,
    OwnDesk,
    Queue,
    QueueLines,
)
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import CONTEXT, Call
from router.web.feed import HUB
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="assignment")

READ = allow(Permission.READ_CONVERSATIONS)
READ_AGENTS = allow(Permission.READ_AGENTS)
WORK = allow(Permission.CHANGE_CASES)
CHANGE = allow(Permission.CHANGE_QUEUE)

SEEN_SECONDS = 15.0
"""How often it is noted whose pages are open."""
PAGE = 50

Place = Annotated[str, msgspec.Meta(max_length=200)]
PageSize = Annotated[int, msgspec.Meta(ge=1, le=200)]

log = structlog.get_logger(__name__)


class OwnAvailability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    availability: Availability


class DeskChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    capacity: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None
    """What they have room for; 0: nothing by itself; null: the queue's default."""
    skills: Annotated[dict[SkillName, Proficiency], msgspec.Meta(max_length=100)] = {}
    """All that they can; what is left out they cannot."""


def install(app: web.Application) -> None:
    """Whose pages are open is noted as long as the application lives."""
    app.cleanup_ctx.append(_note_pages)


@routes.get("/queue", policy=READ)
async def read_queue(
    call: Call, after: Place | None = None, team_id: Id | None = None, limit: PageSize = PAGE
) -> Queue:
    """Cases that wait for somebody, in the order in which they are served; why nobody has each."""
    from router.services.assignment import shown

    return await shown.load_queue(
        call.context.database,
        viewer_of(call.caller),
        after=after,
        team_id=team_id,
        limit=limit,
    )


@routes.get("/queue/lines", policy=READ)
async def read_queue_lines(call: Call) -> QueueLines:
    """In which lines how many wait, since when, and who could serve them."""
    from router.services.assignment import board

    return await board.load_lines(call.context.database, viewer_of(call.caller))


@routes.get("/queue/settings", policy=READ_AGENTS)
async def read_queue_settings(call: Call) -> AllSettings:
    """How waiting cases are given out."""
    return await settings.load_all(call.context.database)


@routes.put("/queue/settings", policy=CHANGE)
async def change_queue_settings(call: Call, body: QueueSettings) -> AllSettings:
    """All of it, for what comes from now on."""
    return await settings.change(call.context.database, actor=call.caller.actor, wanted=body)


@routes.put("/queue/teams/{team_id}", policy=CHANGE, errors=(409,))
async def change_team_queue(call: Call, team_id: Id, body: TeamRule) -> AllSettings:
    """A rule of the team's own. 409 `circular`: teams would help each other in a circle."""
    return await settings.change_team(
        call.context.database, actor=call.caller.actor, team_id=team_id, wanted=body
    )


@routes.delete("/queue/teams/{team_id}", policy=CHANGE)
async def remove_team_queue(call: Call, team_id: Id) -> None:
    """The team is as the whole queue from now on."""
    await settings.change_team(
        call.context.database, actor=call.caller.actor, team_id=team_id, wanted=None
    )


@routes.get("/desk", policy=READ)
async def read_own_desk(call: Call) -> OwnDesk:
    """Whether one is there, how much one has, and what one is offered."""
    from router.services.assignment import shown

    return await shown.load_own(call.context.database, call.caller.agent_id)


@routes.put("/desk", policy=WORK)
async def change_own_desk(call: Call, body: OwnAvailability) -> OwnDesk:
    """Come or go. Whoever comes is given what waits."""
    from router.services.assignment import availability, shown

    database, agent = call.context.database, call.caller.agent_id
    await availability.set_own(database, agent, body.availability)
    return await shown.load_own(database, agent)


@routes.get("/desks", policy=READ_AGENTS)
async def read_desks(call: Call) -> Desks:
    """All agents: who is there, with how much room and which skills."""
    from router.services.assignment import shown

    return await shown.load_desk_list(call.context.database)


@routes.get("/desks/{agent_id}/cases", policy=READ)
async def read_held_cases(call: Call, agent_id: Id) -> HeldCases:
    """What somebody has and is offered, as far as one sees it oneself."""
    from router.services.assignment import board

    return await board.load_held(call.context.database, viewer_of(call.caller), agent_id)


@routes.put("/desks/{agent_id}", policy=CHANGE)
async def change_desk(call: Call, agent_id: Id, body: DeskChange) -> AgentDesk:
    """What somebody has room for and can. Whoever has more than that keeps it."""
    from router.services.assignment import shown

    return await shown.set_desk(
        call.context.database,
        actor=call.caller.actor,
        agent_id=agent_id,
        capacity=body.capacity,
        skills=body.skills,
    )


@routes.put("/desks/{agent_id}/availability", policy=CHANGE, status=204)
async def change_availability(call: Call, agent_id: Id, body: OwnAvailability) -> None:
    """Of somebody else."""
    from router.services.assignment import availability

    await availability.set_for(
        call.context.database,
        actor=call.caller.actor,
        agent_id=agent_id,
        availability=body.availability,
    )


@routes.get("/cases/{case_id}/assignments", policy=READ)
async def read_assignments(call: Call, case_id: Id) -> AssignmentSteps:
    """Why a case is whose it is: each step on its way there, the newest first."""
    from router.services.assignment import shown

    return await shown.load_steps(call.context.database, viewer_of(call.caller), case_id)


@routes.post("/cases/{case_id}/accept", policy=WORK, status=204, errors=(409,))
async def accept_case(call: Call, case_id: Id) -> None:
    """Take what one is offered. 409 `offer_over`."""
    from router.services.assignment import offers

    await offers.accept(call.context.database, call.caller.agent_id, case_id)


@routes.post("/cases/{case_id}/decline", policy=WORK, status=204, errors=(409,))
async def decline_case(call: Call, case_id: Id) -> None:
    """Leave it to somebody else. 409 `offer_over`."""
    from router.services.assignment import offers

    await offers.decline(call.context.database, call.caller.agent_id, case_id)


@routes.delete("/cases/{case_id}/offer", policy=CHANGE, errors=(409,))
async def withdraw_offer(call: Call, case_id: Id) -> None:
    """Take back what is offered to somebody. 409 `offer_over`: it is offered to nobody."""
    from router.services.assignment import offers

    await offers.withdraw(call.context.database, viewer_of(call.caller), case_id)


async def _note_pages(app: web.Application) -> AsyncIterator[None]:
    noting = asyncio.create_task(_note_forever(app), name="desk-pages")
    yield
    noting.cancel()
    await asyncio.gather(noting, return_exceptions=True)


async def _note_forever(app: web.Application) -> None:
    from router.services.assignment import rounds

    while True:
        await asyncio.sleep(SEEN_SECONDS)
        agents = sorted({feed.agent_id for feed in app[HUB].feeds})
        if not agents:
            continue
        try:
            await rounds.note_seen(app[CONTEXT].database, agents)
        except Exception as error:
            log.warning("desk.pages_not_noted", fault=type(error).__name__)
