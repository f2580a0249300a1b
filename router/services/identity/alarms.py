"""A chat was linked to an account: the account's other chats hear of it, and can stop it.

Whoever got hold of a code links a chat of theirs and reads on; whom the account belongs to would
learn it too late. The line goes to every other identity that is linked to it and has written to
us, with an address of ours by which one click does what saying "not me" in the new chat does.
"""

from datetime import timedelta

from router.services import audit
from router.services.errors import NotFound
from router.services.identity import doubts
from router.services.identity.link_codes import Redeemed
from router.services.keyring import Keyring
from router.services.outbound.automatic import Voice, Words, find_reach, say
from router.services.outbound.automatic_texts import Line, masked
from router.storage import host_withdrawals, identities, link_codes, persons
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

PATH = "/not-me"
LIVES = timedelta(days=7)
MOST = 10
"""Chats of one account that hear of a new one, those that were linked first."""
_PURPOSE = "not-me"


def stop_address(keyring: Keyring, web_url: str, code_id: int) -> str:
    """Where one click stops what this code linked."""
    return f"{web_url}{PATH}/{code_id}.{keyring.sign(_PURPOSE, str(code_id))}"


def code_of(keyring: Keyring, token: str) -> int:
    """Which code the last part of an address is about. Raises NotFound."""
    number, _, tag = token.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < 19) or not keyring.is_signed(
        _PURPOSE, number, tag
    ):
        raise _unknown()
    return int(number)


async def tell_others(work: UnitOfWork, voice: Voice, found: Redeemed, *, identity_id: int) -> None:
    """Every other chat of the account, if it has one. Call under the lock of `found.root_id`."""
    if found.host_account is None or not voice.web_url:
        return
    linked = await host_withdrawals.linked_identities(work, found.host_account)
    homes = [one.home_person_id for one in linked]
    roots = await persons.roots_of(work, homes)
    said = 0
    for one in linked:
        if one.id == identity_id or one.is_shared or roots[one.home_person_id] != found.root_id:
            continue
        reach = await find_reach(work, found.root_id, identity_id=one.id, is_private=True)
        if reach is None:
            continue
        told = await say(
            work,
            voice,
            Words(
                root_id=found.root_id,
                reach=reach,
                line=Line.LINKED_ELSEWHERE,
                key=f"linked_elsewhere/{found.code_id}/{one.id}",
                facts={"account": masked(found.host_account)},
                hidden={"url": stop_address(voice.keyring, voice.web_url, found.code_id)},
            ),
        )
        said += isinstance(told, int)
        if said >= MOST:
            break


async def is_stopped(database: Database, code_id: int) -> bool:
    """Whether what it linked counts no longer as theirs. Raises NotFound, also after `LIVES`."""
    async with database.reading() as work:
        identity = await _linked(work, code_id)
        return identity.is_shared or identity.host_account is None


async def stop(database: Database, code_id: int) -> None:
    """It is doubted, as if they had said so there. The same again does nothing. Raises NotFound."""
    async with database.transaction() as work:
        identity = await _linked(work, code_id)
        if await doubts.doubt(work, identity):
            subject = f"identities/{identity.id}"
            await audit.record(work, f"link_codes/{code_id}", doubts.AUDITED, subject)


async def _linked(work: UnitOfWork, code_id: int) -> identities.IdentityRow:
    known = await link_codes.linked_by(work, code_id, since=work.now() - LIVES)
    if known is None:
        raise _unknown()
    identity_id, host_account = known
    found = await identities.find_identity(work, identity_id)
    # Linked to another account since then: that link was told of by an address of its own.
    if found is None or found.host_account not in (None, host_account):
        raise _unknown()
    return found


def _unknown() -> NotFound:
    return NotFound("There is nothing to stop here, or it was too long ago.")
