"""The host accounts of a person, as the API shows them to agents."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from router.storage import host_accounts
from router.storage.unit_of_work import UnitOfWork


class PersonAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What the host says of an account that one of their identities is linked to."""

    account: str
    """The host's own id."""
    display_name: str
    language: str | None
    tier: str
    """In the host's own words, as is `risk`. Empty: it says nothing."""
    risk: str
    attributes: dict[str, Any]
    changed_at: datetime


async def accounts_of(
    work: UnitOfWork, root_ids: Collection[int]
) -> dict[int, tuple[PersonAccount, ...]]:
    """Root -> all accounts to which somebody of this conversation is linked, the oldest first."""
    found: dict[int, list[PersonAccount]] = {}
    for root, row in await host_accounts.accounts_of_roots(work, root_ids):
        found.setdefault(root, []).append(
            PersonAccount(
                account=row.account,
                display_name=row.display_name,
                language=row.language,
                tier=row.tier,
                risk=row.risk,
                attributes=row.attributes,
                changed_at=row.changed_at,
            )
        )
    return {root: tuple(ones) for root, ones in found.items()}
