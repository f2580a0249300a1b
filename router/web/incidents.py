"""Routes: incidents. A case is put into one like any other change of a case, alone or in bulk.

What works on them is imported with the first call.
"""

from typing import Annotated

import msgspec

from router.services.incidents.shapes import (
    AnswerAsked,
    AnswerFailures,
    AnswerPreview,
    AnswerWanted,
    IncidentAnswer,
    IncidentAnswers,
    IncidentCases,
    IncidentChange,
    IncidentNote,
    Incidents,
    IncidentWithLog,
    NewIncident,
)
from router.services.roles import Permission
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ, WRITE
from router.web.policy import allow
from router.web.routes import Routes
from router.web.rules import tools_of

routes = Routes(tag="incidents")

CHANGE = allow(Permission.CHANGE_CASES)
Page = Annotated[int, msgspec.Meta(ge=1, le=100)]
KnownIds = Annotated[tuple[Id, ...], msgspec.Meta(max_length=100)]


@routes.get("/incidents", policy=READ)
async def list_incidents(
    call: Call,
    is_resolved: bool = False,
    is_counted: bool = True,
    before: Id | None = None,
    limit: Page = 100,
) -> Incidents:
    """A page, newest first, of those that are not resolved or of those that are. Whoever asks
    often and for names alone does not let their cases be counted."""
    from router.services.incidents import keeping

    return await keeping.list_incidents(
        call.context.database,
        call.caller,
        is_resolved=is_resolved,
        is_counted=is_counted,
        before=before,
        limit=limit,
    )


@routes.post("/incidents", policy=CHANGE, status=201, errors=(409,))
async def open_incident(call: Call, body: NewIncident) -> IncidentWithLog:
    """A new one, in which no case is yet. 409 `name_taken` by one that is not resolved."""
    from router.services.incidents import keeping

    return await keeping.add(call.context.database, call.caller, body)


@routes.get("/incidents/{incident_id}", policy=READ)
async def load_incident(call: Call, incident_id: Id, is_counted: bool = True) -> IncidentWithLog:
    """One with its log."""
    from router.services.incidents import keeping

    return await keeping.load(
        call.context.database, call.caller, incident_id, is_counted=is_counted
    )


@routes.patch("/incidents/{incident_id}", policy=CHANGE, errors=(409,))
async def change_incident(call: Call, incident_id: Id, body: IncidentChange) -> IncidentWithLog:
    """What is left out stays; its cases stay as they are. 409 `moved_on` if `expect_revision` is
    not the current, `name_taken`.
    """
    from router.services.incidents import keeping

    return await keeping.change(call.context.database, call.caller, incident_id, body)


@routes.post("/incidents/{incident_id}/notes", policy=CHANGE, status=201)
async def note_incident(call: Call, incident_id: Id, body: IncidentNote) -> IncidentWithLog:
    """One more line of its log, for agents."""
    from router.services.incidents import keeping

    return await keeping.add_note(call.context.database, call.caller, incident_id, body.text)


@routes.get("/incidents/{incident_id}/cases", policy=READ)
async def list_incident_cases(
    call: Call, incident_id: Id, before: Id | None = None, limit: Page = 50
) -> IncidentCases:
    """Those in it that one sees, newest first. `POST /cases/{case_id}` with an `incident_id` puts
    a case into it, null takes it out; `POST /bulk` does so for many, or for all of a query.
    """
    from router.services.incidents import keeping

    return await keeping.list_cases(
        call.context.database, call.caller, incident_id, before=before, limit=limit
    )


@routes.get("/incidents/{incident_id}/answers", policy=READ)
async def list_incident_answers(
    call: Call, incident_id: Id, known: KnownIds = ()
) -> IncidentAnswers:
    """The last answers to all of its cases, of whoever began them, with how far each has come.
    Those `known` that have ended are not counted again, and left out."""
    from router.services.incidents import answers

    return await answers.list_answers(call.context.database, call.caller, incident_id, known)


@routes.post("/incidents/{incident_id}/answers/preview", policy=WRITE)
async def preview_incident_answer(call: Call, incident_id: Id, body: AnswerAsked) -> AnswerPreview:
    """How many would be told what, and where that cannot be; tried out in the first of them."""
    from router.services.incidents import answers

    return await answers.preview(
        call.context.database, tools_of(call), call.caller, incident_id, body
    )


@routes.post("/incidents/{incident_id}/answers", policy=WRITE, status=202, errors=(409,))
async def answer_incident(call: Call, incident_id: Id, body: AnswerWanted) -> IncidentAnswer:
    """Answer its cases in the background, each conversation once; `incident.changed` tells how far.

    409: `answering` (another one is under way), `moved_on` (not as the preview's stamp).
    """
    from router.services.incidents import answers

    return await answers.begin(call.context.database, call.caller, incident_id, body)


@routes.post("/incident-answers/{answer_id}/stop", policy=WRITE, status=202, errors=(409,))
async def stop_incident_answer(call: Call, answer_id: Id) -> IncidentAnswer:
    """No further case is answered, and what has not gone out is taken back. 409 `not_running`."""
    from router.services.incidents import answers

    return await answers.stop(call.context.database, call.caller, answer_id)


@routes.get("/incident-answers/{answer_id}/failures", policy=READ)
async def list_answer_failures(
    call: Call, answer_id: Id, after: Id = 0, limit: Page = 50
) -> AnswerFailures:
    """Where nothing was said, and why."""
    from router.services.incidents import answers

    return await answers.list_failures(
        call.context.database, call.caller, answer_id, after=after, limit=limit
    )
