"""At which level something is said: by what proves it, by who says it, and by step-ups."""

from core.messages import MessageReceived
from core.people import Level, said_level, standing_level
from router.storage import levels, step_ups
from router.storage.identities import IdentityRow
from router.storage.unit_of_work import UnitOfWork


async def of_message(
    work: UnitOfWork, event: MessageReceived, identity: IdentityRow | None, case_id: int
) -> int | None:
    """How well it is proven who says it, at this moment. None: one of us says it.

    Level 3 only of a stepped-up identity in the very case. Under the conversation's lock.
    """
    if identity is None:
        return None
    level = said_level(event.sender.level, identity.level, is_shared=identity.is_shared)
    until = identity.stepped_up_until
    if level < Level.LINKED or until is None or until <= work.now():
        return level
    is_stepped_up = await step_ups.is_in_force(work, identity.id, case_id)
    return Level.STEPPED_UP if is_stepped_up else level


async def lower_edited(work: UnitOfWork, message_id: int) -> None:
    """Changed words were said now: at no higher level than there is now, nor than they had."""
    said = await levels.find_said(work, message_id)
    if said is None:
        return
    now = standing_level(said.identity_level, is_shared=said.is_shared)
    if said.level > now == Level.LINKED and await step_ups.is_in_force(
        work, said.identity_id, said.case_id
    ):
        return
    if now < said.level:
        await levels.lower(work, message_id, now)
