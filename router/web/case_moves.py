"""Routes: messages that belong to another case, cases that are one, and their undo.

What works on them is imported with the first call.
"""

from router.services.roles import Permission
from router.services.shown.case_moves import (
    CaseChoice,
    CaseMoves,
    MergeCase,
    Moved,
    NewMove,
    UndoOffer,
)
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="cases")

CHANGE = allow(Permission.CHANGE_CASES)


@routes.get("/cases/{case_id}/moves", policy=READ)
async def list_case_moves(call: Call, case_id: Id) -> CaseMoves:
    """What came to this case from others and went to others, the newest 50, undone ones too."""
    from router.services import case_moves

    return await case_moves.list_moves(call.context.database, viewer_of(call.caller), case_id)


@routes.get("/messages/{message_id}/case-choice", policy=READ)
async def read_case_choice(call: Call, message_id: Id) -> CaseChoice:
    """Why a message is in its case: by which rule it came there, or who moved it."""
    from router.services import case_moves

    return await case_moves.why_here(call.context.database, viewer_of(call.caller), message_id)


@routes.post("/cases/{case_id}/moves", policy=CHANGE, status=201, errors=(409,))
async def move_messages(call: Call, case_id: Id, body: NewMove) -> Moved:
    """Move messages of this case to another one of the conversation, or split them off.

    409 `merged`, `other_conversation`, and `would_show` where more agents could read them there;
    403 `may_not_lower` where they would need less, for who may not lower that.
    """
    from router.services import case_moves

    return await case_moves.move(
        call.context.database, viewer_of(call.caller), case_id, body, may_lower=_may_lower(call)
    )


@routes.post("/cases/{case_id}/merge", policy=CHANGE, status=201, errors=(409,))
async def merge_case(call: Call, case_id: Id, body: MergeCase) -> Moved:
    """Let another case of the conversation stand for this one as well. Refused as moves are."""
    from router.services import case_moves

    return await case_moves.merge(
        call.context.database,
        viewer_of(call.caller),
        case_id,
        body.into,
        may_lower=_may_lower(call),
    )


@routes.post("/case-moves/{move_id}/undo", policy=CHANGE, errors=(409,))
async def undo_case_move(call: Call, move_id: Id) -> Moved:
    """As if it had never been: in any order, and what was said since stays where it came in.

    409 `undone`, and `would_show` where more agents could read something again.
    """
    from router.services import case_moves

    return await case_moves.undo(
        call.context.database, viewer_of(call.caller), move_id, may_lower=_may_lower(call)
    )


@routes.get("/case-moves/{move_id}/undo", policy=CHANGE)
async def foresee_case_move_undo(call: Call, move_id: Id) -> UndoOffer:
    """Whether it could be undone just now. Nothing is changed."""
    from router.services import case_undoing

    return await case_undoing.foresee(
        call.context.database, viewer_of(call.caller), move_id, may_lower=_may_lower(call)
    )


def _may_lower(call: Call) -> bool:
    return Permission.LOWER_LEVELS in call.caller.permissions
