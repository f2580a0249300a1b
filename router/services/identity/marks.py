"""What agents say of an identity: that several people use it."""

import msgspec
from msgspec import UNSET, UnsetType

from router.services import audit
from router.services.callers import Caller
from router.services.errors import NotFound
from router.services.outbound import leveling
from router.services.shown.people import Person, load_persons
from router.services.viewer import find_conversation, viewer_of
from router.storage import identities as stored
from router.storage import persons, step_ups
from router.storage.engine import Database
from router.storage.unit_of_work import Fact, UnitOfWork


class IdentityChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays."""

    is_shared: bool | UnsetType = UNSET
    """Several people use it: it is never joined with others, and proves at most level 1."""


async def change_identity(
    database: Database, caller: Caller, identity_id: int, change: IdentityChange
) -> Person:
    """Whose it is, as they are then. Raises NotFound, also for whoever sees none of its cases.

    Marked as shared, it gets nothing that needs more than level 1: what waits for it and does is
    cancelled, and its step-ups are over. Who is one person with it stays so until an agent splits.
    """
    async with database.transaction() as work:
        home = await stored.home_of(work, identity_id)
        if home is None:
            raise _unknown(identity_id)
        root = await persons.lock_root(work, home)
        assert root is not None
        try:
            await find_conversation(work, viewer_of(caller), root)
        except NotFound as error:
            raise _unknown(identity_id) from error
        is_shared = change.is_shared
        if is_shared is not UNSET and await stored.mark_shared(
            work, identity_id, is_shared=is_shared
        ):
            if is_shared:
                await _lower(work, root, identity_id)
            work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
            found = (await load_persons(work, [root]))[root]
            action = "identity.marked_shared" if is_shared else "identity.marked_own"
            await audit.record(work, caller.actor, action, f"identities/{identity_id}")
            return found
        return (await load_persons(work, [root]))[root]


async def _lower(work: UnitOfWork, root: int, identity_id: int) -> None:
    for case in await step_ups.end_open(work, identity_id=identity_id):
        work.announce(Fact.CASE_CHANGED, person=root, ref=case)
    await leveling.cancel_low(work, "conversation", root)


def _unknown(identity_id: int) -> NotFound:
    return NotFound(f"There is no identity {identity_id}.")
