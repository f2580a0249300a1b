"""Picked people made one: shown before with what speaks for it, done at once, undone as one job."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from core.ids import RowId, digest
from router.services import audit
from router.services.bulk.jobs import BulkJob, shown
from router.services.errors import Conflict, Refused
from router.services.identity import merging, proposals
from router.services.shown.joins import Suggestion, shown_suggestions
from router.services.shown.people import Person, load_persons
from router.services.viewer import Viewer, find_conversation
from router.storage import bulk as stored
from router.storage import identities, persons
from router.storage import proposals as stored_proposals
from router.storage import suggestions as stored_suggestions
from router.storage.engine import Database
from router.storage.merges import MergeRow
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_JOINED = 20
MOST_HINTS = 20
"""Open suggestions of each that are looked at."""
UNDONE_REASON = "The merge of all that were picked was undone."
ASK_LATER = "Another agent is asked about somebody else first: pick these again after that."
APPROVED = "Another agent approved this one, so they stay one person until that merge is undone."

Picked = Annotated[tuple[RowId, ...], msgspec.Meta(max_length=MOST_JOINED)]


class JoinPreview(msgspec.Struct, frozen=True, kw_only=True):
    """Who would be one person, and what speaks for it."""

    people: tuple[Person, ...]
    """First whoever is to stand for all."""
    suggestions: tuple[Suggestion, ...]
    """Open ones between any two of them."""
    second: tuple[int, ...]
    """Those whom one agent may not join with the ones before. Another agent is asked about the
    first of them alone: whoever that brings in changes whom the others would be joined with.
    """
    stamp: str
    """Of these people as they are shown; a join of others than these is refused."""


async def preview(
    database: Database,
    viewer: Viewer,
    ids: Sequence[int],
    *,
    winner_id: int | None,
    four_eyes: bool,
) -> JoinPreview:
    """Raises NotFound, Refused (fewer than two people)."""
    async with database.reading() as work:
        roots = await _seen(work, viewer, ids if winner_id is None else (winner_id, *ids))
        people = await load_persons(work, roots)
        winner = (
            roots[0] if winner_id is not None else min(roots, key=lambda one: _rank(people[one]))
        )
        order = [winner, *(one for one in roots if one != winner)]
        rows = {
            row.id: row
            for root in order
            for row in await stored_suggestions.of_person(work, root, limit=MOST_HINTS)
            if {row.left_root, row.right_root} <= set(order)
        }
        return JoinPreview(
            people=tuple(people[one] for one in order),
            suggestions=tuple(await shown_suggestions(work, viewer, list(rows.values()))),
            second=tuple(await _for_second(work, order, four_eyes=four_eyes)),
            stamp=await _stamp(work, order),
        )


async def join(
    database: Database,
    viewer: Viewer,
    ids: Sequence[int],
    *,
    winner_id: int,
    reason: str,
    stamp: str,
    four_eyes: bool,
) -> BulkJob:
    """All of them are one person, or none is. Of those whom it takes two agents to join the first
    is proposed, and the others stay as they are.

    Raises NotFound, Refused, Conflict `moved_on` (they are not as they were shown).
    """
    reason = merging.checked_reason(reason)
    async with database.transaction() as work:
        await persons.lock_roots(work, [winner_id, *ids])
        order = await _seen(work, viewer, (winner_id, *ids))
        if stamp != await _stamp(work, order):
            raise Conflict("They have changed since they were shown.", code="moved_on")
        second = await _for_second(work, order, four_eyes=four_eyes)
        winner, losers = order[0], order[1:]
        job_id = await stored.insert_job(
            work,
            agent_id=viewer.agent_id,
            change={"joined_into": winner},
            classes=viewer.sight.listed,
            query=None,
            roots=losers,
        )
        made = [
            await _merge(work, viewer, job_id, loser=loser, winner=winner, reason=reason)
            for loser in losers
            if loser not in second
        ]
        # It is of the winner as it is now. And before the audit log is locked: whoever refuses the
        # same one this moment holds it, and is about to write there.
        for loser in second[:1]:
            await _propose(work, viewer, job_id, loser=loser, winner=winner, reason=reason)
        for loser in second[1:]:
            await stored.put_step(work, job_id, loser, "failed", reason=ASK_LATER)
        for edge in made:
            await merging.record_merge(work, edge, viewer.agent_id, {"job": job_id})
        await stored.set_state(work, job_id, "running", "done")
        work.announce(Fact.JOB_CHANGED, ref=job_id)
        [row] = await stored.load_jobs(work, [job_id])
        return shown(row)


async def take_back(database: Database, viewer: Viewer, job_id: int, step: Record) -> None:
    """One of a join that is undone. Raises NotFound, Conflict (undone or decided already)."""
    person, before = step["person_id"], step["before"]
    async with database.transaction() as work:
        await find_conversation(work, viewer, person)
        if "merge" in before:
            _, root = await merging.undo_in(
                work, before["merge"], agent_id=viewer.agent_id, reason=UNDONE_REASON
            )
            facts: dict[str, int | str] = {"undone": "merge", "root": root, "job": job_id}
            target = f"merges/{before['merge']}"
            actor = merging.actor(viewer.agent_id)
            await audit.record(work, actor, "person.split", target, facts)
        else:
            row = await stored_proposals.find(work, before["proposal"])
            if row is not None and row.state == "approved":
                raise Conflict(APPROVED, code="already_decided")
            await proposals.refuse_in(work, viewer, before["proposal"], UNDONE_REASON)
        await stored.put_step(work, job_id, person, "undone")


async def _merge(
    work: UnitOfWork, viewer: Viewer, job_id: int, *, loser: int, winner: int, reason: str
) -> MergeRow:
    edge = await merging.join_in(
        work, loser_id=loser, winner_id=winner, agent_id=viewer.agent_id, reason=reason
    )
    await stored.put_step(work, job_id, loser, "done", before={"merge": edge.id})
    return edge


async def _propose(
    work: UnitOfWork, viewer: Viewer, job_id: int, *, loser: int, winner: int, reason: str
) -> None:
    try:
        made = await proposals.propose_in(
            work, viewer, loser_id=loser, winner_id=winner, reason=reason
        )
    except Conflict as error:
        await stored.put_step(work, job_id, loser, "failed", reason=str(error))
    else:
        await stored.put_step(work, job_id, loser, "proposed", before={"proposal": made.id})


async def _seen(work: UnitOfWork, viewer: Viewer, ids: Sequence[int]) -> list[int]:
    """Who stands for them, each once, in their order. Raises NotFound, Refused."""
    roots = [(await find_conversation(work, viewer, one)).root_id for one in ids]
    order = list(dict.fromkeys(roots))
    if len(order) < 2:
        raise Refused("At least two people are needed.", code="too_few", field="ids")
    return order


async def _for_second(work: UnitOfWork, order: Sequence[int], *, four_eyes: bool) -> list[int]:
    """As if each were joined in turn: of other host accounts than the ones before together."""
    held = await identities.host_accounts_of(work, order[0])
    second = []
    for root in order[1:]:
        theirs = await identities.host_accounts_of(work, root)
        if four_eyes and held and theirs and theirs != held:
            second.append(root)
        else:
            held = held | theirs
    return second


def _rank(person: Person) -> tuple[bool, int, int]:
    """Best first: who is linked to the host, who is proven best, who was known first."""
    levels = [one.level for one in person.identities]
    return not person.host_accounts, -max(levels, default=0), person.id


async def _stamp(work: UnitOfWork, order: Sequence[int]) -> str:
    people = [(root, await stored_proposals.handles_of(work, root)) for root in sorted(order)]
    return digest(msgspec.json.encode([order[0], people]))
