"""Routes: what was guessed of messages, what agents say of that, and how the desk has its triage.

What works on them is imported with the first call.
"""

from router.services.roles import Permission
from router.services.triage.shapes import (
    CaseFindings,
    Finding,
    NewCorrection,
    TriageScore,
    TriageSettings,
    TriageWork,
)
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="triage")

CHANGE = allow(Permission.CHANGE_RULES)
READ_RULES = allow(Permission.READ_RULES)
CORRECT = allow(Permission.CHANGE_CASES)


@routes.get("/cases/{case_id}/findings", policy=READ)
async def list_case_findings(call: Call, case_id: Id) -> CaseFindings:
    """What was guessed of the newest messages of a case, and who was told of a danger."""
    from router.services.triage import shown

    return await shown.list_of_case(call.context.database, viewer_of(call.caller), case_id)


@routes.post("/messages/{message_id}/correction", policy=CORRECT)
async def correct_finding(call: Call, message_id: Id, body: NewCorrection) -> Finding:
    """Say what a message is about, and whether it is urgent. The case is so from then on, and the
    message is an example. 403 `may_not_lower` for who may not let it need less than before.
    Supervisors may name a life at risk that was missed: it is told as if it had been found.
    """
    from router.services.triage import correcting

    return await correcting.correct(
        call.context.database,
        viewer_of(call.caller),
        message_id,
        body,
        may_lower=Permission.LOWER_LEVELS in call.caller.permissions,
        may_name=Permission.CHANGE_QUEUE in call.caller.permissions,
    )


@routes.get("/triage", policy=READ)
async def read_triage(call: Call) -> TriageSettings:
    """How sure a guess must be, and whom dangers are told to."""
    from router.services.triage import settings

    return await settings.load(call.context.database)


@routes.put("/triage", policy=CHANGE)
async def change_triage(call: Call, body: TriageSettings) -> TriageSettings:
    """All of it, for what is read from now on."""
    from router.services.triage import settings

    return await settings.change(call.context.database, actor=call.caller.actor, wanted=body)


@routes.get("/triage/work", policy=READ_RULES)
async def read_triage_work(call: Call) -> TriageWork:
    """What was read of late, which dangers were told to whom, and what agents corrected."""
    from router.services.triage import recorded

    return await recorded.load(call.context.database, viewer_of(call.caller))


@routes.post("/triage/score", policy=CHANGE)
async def score_triage(call: Call) -> TriageScore:
    """How well the desk's own examples and corrections tell its topics apart. Takes seconds."""
    from router.services.triage import scoring

    return await scoring.score(call.context.database)
