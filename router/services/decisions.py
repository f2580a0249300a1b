"""What an agent decides about deliveries and merges, within their sight."""

from router.services.errors import NotFound
from router.services.identity import merging
from router.services.identity.proposals import noting_refusals
from router.services.outbound import decisions
from router.services.outbound.decisions import Action
from router.services.shown.messages import Delivery, to_delivery
from router.services.shown.people import Merge, load_merge
from router.services.viewer import Viewer, find_conversation
from router.storage import merges, profiles, timeline
from router.storage.engine import Database


async def decide_delivery(
    database: Database, viewer: Viewer, delivery_id: int, action: Action
) -> Delivery:
    """The delivery that now stands for the part. Raises NotFound, Conflict `too_late`."""
    unknown = NotFound(f"There is no delivery {delivery_id}.")
    async with database.reading() as work:
        rows = await timeline.deliveries_by_id(work, [delivery_id])
        if not rows:
            raise unknown
        found = await find_conversation(work, viewer, rows[0]["root_id"])
        if rows[0]["case_id"] in found.hidden_cases:
            raise unknown
    standing = await decisions.decide(database, delivery_id, action)
    async with database.reading() as work:
        [row] = await timeline.deliveries_by_id(work, [standing.id])
    return to_delivery(row)


async def merge(
    database: Database,
    viewer: Viewer,
    *,
    loser_id: int,
    winner_id: int,
    reason: str,
    four_eyes: bool = False,
) -> Merge:
    """The winner stands for both. Raises NotFound, Refused, Conflict `already_merged`, and with
    `four_eyes` `second_agent_needed`.
    """
    async with database.reading() as work:
        await find_conversation(work, viewer, loser_id)
        await find_conversation(work, viewer, winner_id)
    async with noting_refusals(database, viewer, f"persons/{loser_id}"):
        edge = await merging.merge(
            database,
            loser_id=loser_id,
            winner_id=winner_id,
            agent_id=viewer.agent_id,
            reason=reason,
            four_eyes=four_eyes,
        )
    return await _load_merge(database, edge.id)


async def split(database: Database, viewer: Viewer, identity_id: int, reason: str) -> Merge:
    """Its person stands alone. Raises NotFound, Refused, Conflict `alone`."""
    async with database.reading() as work:
        person = await merges.home_of(work, identity_id)
        if person is None:
            raise NotFound(f"There is no identity {identity_id}.")
        await find_conversation(work, viewer, person)
    row = await merging.split(
        database, identity_id=identity_id, agent_id=viewer.agent_id, reason=reason
    )
    return await _load_merge(database, row.id)


async def undo_merge(
    database: Database, viewer: Viewer, merge_id: int, reason: str, *, four_eyes: bool = False
) -> Merge:
    """As if it had never been. Raises NotFound, Refused, Conflict `already_undone`,
    `already_merged`, and with `four_eyes` `second_agent_needed`.
    """
    async with database.reading() as work:
        rows = await profiles.merges(work, [merge_id])
        if not rows:
            raise _no_merge(merge_id)
        await find_conversation(work, viewer, rows[0]["winner_id"])
        await find_conversation(work, viewer, rows[0]["loser_id"])
    async with noting_refusals(database, viewer, f"merges/{merge_id}"):
        await merging.undo_merge(
            database,
            merge_id=merge_id,
            agent_id=viewer.agent_id,
            reason=reason,
            four_eyes=four_eyes,
        )
    return await _load_merge(database, merge_id)


async def _load_merge(database: Database, merge_id: int) -> Merge:
    async with database.reading() as work:
        found = await load_merge(work, merge_id)
    if found is None:
        raise _no_merge(merge_id)
    return found


def _no_merge(merge_id: int) -> NotFound:
    return NotFound(f"There is no merge {merge_id}.")
