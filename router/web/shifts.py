"""Routes: who works when, what is other on single days, and the rota's calendars.

What works on them is imported with the first call.
"""

from datetime import date, datetime
from typing import Annotated

import msgspec
from aiohttp import hdrs, web

from router.services.roles import Permission
from router.services.shifts.shapes import (
    CalendarFeeds,
    ChangedDuty,
    Duties,
    Findings,
    MadeFeed,
    NewCalendar,
    NewFeed,
    OnDuty,
    ReadCalendar,
    RotaInForce,
    RotaPlan,
    ShiftKey,
    Swap,
)
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow, guarded
from router.web.routes import Routes

routes = Routes(tag="shifts")
feed_routes = Routes(prefix="", tag="shifts")

READ = allow(Permission.READ_AGENTS)
CHANGE = allow(Permission.CHANGE_QUEUE)
WORK = allow(Permission.CHANGE_CASES)
SECRET = guarded("the address: 256 random bits that were told once, and can be revoked")

Token = Annotated[str, msgspec.Meta(pattern=r"^[\w-]{20,100}$")]
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


@routes.delete("/rota/duties/{shift}/{day}", policy=CHANGE, errors=(409,))
async def restore_duty(call: Call, shift: ShiftKey, day: date, accept: bool = False) -> None:
    """That day is as the rota has it again. 409 `rota_has_faults`: without `accept`."""
    from router.services.shifts import planning

    await planning.change_duty(
        call.context.database, viewer_of(call.caller), shift, day, None, accept=accept
    )


@routes.post("/rota/swaps", policy=CHANGE, status=204, errors=(409,))
async def swap_duties(call: Call, body: Swap) -> None:
    """Each works when the other one would have. 409 `rota_has_faults`."""
    from router.services.shifts import planning

    await planning.swap(call.context.database, viewer_of(call.caller), body)


@routes.post("/rota/calendars/read", policy=CHANGE)
async def read_calendar(call: Call, body: NewCalendar) -> ReadCalendar:
    """Shifts or holidays of a calendar file (RFC 5545), to be looked at and saved with the rota.

    400 `bad_calendar` names the `line`. Nothing is kept, and no address is fetched.
    """
    from router.services.shifts import calendars_in

    return await calendars_in.read_calendar(body, call.context.database.clock.now().date())


@routes.get("/rota/calendars", policy=READ)
async def list_calendars(call: Call) -> CalendarFeeds:
    """One's own feeds and those of one's teams; who changes the rota sees all."""
    from router.services.shifts import calendars_out

    return await calendars_out.list_feeds(
        call.context.database, viewer_of(call.caller), sees_all=_may_all(call)
    )


@routes.post("/rota/calendars", policy=WORK, status=201)
async def make_calendar(call: Call, body: NewFeed) -> MadeFeed:
    """An address at which calendar programs read duties. It is told this once."""
    from router.services.shifts import calendars_out

    return await calendars_out.make_feed(
        call.context.database, viewer_of(call.caller), body.team_id, may_all=_may_all(call)
    )


@routes.delete("/rota/calendars/{calendar_id}", policy=WORK)
async def revoke_calendar(call: Call, calendar_id: Id) -> None:
    """Its address answers no more."""
    from router.services.shifts import calendars_out

    await calendars_out.revoke_feed(
        call.context.database, viewer_of(call.caller), calendar_id, may_all=_may_all(call)
    )


def _may_all(call: Call) -> bool:
    return Permission.CHANGE_QUEUE in call.caller.permissions


@feed_routes.get("/calendars/{token}.ics", policy=SECRET, gives=("text/calendar",))
async def read_calendar_feed(call: Call, token: Token) -> web.Response:
    """Duties from 14 days ago to three months ahead, in UTC; nobody is named. 304 by its ETag."""
    from router.services.shifts import calendars_out

    made, etag = await calendars_out.read_feed(call.context.database, token)
    headers = {hdrs.ETAG: etag, hdrs.CACHE_CONTROL: "private, no-cache"}
    asked = call.request.headers.get(hdrs.IF_NONE_MATCH, "")
    if etag in {one.strip().removeprefix("W/") for one in asked.split(",")}:
        return web.Response(status=304, headers=headers)
    return web.Response(body=made, content_type="text/calendar", charset="utf-8", headers=headers)
