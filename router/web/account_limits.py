"""Route: how much an account may send, and what its network asked us to wait for."""

from datetime import datetime

import msgspec

from core.capabilities import Capabilities, FileLimits, Rates, TextLimit
from core.errors import ConnectorError
from router.services import accounts
from router.services.roles import Permission
from router.storage import resting
from router.storage.resting import Resting
from router.web.accounts import connector_of
from router.web.arguments import Id
from router.web.context import Call, Context
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="accounts")

LOOK = allow(Permission.READ_QUARANTINE)


class AccountLimits(msgspec.Struct, frozen=True, kw_only=True):
    rates: Rates
    """Messages a second, as the account's own settings have them; null: as the network says."""
    text: TextLimit
    files: FileLimits
    can_edit: bool
    edit_seconds: float | None
    """How long after it was sent; null: always."""
    can_delete: bool
    delete_seconds: float | None
    hold_seconds: float
    """How long an answer waits so that it can be recalled, if its agent chose nothing else."""
    resting: int
    """Deliveries that wait because the network asked for it."""
    resting_until: datetime | None
    """When the first of them goes on."""


@routes.get("/accounts/{account_id}/limits", policy=LOOK)
async def read_account_limits(call: Call, account_id: Id) -> AccountLimits:
    """What the process that runs the account keeps to, and what waits for it now."""
    context = call.context
    account = await accounts.load_account(context.database, account_id)
    known = connector_of(context, account.channel).capabilities
    async with context.database.reading() as work:
        waits = await resting.find(work, account_id)
    return to_limits(known, await _rates(context, account_id, known), waits)


def to_limits(known: Capabilities, rates: Rates, waits: Resting) -> AccountLimits:
    return AccountLimits(
        rates=rates,
        text=known.text,
        files=known.files,
        can_edit=known.edit,
        edit_seconds=None if known.edit_window is None else known.edit_window.total_seconds(),
        can_delete=known.delete,
        delete_seconds=(
            None if known.delete_window is None else known.delete_window.total_seconds()
        ),
        hold_seconds=known.hold.total_seconds(),
        resting=waits.count,
        resting_until=waits.until,
    )


async def _rates(context: Context, account_id: int, known: Capabilities) -> Rates:
    """Its settings may allow less than its network."""
    if context.factory is None:
        return known.rates
    row = await accounts.load_row(context.database, account_id)
    try:
        return context.factory.make(row).rates
    except ConnectorError:
        return known.rates
