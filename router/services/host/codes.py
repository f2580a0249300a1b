"""Link codes that the host's site shows to somebody who is signed in there."""

from collections.abc import Collection

from router.services.errors import Conflict, Refused
from router.services.host.accounts import check_account, no_account
from router.services.identity.link_codes import LinkCode, MadeBy, make_for_account
from router.storage import accounts, host_accounts
from router.storage.engine import Database


async def make_code(
    database: Database, actor: str, account: str, channels: Collection[str] | None
) -> LinkCode:
    """Whoever says it on one of these channels is linked to the account. None: on any we have.

    Raises NotFound, Refused (a channel that we have no active account of), Conflict (the account is
    closed).
    """
    check_account(account)
    async with database.transaction() as work:
        row = await host_accounts.lock(work, account)
        if row is None:
            raise no_account()
        if row.closed_at is not None:
            raise Conflict("The account is closed.", code="account_closed")
        active = {one.channel for one in await accounts.list_states(work) if one.state == "active"}
        if channels is not None and not set(channels) <= active:
            raise Refused(
                "There is no active account of this channel.", code="unknown", field="channels"
            )
        return await make_for_account(
            work,
            account,
            channels=sorted(active if channels is None else set(channels)),
            made_by=MadeBy.HOST,
            actor=actor,
        )
