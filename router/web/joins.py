"""Routes: splits, who may be one person, and merges that wait for a second agent."""

from typing import Annotated

import msgspec

from router.services import decisions
from router.services.identity import proposals, suggestions
from router.services.shown.joins import Proposal, Suggestion, SuggestionPage
from router.services.shown.people import Merge
from router.services.viewer import viewer_of
from router.web.arguments import Id
from router.web.cases import MERGE, Reason
from router.web.context import Call
from router.web.conversations import READ, PageSize
from router.web.routes import Routes

routes = Routes(tag="joins")

Comment = Annotated[str, msgspec.Meta(max_length=500)]


class SplitReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason


class AcceptReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason


class JoinDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Comment = ""


class NewProposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    loser_id: Id
    winner_id: Id
    """Who is to stand for both."""
    reason: Reason


class ProposalPage(msgspec.Struct, frozen=True, kw_only=True):
    proposals: list[Proposal]
    before: int | None
    """What to ask for next; None: that was all."""


@routes.post("/identities/{identity_id}/split", policy=MERGE, status=201, errors=(409,))
async def split_identity(call: Call, identity_id: Id, body: SplitReason) -> Merge:
    """Take one identity's person out alone. Whoever it was merged with stays together.

    It is undone like a merge. 409 `alone` if there is nobody else.
    """
    return await decisions.split(
        call.context.database, viewer_of(call.caller), identity_id, body.reason
    )


@routes.get("/persons/{person_id}/suggestions", policy=READ)
async def read_suggestions(call: Call, person_id: Id) -> SuggestionPage:
    """With whom this person may be one, and why; the likeliest first."""
    return await suggestions.list_of_person(
        call.context.database, viewer_of(call.caller), person_id
    )


@routes.get("/suggestions", policy=READ)
async def list_suggestions(
    call: Call, before: Id | None = None, limit: PageSize = 50
) -> SuggestionPage:
    """All that wait to be decided, the newest first."""
    return await suggestions.list_open(
        call.context.database, viewer_of(call.caller), before=before, limit=limit
    )


@routes.post("/suggestions/{suggestion_id}/accept", policy=MERGE, errors=(409,))
async def accept_suggestion(call: Call, suggestion_id: Id, body: AcceptReason) -> Merge:
    """Merge the two. 409 `second_agent_needed` if they have different host accounts: propose it."""
    return await suggestions.accept(
        call.context.database,
        viewer_of(call.caller),
        suggestion_id,
        body.reason,
        four_eyes=call.context.settings.four_eyes_merges,
    )


@routes.post("/suggestions/{suggestion_id}/reject", policy=MERGE, errors=(409,))
async def reject_suggestion(call: Call, suggestion_id: Id, body: JoinDecision) -> Suggestion:
    """They are two people. Not suggested again on the same grounds."""
    return await suggestions.reject(
        call.context.database, viewer_of(call.caller), suggestion_id, body.reason
    )


@routes.get("/proposals", policy=READ)
async def list_proposals(
    call: Call, only_open: bool = True, before: Id | None = None, limit: PageSize = 50
) -> ProposalPage:
    """Merges that wait for a second agent, the newest first; with all that were decided too."""
    shown, following = await proposals.list_proposals(
        call.context.database,
        viewer_of(call.caller),
        only_open=only_open,
        before=before,
        limit=limit,
    )
    return ProposalPage(proposals=shown, before=following)


@routes.post("/proposals", policy=MERGE, status=201, errors=(409,))
async def propose_merge(call: Call, body: NewProposal) -> Proposal:
    """Ask another agent to agree to a merge. It expires after a week."""
    return await proposals.propose(
        call.context.database,
        viewer_of(call.caller),
        loser_id=body.loser_id,
        winner_id=body.winner_id,
        reason=body.reason,
    )


@routes.post("/proposals/{proposal_id}/approve", policy=MERGE, errors=(409,))
async def approve_proposal(call: Call, proposal_id: Id, body: JoinDecision) -> Proposal:
    """Merge them. 403 `own_proposal`; 409 `moved_on` if the two changed since it was proposed."""
    return await proposals.approve(
        call.context.database, viewer_of(call.caller), proposal_id, body.reason
    )


@routes.post("/proposals/{proposal_id}/refuse", policy=MERGE, errors=(409,))
async def refuse_proposal(call: Call, proposal_id: Id, body: JoinDecision) -> Proposal:
    """They stay apart. Who proposed it takes it back by this."""
    return await proposals.refuse(
        call.context.database, viewer_of(call.caller), proposal_id, body.reason
    )
