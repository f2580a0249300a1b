"""What operators allow: to which accounts goes on what did not arrive by another."""

from collections.abc import Sequence

import msgspec

from router.services import audit
from router.services.errors import NotFound, Refused
from router.storage import accounts
from router.storage import rungs as stored
from router.storage.engine import Database

MOST_RUNGS = 50


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts by which messages may go on, the first first. None: nothing does."""

    account_id: int | None
    """By which they did not arrive. None: by any account that has no order of its own."""
    rungs: tuple[int, ...]


async def list_orders(database: Database) -> list[Order]:
    """Those that are set, the desk's first. Without any, messages go on wherever their person
    wrote or is verified, newest first.
    """
    async with database.reading() as work:
        return [
            Order(account_id=account, rungs=rungs)
            for account, rungs in await stored.list_orders(work)
        ]


async def set_order(
    database: Database, *, actor: str, account_id: int | None, rungs: Sequence[int] | None
) -> None:
    """From now on messages go on like this; None takes the order back. Raises NotFound (account),
    Refused (an account that is not there, or is named twice).
    """
    async with database.transaction() as work:
        known = {one.id for one in await accounts.list_states(work)}
        if account_id is not None and account_id not in known:
            raise NotFound(f"There is no account {account_id}.")
        for position, rung in enumerate(rungs or ()):
            field = f"rungs[{position}]"
            if rung not in known:
                raise Refused(f"There is no account {rung}.", code="unknown_account", field=field)
            if rungs is not None and rung in rungs[:position]:
                raise Refused("Each account once.", code="twice", field=field)
        await stored.set_order(work, account_id, rungs)
        subject = "ladder" if account_id is None else f"accounts/{account_id}"
        facts = {} if rungs is None else {"rungs": ",".join(map(str, rungs))}
        await audit.record(work, actor, "ladder.ordered", subject, facts)
