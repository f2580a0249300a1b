"""The accounts of the operator's own site, and the identities that are linked to them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from router.storage.unit_of_work import UnitOfWork


class HostAccountRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    account: str
    display_name: str
    language: str | None
    tier: str
    risk: str
    attributes: dict[str, Any]
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """An identity that is linked to a host account now."""

    account: str
    realm: str
    handle: str
    shown_as: str
    level: int
    root_id: int
    grounds: tuple[str, ...]
    """Kinds of the evidence that stands, oldest first."""
    linked_at: datetime
    """Since when there is some."""


_COLUMNS = (
    "id, account, display_name, language, tier, risk, attributes, created_at, changed_at, closed_at"
)


async def lock(work: UnitOfWork, account: str) -> HostAccountRow | None:
    """The account, for as long as the transaction: nobody else links it, unlinks it or closes it.

    None: it was never declared, nor linked.
    """
    row = await work.driver.fetchrow(
        f"select {_COLUMNS} from host_accounts where account = $1 for no key update", account
    )
    return None if row is None else _to_row(row)


async def keep_locked(work: UnitOfWork, account: str) -> HostAccountRow:
    """The same; it is made where it was not there."""
    await work.driver.execute(
        "insert into host_accounts (account, created_at, changed_at) values ($1, $2, $2)"
        " on conflict (account) do nothing",
        account,
        work.now(),
    )
    row = await lock(work, account)
    if row is None:
        raise RuntimeError("a host account is never deleted while it is being linked")
    return row


async def find(work: UnitOfWork, accounts: Collection[str]) -> dict[str, HostAccountRow]:
    rows = await work.driver.fetch(
        f"select {_COLUMNS} from host_accounts where account = any($1::text[])", sorted(accounts)
    )
    return {row["account"]: _to_row(row) for row in rows}


async def is_closed(work: UnitOfWork, account: str) -> bool:
    found = await work.driver.fetchval(
        "select closed_at is not null from host_accounts where account = $1", account
    )
    return bool(found)


async def change(work: UnitOfWork, account_id: int, values: Mapping[str, Any]) -> HostAccountRow:
    """Set all that the host says of it. Under `lock`."""
    row = await work.driver.fetchrow(
        f"""
        update host_accounts set display_name = $2, language = $3, tier = $4, risk = $5,
            attributes = $6::jsonb, closed_at = $7, changed_at = $8
        where id = $1 returning {_COLUMNS}
        """,
        account_id,
        values["display_name"],
        values["language"],
        values["tier"],
        values["risk"],
        msgspec.json.encode(values["attributes"]).decode(),
        values["closed_at"],
        work.now(),
    )
    assert row is not None
    return _to_row(row)


async def links_of(work: UnitOfWork, accounts: Collection[str], *, most: int) -> list[LinkRow]:
    """What is linked to these accounts, oldest first; the account's own identity is left out."""
    rows = await work.driver.fetch(
        """
        select i.host_account as account, i.realm, i.handle, i.shown_as, i.level, p.root_id,
               e.grounds, e.linked_at
        from identities i join persons p on p.id = i.home_person_id
        cross join lateral (
            select array_agg(e.kind order by e.id) as grounds, min(e.at) as linked_at
            from identity_evidence e
            where e.identity_id = i.id and e.host_account = i.host_account
              and not exists (select from evidence_withdrawals w where w.evidence_id = e.id)
        ) e
        where i.host_account = any($1::text[]) and i.realm <> 'host' and e.grounds is not null
        order by e.linked_at, i.id limit $2
        """,
        sorted(accounts),
        most,
    )
    return [
        LinkRow(**{**row, "grounds": tuple(dict.fromkeys(row["grounds"]))})
        for row in map(dict, rows)
    ]


async def roots_of(work: UnitOfWork, accounts: Collection[str]) -> dict[str, list[int]]:
    """Account -> the conversations in which somebody is linked to it, oldest first.

    One, unless agents have parted what evidence keeps linked.
    """
    rows = await work.driver.fetch(
        """
        select i.host_account as account, array_agg(distinct p.root_id order by p.root_id) as roots
        from identities i join persons p on p.id = i.home_person_id
        where i.host_account = any($1::text[]) group by 1
        """,
        sorted(accounts),
    )
    return {row["account"]: list(row["roots"]) for row in rows}


async def accounts_of_roots(
    work: UnitOfWork, root_ids: Collection[int]
) -> list[tuple[int, HostAccountRow]]:
    """(root, account) for each account that somebody of the conversation is linked to."""
    rows = await work.driver.fetch(
        f"""
        select held.root_id, {", ".join(f"a.{name.strip()}" for name in _COLUMNS.split(","))}
        from (
            select distinct p.root_id, i.host_account from persons p
            join identities i on i.home_person_id = p.id
            where p.root_id = any($1::bigint[]) and i.host_account is not null
        ) held join host_accounts a on a.account = held.host_account
        order by held.root_id, a.id
        """,
        list(root_ids),
    )
    found = [dict(row) for row in rows]
    return [(row.pop("root_id"), HostAccountRow(**row)) for row in found]


def _to_row(row: asyncpg.Record) -> HostAccountRow:
    return HostAccountRow(**row)
