"""Codes that an agent has sent to a person: into the thread of an identity that is proven."""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from core.link_codes import LIFE
from router.services.errors import Conflict, NotFound
from router.services.identity.link_codes import make_for_identity
from router.services.outbound.automatic import Unsaid, Voice, Words, find_reach, say
from router.services.outbound.automatic_texts import Line
from router.services.viewer import Viewer, find_conversation
from router.storage import link_codes as stored
from router.storage import persons
from router.storage.engine import Database


class SentCode(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    message_id: int
    expires_at: datetime


async def send_code(
    database: Database,
    voice: Voice,
    viewer: Viewer,
    *,
    person_id: int,
    identity_id: int,
    channels: Collection[str],
    unseen_on: Collection[str],
) -> SentCode:
    """Make a code for this identity and send it there; no agent sees it.

    `channels` are those by which it may be said, `unseen_on` those on which it would not be read.
    Raises NotFound, Refused (not proven, several people's), Conflict `not_sent` with the reason.
    """
    async with database.transaction() as work:
        await persons.lock_root(work, person_id)
        root = (await find_conversation(work, viewer, person_id)).root_id
        maker = await stored.find_maker(work, identity_id)
        if maker is None or maker.root_id != root:
            raise NotFound("There is no such identity in this conversation.")
        reach = await find_reach(work, root, identity_id=identity_id)
        if reach is None or reach.channel in unseen_on:
            raise _not_sent(Unsaid.UNREACHABLE)
        made = await make_for_identity(work, maker, channels=channels, agent_id=viewer.agent_id)
        said = await say(
            work,
            voice,
            Words(
                root_id=root,
                reach=reach,
                line=Line.LINK_CODE,
                key=f"link_code/sent/{made.id}",
                facts={"minutes": str(LIFE // timedelta(minutes=1))},
                hidden={"code": made.code},
            ),
        )
        if isinstance(said, Unsaid):
            raise _not_sent(said)
    return SentCode(id=made.id, message_id=said, expires_at=made.expires_at)


def _not_sent(why: Unsaid) -> Conflict:
    return Conflict("No code can be sent to them there now.", code="not_sent", reason=why.value)
