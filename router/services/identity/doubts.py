"""Somebody says that what their chat was linked to, or joined with, is not them.

Until an agent has looked at it their identity counts as shared: nothing that needs an account goes
to it, nothing links it further, and what waits for it and says more is cancelled. Nobody is taken
apart by it and nothing is shown to anybody: whoever says it may be wrong, or lie.
"""

from router.services import audit
from router.services.outbound import leveling
from router.storage import cases, persons, step_ups
from router.storage import identities as stored
from router.storage.engine import Database
from router.storage.identities import IdentityRow
from router.storage.unit_of_work import Fact, UnitOfWork
from router.storage.visitors import SessionRow

DOUBTED = "join_doubted"
"""The line of the conversation."""
AUDITED = "identity.doubted"


async def doubt_session(database: Database, row: SessionRow) -> None:
    """A visitor says it of their chat. The same again, or where nothing is joined, does nothing."""
    async with database.transaction() as work:
        identity = await stored.find_in_session(work, row.account_id, row.visitor.session)
        if identity is not None and await doubt(work, identity):
            subject = f"identities/{identity.id}"
            await audit.record(work, subject, AUDITED, subject)


async def doubt(work: UnitOfWork, identity: IdentityRow) -> bool:
    """Whether there is something to doubt, and it was not doubted before. Then the caller records
    it as AUDITED, last: the audit log stays locked from then on.
    """
    root = await persons.lock_root(work, identity.home_person_id)
    case = await stored.last_said(work, identity.id)
    if root is None or case is None:
        return False
    if identity.host_account is None and len(await persons.members_of(work, root)) == 1:
        return False
    if not await stored.doubt(work, identity.id):
        return False
    for one in await step_ups.end_open(work, identity_id=identity.id):
        work.announce(Fact.CASE_CHANGED, person=root, ref=one)
    await leveling.cancel_low(work, "conversation", root)
    line = await cases.insert_event(
        work,
        person_id=identity.home_person_id,
        case_id=case,
        agent_id=None,
        event=DOUBTED,
        facts={"case_id": case, "identity_id": identity.id},
    )
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=line)
    work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
    return True
