"""Who is one person with whom: merge and split as edges with an undo."""

from router.services import audit
from router.services.errors import Conflict, NotFound, Refused
from router.storage import identities, merges, persons
from router.storage.engine import Database
from router.storage.merges import MergeRow
from router.storage.unit_of_work import Fact, UnitOfWork

MAX_REASON = 500


async def merge(
    database: Database, *, loser_id: int, winner_id: int, agent_id: int | None, reason: str
) -> MergeRow:
    """Let `winner_id` stand for `loser_id` as well. No row moves; `undo_merge` restores exactly.

    Raises NotFound, Refused (no reason, oneself), Conflict (one person already).
    """
    reason = _checked_reason(reason)
    async with database.transaction() as work:
        roots = await persons.lock_roots(work, [loser_id, winner_id])
        for person in (loser_id, winner_id):
            if person not in roots:
                raise NotFound(f"There is no person {person}.")
        loser, winner = roots[loser_id], roots[winner_id]
        if loser == winner:
            raise Conflict("These two are one person already.", code="already_merged")
        made = await _join(
            work, loser, winner, agent_id=agent_id, reason=reason, ground="agent", proof={}
        )
        facts = {"loser": made.loser_id, "winner": made.winner_id}
        await audit.record(work, _actor(agent_id), "person.merged", f"merges/{made.id}", facts)
        return made


async def undo_merge(
    database: Database, *, merge_id: int, agent_id: int | None, reason: str
) -> MergeRow:
    """Take a merge back: each side has again what its own identities said, messages since included.

    Raises NotFound, Refused (no reason), Conflict (undone before).
    """
    reason = _checked_reason(reason)
    async with database.transaction() as work:
        edge = await merges.find_merge(work, merge_id)
        if edge is None:
            raise NotFound(f"There is no merge {merge_id}.")
        roots = await persons.lock_roots(work, [edge.loser_id, edge.winner_id])
        if not await merges.undo(work, merge_id, agent_id, reason):
            raise Conflict("This merge was undone before.", code="already_undone")
        old_root = roots[edge.loser_id]
        await merges.derive_roots(work, old_root)
        await persons.repoint(work, [edge.loser_id, old_root])
        work.announce(Fact.PERSON_SPLIT, person=old_root, ref=merge_id)
        undone = await merges.find_merge(work, merge_id)
        if undone is None:
            raise NotFound(f"There is no merge {merge_id}.")
        await audit.record(work, _actor(agent_id), "person.split", f"merges/{merge_id}")
        return undone


def _actor(agent_id: int | None) -> str:
    return "cli" if agent_id is None else f"agents/{agent_id}"


async def join_automatically(
    work: UnitOfWork, root_id: int, base_id: int, *, host_account: str
) -> bool:
    """Merge two conversations that evidence at L2 links to one host account. Whether it did.

    Never when the one to be joined also holds an identity of another host account.
    """
    if root_id == base_id:
        return False
    roots = await persons.lock_roots(work, [root_id, base_id])
    loser, winner = roots[root_id], roots[base_id]
    if loser == winner:
        return False
    for root in (loser, winner):
        if not await identities.host_accounts_of(work, root) <= {host_account}:
            return False
    await _join(
        work,
        loser,
        winner,
        agent_id=None,
        reason="Both are linked to one host account.",
        ground="signed_token",
        proof={"host_account": host_account},
    )
    return True


async def _join(
    work: UnitOfWork,
    loser: int,
    winner: int,
    *,
    agent_id: int | None,
    reason: str,
    ground: str,
    proof: dict[str, str],
) -> MergeRow:
    edge = await merges.insert_merge(
        work,
        loser_id=loser,
        winner_id=winner,
        agent_id=agent_id,
        reason=reason,
        ground=ground,
        proof=proof,
    )
    await merges.derive_roots(work, loser)
    await persons.repoint(work, [winner])
    work.announce(Fact.PERSON_MERGED, person=winner, ref=edge.id)
    return edge


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refused("Say why: the reason stays with the merge.", code="empty", field="reason")
    if len(reason) > MAX_REASON:
        raise Refused(f"At most {MAX_REASON} characters.", code="too_long", field="reason")
    return reason
