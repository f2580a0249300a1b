"""Routes: cases of a conversation, and persons: found, changed, merged."""

from typing import Annotated

import msgspec

from router.services import case_times, case_values, cases, decisions, people, visitor_ratings
from router.services.case_times import CaseTimes
from router.services.case_values import FilledFields
from router.services.cases import CaseChange
from router.services.people import PersonChange, PersonHit
from router.services.roles import Permission
from router.services.shown.cases import Case
from router.services.shown.people import Merge, Person
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ, WRITE
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="cases")

CHANGE = allow(Permission.CHANGE_CASES)
MERGE = allow(Permission.MERGE_PERSONS)

Prefix = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class NewCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    subject: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    persons: list[PersonHit]


class MergeInto(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    into: Id
    """Who stands for both from now on."""
    reason: Reason


class UndoReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason


@routes.post("/cases/{case_id}", policy=CHANGE, errors=(409,))
async def change_case(call: Call, case_id: Id, body: CaseChange) -> Case:
    """Solve, reopen, assign, prioritise, say what it needs. 409 `moved_on` if `expect_revision` is
    not the current or somebody has it against `expect_nobody`, `no_room` for an agent who has no
    room for it, `fields_missing` if it is to be solved and lacks what it needs for that,
    `value_moved_on` with the `value` of the `field_id` that has not what was `expected`,
    `would_lose_sight` with the `agents` who would not see it any more, unless `may_lose_sight`; 403
    `may_not_lower` for who may not let it need less than before, `may_not_classify` for who may not
    say that others see it, `may_not_force` for who is no supervisor.
    """
    return await cases.change_case(
        call.context.database,
        viewer_of(call.caller),
        case_id,
        body,
        actor=call.caller.actor,
        may_lower=Permission.LOWER_LEVELS in call.caller.permissions,
        may_force=Permission.CHANGE_QUEUE in call.caller.permissions,
        may_classify=Permission.CLASSIFY_CASES in call.caller.permissions,
    )


@routes.get("/cases/{case_id}/history", policy=READ)
async def read_case_history(call: Call, case_id: Id) -> CaseTimes:
    """What it was, from when on and why, and for how long altogether."""
    return await case_times.history_of(call.context.database, viewer_of(call.caller), case_id)


@routes.get("/cases/{case_id}/fields", policy=READ)
async def read_case_fields(call: Call, case_id: Id) -> FilledFields:
    """The desk's own fields that the caller sees, with what the case has in them."""
    return await case_values.fields_of(call.context.database, viewer_of(call.caller), case_id)


@routes.post("/cases/{case_id}/rating-request", policy=CHANGE, status=204, errors=(409,))
async def ask_for_rating(call: Call, case_id: Id) -> None:
    """Ask in the chat how it was, before the case is over. 409 `already_rated`."""
    await visitor_ratings.ask_for_rating(call.context.database, viewer_of(call.caller), case_id)


@routes.post("/conversations/{person_id}/cases", policy=CHANGE, status=201)
async def open_case(call: Call, person_id: Id, body: NewCase) -> Case:
    """Begin a new case with this person."""
    return await cases.open_case(
        call.context.database, viewer_of(call.caller), person_id, body.subject
    )


@routes.get("/persons", policy=READ)
async def find_persons(call: Call, q: Prefix) -> Hits:
    """Up to 20 persons with a name or address that has this."""
    viewer = viewer_of(call.caller)
    return Hits(persons=await people.find_persons(call.context.database, viewer, q))


@routes.get("/persons/{person_id}", policy=READ)
async def read_person(call: Call, person_id: Id) -> Person:
    """One person with their identities. A merged person's is the winner's."""
    return await people.load_person(call.context.database, viewer_of(call.caller), person_id)


@routes.patch("/persons/{person_id}", policy=WRITE)
async def change_person(call: Call, person_id: Id, body: PersonChange) -> Person:
    """Name them, note their language and attributes."""
    return await people.change_person(call.context.database, call.caller, person_id, body)


@routes.post("/persons/{loser_id}/merge", policy=MERGE, status=201, errors=(409,))
async def merge_person(call: Call, loser_id: Id, body: MergeInto) -> Merge:
    """Let another person stand for this one as well. Nothing moves; it can be undone exactly.

    409 `second_agent_needed` if they have different host accounts: propose it instead.
    """
    return await decisions.merge(
        call.context.database,
        viewer_of(call.caller),
        loser_id=loser_id,
        winner_id=body.into,
        reason=body.reason,
        four_eyes=call.context.settings.four_eyes_merges,
    )


@routes.post("/merges/{merge_id}/undo", policy=MERGE, errors=(409,))
async def undo_merge(call: Call, merge_id: Id, body: UndoReason) -> Merge:
    """Each side has again what its own identities said, messages since then included.

    Undoing a split joins them again.
    """
    return await decisions.undo_merge(
        call.context.database,
        viewer_of(call.caller),
        merge_id,
        body.reason,
        four_eyes=call.context.settings.four_eyes_merges,
    )
