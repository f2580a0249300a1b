"""Routes: who works when, what is other on single days, and the rota's calendars.

What works on them is imported with the first call.
"""

from datetime import date, datetime
from typing import Annotated

import msgspec

from router.services.roles import Permission
from router.services.shifts.shapes import (
    ChangedDuty,
    Duties,
    Findings,
    OnDuty,
    RotaInForce,
    RotaPlan,
    ShiftKey,
    Swap,
)
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="shifts")

READ = allow(Permission.READ_AGENTS)
CHANGE = allow(Permission.CHANGE_QUEUE)

AwareTime = Annotated[datetime, msgspec.Meta(tz=True)]


class NewRota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rota: RotaPlan
    expect_revision: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    """Of the rota that was changed, so that nobody's change is undone unseen."""
    accept: bool = False
    """Keep it even if it leaves holes or clashes. The audit log says so."""


@routes.get("/rota", policy=READ)
async def read_rota(call: Call) -> RotaInForce:
    """All shifts, and what is wrong with them in the next weeks."""
    from router.services.shifts import planning

    return await planning.load(call.context.database)


@routes.put("/rota", policy=CHANGE, errors=(409,))
async def change_rota(call: Call, body: NewRota) -> RotaInForce:
    """All of it. 409 `rota_has_faults`: too few would be on duty, or agents in two shifts, and
    `accept` does not say that it may be so; 409 `moved_on`.
    """
    from router.services.shifts import planning

    return await planning.change(
        call.context.database,
        viewer_of(call.caller),
        body.rota,
        expect_revision=body.expect_revision,
        accept=body.accept,
    )


@routes.post("/rota/check", policy=CHANGE)
async def check_rota(call: Call, body: RotaPlan) -> Findings:
    """What would be wrong with this one. Nothing is kept."""
    from router.services.shifts import planning

    return await planning.foresee(call.context.database, body)


@routes.get("/rota/duties", policy=READ)
async def list_duties(
    call: Call,
    since: AwareTime,
    until: AwareTime,
    team_id: Id | None = None,
    agent_id: Id | None = None,
) -> Duties:
    """Who works between these instants, up to 62 days, with holidays and holes."""
    from router.services.shifts import reading

    return await reading.list_duties(
        call.context.database, since=since, until=until, team_id=team_id, agent_id=agent_id
    )


@routes.get("/rota/on-duty", policy=READ)
async def read_on_duty(call: Call, at: AwareTime | None = None) -> OnDuty:
    """Who works at this instant, or now."""
    from router.services.shifts import reading

    return await reading.who_is_on_duty(call.context.database, at)


@routes.put("/rota/duties/{shift}/{day}", policy=CHANGE, status=204, errors=(409,))
async def change_duty(call: Call, shift: ShiftKey, day: date, body: ChangedDuty) -> None:
    """One shift on one day. 409 `rota_has_faults`: that makes holes or clashes."""
    from router.services.shifts import planning

    await planning.change_duty(call.context.database, viewer_of(call.caller), shift, day, body)


@routes.delete("/rota/duties/{shift}/{day}", policy=CHANGE)
async def restore_duty(call: Call, shift: ShiftKey, day: date) -> None:
    """That day is as the rota has it again."""
    from router.services.shifts import planning

    await planning.change_duty(call.context.database, viewer_of(call.caller), shift, day, None)


@routes.post("/rota/swaps", policy=CHANGE, status=204, errors=(409,))
async def swap_duties(call: Call, body: Swap) -> None:
    """Each works when the other one would have. 409 `rota_has_faults`."""
    from router.services.shifts import planning

    await planning.swap(call.context.database, viewer_of(call.caller), body)
