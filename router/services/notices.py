"""Notices that somebody does not want any more: the address that stops them, and what it does.

The address is the permission: whoever has it, and be it the mail provider that presses the button
for its reader (RFC 8058), may stop notices to one identity, and nothing else.
"""

from router.services import audit
from router.services.errors import NotFound
from router.services.keyring import Keyring
from router.services.outbound.automatic_texts import ALARMS
from router.storage import deliveries, persons
from router.storage import notices as stored
from router.storage.engine import Database
from router.storage.unit_of_work import Fact

PATH = "/notices"
_PURPOSE = "stop-notices"


def stop_address(keyring: Keyring, web_url: str, identity_id: int) -> str:
    """Where somebody stops the notices to this identity; the same for ever."""
    return f"{web_url}{PATH}/{identity_id}.{keyring.sign(_PURPOSE, str(identity_id))}"


def identity_of(keyring: Keyring, token: str) -> int:
    """Whose notices the last part of an address stops. Raises NotFound."""
    number, _, tag = token.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < 19) or not keyring.is_signed(
        _PURPOSE, number, tag
    ):
        raise _unknown()
    return int(number)


async def is_stopped(database: Database, identity_id: int) -> bool:
    """Raises NotFound."""
    async with database.reading() as work:
        found = await stored.find_root(work, identity_id)
    if found is None:
        raise _unknown()
    return found[1]


async def stop(database: Database, identity_id: int) -> None:
    """No further notice goes there, and what waits to go out does not. Raises NotFound.

    Alarms still go: they are for whom the account belongs to, whoever has this address.
    """
    await _set(database, identity_id, is_stopped=True)


async def resume(database: Database, identity_id: int) -> None:
    """They are wanted again. Raises NotFound."""
    await _set(database, identity_id, is_stopped=False)


async def _set(database: Database, identity_id: int, *, is_stopped: bool) -> None:
    async with database.transaction() as work:
        found = await stored.find_root(work, identity_id)
        root = None if found is None else await persons.lock_root(work, found[0])
        if root is None:
            raise _unknown()
        if not await stored.set_stopped(work, identity_id, is_stopped=is_stopped):
            return
        waiting = await stored.list_waiting(work, identity_id, but=ALARMS) if is_stopped else ()
        for message in waiting:
            await deliveries.cancel_waiting(work, message, reason="They want no notices any more.")
        work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
        action = "notices.stopped" if is_stopped else "notices.resumed"
        await audit.record(work, "visitor", action, f"identities/{identity_id}")


def _unknown() -> NotFound:
    return NotFound("There is no such address.")
