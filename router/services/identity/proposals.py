"""Four eyes: a merge of two people with different host accounts is asked for by one agent and
approved by another.

An approval is of the two people as they were proposed: whoever was linked, merged or split since
then makes it void.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec

from core.ids import digest
from router.services import audit
from router.services.errors import Conflict, Forbidden, NotFound
from router.services.identity import merging
from router.services.refused import note_refusal
from router.services.shown.joins import Proposal, to_proposal
from router.services.viewer import Viewer, find_conversation
from router.storage import persons
from router.storage import proposals as stored
from router.storage.engine import Database
from router.storage.proposals import ProposalRow
from router.storage.sight import find_hidden
from router.storage.unit_of_work import Fact, UnitOfWork

LIFETIME = timedelta(days=7)
OWN_PROPOSAL = "own_proposal"


@asynccontextmanager
async def noting_refusals(database: Database, viewer: Viewer, subject: str) -> AsyncIterator[None]:
    """What one agent alone may not join is counted and in the audit log. Around the transaction."""
    try:
        yield
    except (Conflict, Forbidden) as error:
        if error.code in (merging.SECOND_AGENT, OWN_PROPOSAL):
            await note_refusal(
                database,
                what="merge",
                reason=error.code,
                subject=subject,
                actor=f"agents/{viewer.agent_id}",
            )
        raise


async def propose(
    database: Database, viewer: Viewer, *, loser_id: int, winner_id: int, reason: str
) -> Proposal:
    """Ask for a merge. Raises NotFound, Refused, Conflict (one already, or asked for before)."""
    async with database.transaction() as work:
        return await propose_in(work, viewer, loser_id=loser_id, winner_id=winner_id, reason=reason)


async def propose_in(
    work: UnitOfWork, viewer: Viewer, *, loser_id: int, winner_id: int, reason: str
) -> Proposal:
    """`propose` as the end of a transaction: the audit log stays locked until then."""
    reason = merging.checked_reason(reason)
    roots = await persons.lock_roots(work, [loser_id, winner_id])
    for person in (loser_id, winner_id):
        await find_conversation(work, viewer, person)
    loser, winner = roots[loser_id], roots[winner_id]
    if loser == winner:
        raise Conflict("These two are one person already.", code="already_merged")
    made = await stored.insert_once(
        work,
        loser_id=loser,
        winner_id=winner,
        agent_id=viewer.agent_id,
        reason=reason,
        fingerprint=await _fingerprint(work, loser, winner),
        lifetime=LIFETIME,
    )
    if made is None:
        raise Conflict("This waits for a second agent already.", code="already_proposed")
    proposal = await _shown(work, viewer, made)
    facts: dict[str, int | str] = {"loser": loser, "winner": winner}
    await _record(work, viewer, "person.merge_proposed", made, facts)
    return proposal


async def list_proposals(
    database: Database, viewer: Viewer, *, only_open: bool, before: int | None, limit: int
) -> tuple[list[Proposal], int | None]:
    """The newest first, of people whom the viewer sees; and before which id to go on."""
    async with database.reading() as work:
        rows = await stored.list_before(work, before, only_open=only_open, limit=limit)
        roots = {root for row in rows for root in (row.loser_root, row.winner_root)}
        hidden = (await find_hidden(work, roots, viewer.sight)).roots
        seen = [row for row in rows if not {row.loser_root, row.winner_root} & hidden]
        shown = [to_proposal(row, viewer, work.now()) for row in seen]
        return shown, rows[-1].id if len(rows) == limit else None


async def approve(database: Database, viewer: Viewer, proposal_id: int, reason: str) -> Proposal:
    """The merge is made, by both agents. Raises NotFound, Forbidden (one's own), Conflict (decided,
    expired, or the two are not whom it was proposed for).
    """
    async with (
        noting_refusals(database, viewer, f"proposals/{proposal_id}"),
        database.transaction() as work,
    ):
        row = await _open(work, viewer, proposal_id)
        if row.agent_id == viewer.agent_id:
            raise Forbidden("Somebody else has to approve it.", code=OWN_PROPOSAL)
        roots = await persons.lock_roots(work, [row.loser_id, row.winner_id])
        loser, winner = roots[row.loser_id], roots[row.winner_id]
        if row.fingerprint != await _fingerprint(work, loser, winner):
            raise Conflict("These two have changed since it was proposed.", code="moved_on")
        edge = await merging.merge_in(
            work,
            loser_id=loser,
            winner_id=winner,
            agent_id=row.agent_id,
            reason=row.reason,
            audited={"proposal": row.id, "approved_by": viewer.agent_id},
        )
        await stored.decide(
            work,
            row.id,
            "approved",
            agent_id=viewer.agent_id,
            reason=reason.strip(),
            merge_id=edge.id,
        )
        work.announce(Fact.PROPOSAL_CHANGED, ref=row.id)
        return await _shown(work, viewer, row.id)


async def refuse(database: Database, viewer: Viewer, proposal_id: int, reason: str) -> Proposal:
    """Nothing is merged; of one's own: it is withdrawn. Raises NotFound, Conflict."""
    async with database.transaction() as work:
        return await refuse_in(work, viewer, proposal_id, reason)


async def refuse_in(work: UnitOfWork, viewer: Viewer, proposal_id: int, reason: str) -> Proposal:
    """`refuse` as the end of a transaction."""
    row = await _open(work, viewer, proposal_id)
    state = "withdrawn" if row.agent_id == viewer.agent_id else "refused"
    await stored.decide(work, row.id, state, agent_id=viewer.agent_id, reason=reason.strip())
    proposal = await _shown(work, viewer, row.id)
    await _record(work, viewer, f"person.merge_{state}", row.id, {})
    return proposal


async def _open(work: UnitOfWork, viewer: Viewer, proposal_id: int) -> ProposalRow:
    row = await stored.lock(work, proposal_id)
    if (
        row is None
        or (await find_hidden(work, [row.loser_root, row.winner_root], viewer.sight)).roots
    ):
        raise NotFound(f"There is no proposal {proposal_id}.")
    if row.state != "open":
        raise Conflict("Somebody decided this already.", code="already_decided")
    if row.expires_at <= work.now():
        raise Conflict("It was not approved in time.", code="expired")
    return row


async def _shown(work: UnitOfWork, viewer: Viewer, proposal_id: int) -> Proposal:
    row = await stored.find(work, proposal_id)
    assert row is not None, "it was made or locked in this transaction"
    return to_proposal(row, viewer, work.now())


async def _fingerprint(work: UnitOfWork, loser: int, winner: int) -> str:
    sides = [(root, await stored.handles_of(work, root)) for root in (loser, winner)]
    return digest(msgspec.json.encode(sides))


async def _record(
    work: UnitOfWork, viewer: Viewer, action: str, proposal_id: int, facts: dict[str, int | str]
) -> None:
    work.announce(Fact.PROPOSAL_CHANGED, ref=proposal_id)
    await audit.record(work, f"agents/{viewer.agent_id}", action, f"proposals/{proposal_id}", facts)
