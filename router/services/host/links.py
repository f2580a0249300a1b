"""What the host links to its accounts: handles that it has verified itself, and that they are not
theirs any more.
"""

from typing import Protocol

from core.addresses import readable_address
from core.people import HOST_REALM, Evidence, EvidenceKind, IdentityKey, is_claimed
from router.services import audit
from router.services.errors import Conflict, Refused
from router.services.host.accounts import HostLink, check_account, no_account, to_link
from router.services.identity.linking import (
    LinkedElsewhere,
    Statement,
    TakenBack,
    account_statement,
    link,
)
from router.services.identity.withdrawing import Withdrawn, withdraw
from router.services.refused import note_refusal
from router.storage import host_accounts, host_withdrawals
from router.storage.engine import Database
from router.storage.host_accounts import HostAccountRow
from router.storage.unit_of_work import UnitOfWork

LONGEST_HANDLE = 320
LONGEST_NAME = 200
MOST_READ = 10_000


class Realms(Protocol):
    """Which handles there are: by the channels of this installation."""

    def canonical(self, realm: str, handle: str) -> IdentityKey:
        """As the channel itself would write it. Raises Refused with the field."""
        ...


async def link_identity(
    database: Database,
    realms: Realms,
    actor: str,
    *,
    account: str,
    realm: str,
    handle: str,
    shown_as: str = "",
) -> tuple[HostLink, bool]:
    """The handle is this account's, as the host says; whether it was not before.

    Persons join by the rules of a signed token. The same again changes nothing. Raises NotFound,
    Refused, and Conflict: it is another account's, is shared by several people, or the account is
    closed.
    """
    key = _key(realms, account, realm, handle)
    try:
        async with database.transaction() as work:
            row = await _lock(work, account)
            known = await _find(work, account, key)
            if known is not None:
                return known, False
            proof = {"host_account": account, "at": work.now().isoformat()}
            verified = Evidence(kind=EvidenceKind.HOST_VERIFIED, proof=proof)
            shown = shown_as.strip()[:LONGEST_NAME]
            await link(
                work,
                account,
                [
                    account_statement(account, row.display_name, verified),
                    Statement(key, shown or readable_address(key.handle), (verified,)),
                ],
                own=key,
                name=row.display_name or shown or key.handle,
                language=row.language,
            )
            made = await _find(work, account, key)
            if made is None:
                raise RuntimeError("what was linked just now is not there")
            await audit.record(work, actor, "host_account.linked", f"host_accounts/{row.id}")
            return made, True
    except (LinkedElsewhere, TakenBack) as error:
        await note_refusal(
            database, what="host_link", reason=error.code, actor=actor, subject="host_accounts"
        )
        raise Conflict(_SENTENCES[error.code], code=error.code) from error


_SENTENCES = {
    LinkedElsewhere.code: "This handle cannot be linked to this account.",
    TakenBack.code: "The account is closed.",
}


async def unlink_identity(
    database: Database, realms: Realms, actor: str, *, account: str, realm: str, handle: str
) -> Withdrawn:
    """Whatever linked the handle to this account counts no longer. The same again changes nothing.

    Raises NotFound for an account that nobody knows, Refused.
    """
    key = _key(realms, account, realm, handle)
    async with database.transaction() as work:
        row = await _lock(work, account)
        linked = [
            one
            for one in await host_withdrawals.linked_identities(work, account)
            if (one.realm, one.handle) == (key.realm, key.handle)
        ]
        if not linked:
            return Withdrawn()
        done = await withdraw(work, account, linked, reason="unlinked", actor=actor)
        facts = {"identity": linked[0].id, "undone_merges": done.undone_merges}
        await audit.record(work, actor, "host_account.unlinked", f"host_accounts/{row.id}", facts)
        return done


def _key(realms: Realms, account: str, realm: str, handle: str) -> IdentityKey:
    check_account(account)
    if realm == HOST_REALM or is_claimed(realm):
        raise Refused("Nothing of this realm is linked.", code="unknown_realm", field="realm")
    if not handle.strip() or not handle.isprintable() or len(handle) > LONGEST_HANDLE:
        raise Refused(
            f"A handle has 1 to {LONGEST_HANDLE} printable characters.",
            code="invalid",
            field="handle",
        )
    return realms.canonical(realm, handle)


async def _lock(work: UnitOfWork, account: str) -> HostAccountRow:
    row = await host_accounts.lock(work, account)
    if row is None:
        raise no_account()
    return row


async def _find(work: UnitOfWork, account: str, key: IdentityKey) -> HostLink | None:
    rows = await host_accounts.links_of(work, [account], most=MOST_READ)
    found = next((row for row in rows if (row.realm, row.handle) == (key.realm, key.handle)), None)
    return None if found is None else to_link(found)
