"""The host's accounts: what it says of them, what is linked to them, and that one is closed."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any

import msgspec

from core.addresses import readable_address
from router.services import audit
from router.services.errors import NotFound, Refused
from router.services.identity.withdrawing import Withdrawn, withdraw
from router.services.people import MOST_ATTRIBUTES, Attribute, LanguageTag
from router.storage import host_accounts, host_withdrawals
from router.storage.engine import Database
from router.storage.host_accounts import HostAccountRow, LinkRow
from router.storage.unit_of_work import Fact, UnitOfWork

LONGEST_ACCOUNT = 255
MOST_LINKS = 200
Word = Annotated[str, msgspec.Meta(max_length=64)]


class AccountStatement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the host says of an account. What is left out is not said any more."""

    display_name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    language: LanguageTag | None = None
    """BCP 47. None: unknown."""
    tier: Word = ""
    """In the host's own words, such as `vip`."""
    risk: Word = ""
    """In the host's own words, such as `low`."""
    attributes: dict[Annotated[str, msgspec.Meta(min_length=1, max_length=64)], Attribute] = {}
    """Up to 50 facts of any kind that agents may read."""
    is_closed: bool = False
    """On: nothing is linked to it any more, and its tokens are worth nothing."""


class HostLink(msgspec.Struct, frozen=True, kw_only=True):
    """An identity that is linked to an account."""

    realm: str
    handle: str
    shown_as: str
    level: int
    grounds: tuple[str, ...]
    """Kinds of the evidence that stands: `signed_token`, `host_verified`, `link_code`."""
    linked_at: datetime
    person_id: int
    """Who stands for its person now."""


class HostAccount(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    """The host's own id."""
    display_name: str
    language: str | None
    tier: str
    risk: str
    attributes: dict[str, Any]
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    person_ids: tuple[int, ...]
    """Who stands for the people linked to it: one, unless agents took them apart."""
    links: tuple[HostLink, ...]
    """Oldest first, at most 200."""


def check_account(account: str) -> str:
    """As the `sub` of a token: used as it stands. Raises Refused."""
    is_text = bool(account.strip()) and account.isprintable()
    if not is_text or len(account) > LONGEST_ACCOUNT or account in (".", ".."):
        raise Refused(
            f"An account's id has 1 to {LONGEST_ACCOUNT} printable characters.",
            code="invalid",
            field="account",
        )
    return account


async def load_account(database: Database, account: str) -> HostAccount:
    """Raises NotFound, Refused."""
    check_account(account)
    async with database.reading() as work:
        found = await load_accounts(work, [account])
    if account not in found:
        raise no_account()
    return found[account]


async def declare_account(
    database: Database, actor: str, account: str, said: AccountStatement
) -> tuple[HostAccount, bool, Withdrawn]:
    """The account as the host says it is, and whether it is new. The same again changes nothing.

    Closing takes back all its links. Raises Refused.
    """
    check_account(account)
    attributes = {name: value for name, value in said.attributes.items() if value is not None}
    if len(attributes) > MOST_ATTRIBUTES:
        raise Refused(f"At most {MOST_ATTRIBUTES} attributes.", code="too_many", field="attributes")
    async with database.transaction() as work:
        is_new = await host_accounts.lock(work, account) is None
        before = await host_accounts.keep_locked(work, account)
        values = {
            "display_name": said.display_name.strip(),
            "language": said.language,
            "tier": said.tier.strip(),
            "risk": said.risk.strip(),
            "attributes": attributes,
            "closed_at": (before.closed_at or work.now()) if said.is_closed else None,
        }
        if is_new or any(getattr(before, name) != value for name, value in values.items()):
            done = await _change(work, actor, before, values)
        else:
            done = Withdrawn()
        return (await load_accounts(work, [account]))[account], is_new, done


async def close_account(database: Database, actor: str, account: str) -> Withdrawn:
    """Take back all its links; its tokens are worth nothing. What was said of it stays.

    The same again changes nothing. Raises NotFound, Refused.
    """
    check_account(account)
    async with database.transaction() as work:
        before = await host_accounts.lock(work, account)
        if before is None:
            raise no_account()
        if before.closed_at is not None:
            return Withdrawn()
        values = {**msgspec.structs.asdict(before), "closed_at": work.now()}
        return await _change(work, actor, before, values)


async def _change(
    work: UnitOfWork, actor: str, before: HostAccountRow, values: dict[str, Any]
) -> Withdrawn:
    await host_accounts.change(work, before.id, values)
    facts: dict[str, int | str] = {}
    done = Withdrawn()
    linked = await host_withdrawals.linked_identities(work, before.account)
    if values["closed_at"] is not None and before.closed_at is None:
        done = await withdraw(work, before.account, linked, reason="closed", actor=actor)
        facts = {"unlinked": len(linked), "undone_merges": done.undone_merges}
        action = "host_account.closed"
    else:
        action = "host_account.changed"
        roots = (await host_accounts.roots_of(work, [before.account])).get(before.account, [])
        for root in roots:
            work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
    await audit.record(work, actor, action, f"host_accounts/{before.id}", facts)
    return done


async def load_accounts(work: UnitOfWork, accounts: Collection[str]) -> dict[str, HostAccount]:
    """Those of them that are known."""
    rows = await host_accounts.find(work, accounts)
    roots = await host_accounts.roots_of(work, list(rows))
    links: dict[str, list[HostLink]] = {}
    for row in await host_accounts.links_of(work, list(rows), most=MOST_LINKS):
        links.setdefault(row.account, []).append(to_link(row))
    return {
        name: HostAccount(
            account=row.account,
            display_name=row.display_name,
            language=row.language,
            tier=row.tier,
            risk=row.risk,
            attributes=row.attributes,
            created_at=row.created_at,
            changed_at=row.changed_at,
            closed_at=row.closed_at,
            person_ids=tuple(roots.get(name, ())),
            links=tuple(links.get(name, ())),
        )
        for name, row in rows.items()
    }


def to_link(row: LinkRow) -> HostLink:
    return HostLink(
        realm=row.realm,
        handle=row.handle,
        shown_as=row.shown_as or readable_address(row.handle),
        level=row.level,
        grounds=row.grounds,
        linked_at=row.linked_at,
        person_id=row.root_id,
    )


def no_account() -> NotFound:
    return NotFound("There is no such account.")
