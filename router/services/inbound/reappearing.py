"""Who was thought out of reach and writes: they are there."""

from collections.abc import Iterable

from core.messages import MessageNature, MessageReceived
from router.storage import identities
from router.storage.identities import IdentityRow
from router.storage.unit_of_work import Fact, UnitOfWork

Said = tuple[IdentityRow | None, int, MessageReceived]
"""By whom (None: by one of us), the root of their conversation, what."""


async def note(work: UnitOfWork, fresh: Iterable[Said]) -> None:
    """Identities that wrote to us alone can be reached, whatever bounced before.

    Under their conversations' locks. Where others read along, somebody may write whose own chat is
    closed to us all the same; and a machine's answer does not say that anybody reads.
    """
    roots = {
        identity.id: root
        for identity, root, event in fresh
        if identity is not None
        and not identity.is_reachable
        and event.nature is MessageNature.HUMAN
        and not event.place.is_public
    }
    for identity_id, root in sorted(roots.items()):
        if await identities.mark_reachable(work, identity_id, is_reachable=True, reason=""):
            work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
