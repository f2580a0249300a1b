"""What agents say of an identity: several people use it, it is preferred, it is blocked."""

import msgspec
from msgspec import UNSET, UnsetType

from router.services import audit
from router.services.callers import Caller
from router.services.errors import NotFound
from router.services.outbound import leveling
from router.services.shown.people import Person, load_persons
from router.services.viewer import find_conversation, viewer_of
from router.storage import identities as stored
from router.storage import person_panel, persons, step_ups
from router.storage.engine import Database
from router.storage.unit_of_work import Fact, UnitOfWork


class IdentityChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays."""

    is_shared: bool | UnsetType = UNSET
    """Several people use it: it is never joined with others, and proves at most level 1."""
    is_preferred: bool | UnsetType = UNSET
    """By which they want to be reached. At most one of a person's."""
    is_blocked: bool | UnsetType = UNSET
    """What it writes is kept and rings nowhere."""
    shows_pictures: bool | UnsetType = UNSET
    """Pictures from elsewhere are shown in its letters without being asked for."""


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
        done = await _apply(work, root, identity_id, change)
        if done:
            work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
        found = (await load_persons(work, [root]))[root]
        for action in done:
            await audit.record(work, caller.actor, action, f"identities/{identity_id}")
        return found


async def _apply(
    work: UnitOfWork, root: int, identity_id: int, change: IdentityChange
) -> list[str]:
    """What it changed, as the audit log calls it."""
    done: list[str] = []
    shared, preferred, blocked = change.is_shared, change.is_preferred, change.is_blocked
    if shared is not UNSET and await stored.mark_shared(work, identity_id, is_shared=shared):
        if shared:
            await _lower(work, root, identity_id)
        done.append("identity.marked_shared" if shared else "identity.marked_own")
    if preferred is True and await person_panel.prefer_identity(work, root, identity_id):
        done.append("identity.preferred")
    if preferred is False and await person_panel.prefer_none(work, root):
        done.append("identity.not_preferred")
    if blocked is not UNSET and await person_panel.block_identity(
        work, identity_id, is_blocked=blocked
    ):
        done.append("identity.blocked" if blocked else "identity.unblocked")
    pictures = change.shows_pictures
    if pictures is not UNSET and await person_panel.allow_pictures(
        work, identity_id, is_allowed=pictures
    ):
        done.append("identity.pictures_allowed" if pictures else "identity.pictures_refused")
    return done


async def _lower(work: UnitOfWork, root: int, identity_id: int) -> None:
    for case in await step_ups.end_open(work, identity_id=identity_id):
        work.announce(Fact.CASE_CHANGED, person=root, ref=case)
    await leveling.cancel_low(work, "conversation", root)


def _unknown(identity_id: int) -> NotFound:
    return NotFound(f"There is no identity {identity_id}.")
