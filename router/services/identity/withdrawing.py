"""Taking back what linked identities to a host account, and whatever rested on it.

The ledger keeps both: the evidence, and that it counts no longer. Levels and host accounts are
derived anew from what stands, and persons whom nothing else joins are apart again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from core.people import HOST_REALM
from router.services.identity import link_codes
from router.services.identity.merging import join_automatically, undo_in
from router.services.outbound import leveling
from router.storage import host_withdrawals as stored
from router.storage import merges, persons, step_ups, visitors
from router.storage.host_withdrawals import LinkedIdentity
from router.storage.unit_of_work import Fact, UnitOfWork
from router.storage.visitors import SessionRow

Reason = Literal["unlinked", "closed"]
SENTENCES = {
    "unlinked": "The host took the link back.",
    "closed": "The host closed the account.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    undone_merges: int = 0
    ended: tuple[tuple[SessionRow, bytes], ...] = ()
    """Visitors' sessions that are over, with the hashes of their tokens: their streams are open."""


async def withdraw(
    work: UnitOfWork,
    host: str,
    linked: Collection[LinkedIdentity],
    *,
    reason: Reason,
    actor: str,
) -> Withdrawn:
    """Nothing links these to the account any more.

    `linked` are of those that `linked_identities` gives. Needs the account's lock. Sessions that
    are signed in as the account by one of these are over, and so are the account's link codes:
    one of these may have made them.
    """
    people = sorted({one.home_person_id for one in linked})
    await persons.lock_roots(work, people)
    await stored.withdraw(work, [one.id for one in linked], host, reason=reason, actor=actor)
    for one in linked:
        for case in await step_ups.end_open(work, identity_id=one.id):
            work.announce(Fact.CASE_CHANGED, person=one.home_person_id, ref=case)
    ended = await visitors.end_sessions_of(
        work, host, None if reason == "closed" else sorted(one.handle for one in linked)
    )
    # After the sessions: one may just have been making a code.
    await link_codes.withdraw(work, host)
    undone = await _part(work, host, people, SENTENCES[reason])
    for root in sorted(set((await persons.lock_roots(work, people)).values())):
        await leveling.cancel_low(work, "conversation", root)
        work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
    return Withdrawn(undone_merges=undone, ended=tuple(ended))


async def _part(work: UnitOfWork, host: str, people: Collection[int], sentence: str) -> int:
    """Undo the merges that rested on these people's links; the others stay with the account."""
    standing = await stored.linked_identities(work, host)
    still = {one.home_person_id for one in standing}
    undone = 0
    for person in people:
        if person in still:
            continue
        for edge in await merges.automatic_links(work, person, host):
            await undo_in(work, edge.id, agent_id=None, reason=sentence, ground="evidence")
            undone += 1
    if undone:
        await _join_again(work, host, standing)
    return undone


async def _join_again(work: UnitOfWork, host: str, standing: Collection[LinkedIdentity]) -> None:
    """Whoever is linked still may have hung together with the account by what was undone only."""
    account = next((one for one in standing if one.realm == HOST_REALM), None)
    if account is None:
        return
    for one in standing:
        if one.home_person_id != account.home_person_id and not one.is_shared:
            await join_automatically(
                work,
                one.home_person_id,
                account.home_person_id,
                host_account=host,
                ground=one.ground,
            )
