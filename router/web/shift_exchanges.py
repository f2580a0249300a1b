"""Routes: agents exchange duties, and absences.

What works on them is imported with the first call.
"""

from router.services.roles import Permission
from router.services.shifts.exchange_shapes import (
    Absence,
    ExchangeAnswer,
    ExchangeDecision,
    Exchanges,
    NewExchange,
)
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="shifts")

READ = allow(Permission.READ_AGENTS)
CHANGE = allow(Permission.CHANGE_QUEUE)
WORK = allow(Permission.CHANGE_CASES)


@routes.get("/rota/exchanges", policy=READ)
async def list_exchanges(call: Call) -> Exchanges:
    """One's own, those that one may take, and what ended lately; who changes the rota sees all."""
    from router.services.shifts import exchange_reading

    return await exchange_reading.list_exchanges(
        call.context.database,
        viewer_of(call.caller),
        may_decide=_may_decide(call),
        may_work=Permission.CHANGE_CASES in call.caller.permissions,
    )


@routes.post("/rota/exchanges", policy=WORK, status=201, errors=(409,))
async def propose_exchange(call: Call, body: NewExchange) -> Exchanges:
    """One gives a duty away, or swaps it for another one. 409 says why a colleague cannot:
    `works_then`, `works_already`, `short_rest`, `not_in_team`; or `swaps_off`, `offered_already`.
    """
    from router.services.shifts import exchanging

    await exchanging.propose(call.context.database, viewer_of(call.caller), body)
    return await list_exchanges(call)


@routes.post("/rota/exchanges/seen", policy=WORK, status=204)
async def note_exchanges_seen(call: Call) -> None:
    """Nothing of it is news to one any more."""
    from router.services.shifts import exchange_reading

    await exchange_reading.note_seen(call.context.database, viewer_of(call.caller))


@routes.post("/rota/exchanges/{exchange_id}/answer", policy=WORK, errors=(409,))
async def answer_exchange(call: Call, exchange_id: Id, body: ExchangeAnswer) -> Exchanges:
    """Takes it, declines it, or takes it back. 409 `exchange_taken`: somebody was quicker;
    `exchange_gone` says why it is over; or why one cannot take it.
    """
    from router.services.shifts import exchanging

    await exchanging.answer(
        call.context.database,
        viewer_of(call.caller),
        exchange_id,
        body,
        may_decide=_may_decide(call),
    )
    return await list_exchanges(call)


@routes.post("/rota/exchanges/{exchange_id}/decision", policy=CHANGE, errors=(409,))
async def decide_exchange(call: Call, exchange_id: Id, body: ExchangeDecision) -> Exchanges:
    """Says yes or no to what two other agents agreed. 409 as for the answer; 403 `own_exchange`:
    one is one of the two.
    """
    from router.services.shifts import exchanging

    await exchanging.decide(call.context.database, viewer_of(call.caller), exchange_id, body)
    return await list_exchanges(call)


@routes.post("/rota/absences", policy=CHANGE, status=204, errors=(409,))
async def note_absence(call: Call, body: Absence) -> None:
    """An agent does not work a duty: a stand-in does, or it is open for the team to take. 409 says
    why the stand-in cannot, or `rota_has_faults` for the hole it leaves, without `accept`.
    """
    from router.services.shifts import exchanging

    await exchanging.note_absence(call.context.database, viewer_of(call.caller), body)


def _may_decide(call: Call) -> bool:
    return Permission.CHANGE_QUEUE in call.caller.permissions
