"""Identities and the evidence for them. One row a (realm, handle), for ever."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from core.errors import GoneBecause
from core.people import Evidence, IdentityKey, Level
from router.storage.unit_of_work import UnitOfWork


class IdentityRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    realm: str
    handle: str
    home_person_id: int
    root_id: int
    shown_as: str
    level: int
    host_account: str | None
    is_reachable: bool
    is_shared: bool
    stepped_up_until: datetime | None
    """The end of their newest step-up."""
    seen_at: datetime

    @property
    def key(self) -> IdentityKey:
        return IdentityKey(self.realm, self.handle)


class NewIdentity(msgspec.Struct, frozen=True, kw_only=True):
    key: IdentityKey
    home_person_id: int
    shown_as: str
    level: Level
    host_account: str | None = None


class NewEvidence(msgspec.Struct, frozen=True, kw_only=True):
    identity_id: int
    evidence: Evidence
    host_account: str | None = None


_COLUMNS = """i.id, i.realm, i.handle, i.home_person_id, p.root_id, i.shown_as, i.level,
    i.host_account, i.is_reachable, i.is_shared, i.stepped_up_until, i.seen_at"""


async def find_identities(
    work: UnitOfWork, keys: Collection[IdentityKey]
) -> dict[IdentityKey, IdentityRow]:
    ordered = sorted(set(keys))
    rows = await work.driver.fetch(
        f"""
        select {_COLUMNS} from unnest($1::text[], $2::text[]) u(realm, handle)
        join identities i on i.realm = u.realm and i.handle = u.handle
        join persons p on p.id = i.home_person_id
        """,
        [key.realm for key in ordered],
        [key.handle for key in ordered],
    )
    found = [IdentityRow(**row) for row in rows]
    return {row.key: row for row in found}


async def find_identity(work: UnitOfWork, identity_id: int) -> IdentityRow | None:
    row = await work.driver.fetchrow(
        f"""
        select {_COLUMNS} from identities i join persons p on p.id = i.home_person_id
        where i.id = $1
        """,
        identity_id,
    )
    return None if row is None else IdentityRow(**row)


async def find_in_session(work: UnitOfWork, account_id: int, session: str) -> IdentityRow | None:
    """Who said something last in this visitor's chat."""
    row = await work.driver.fetchrow(
        f"""
        select {_COLUMNS} from places l
        join messages m on m.place_id = l.id and m.direction = 'in'
        join identities i on i.id = m.identity_id
        join persons p on p.id = i.home_person_id
        where l.account_id = $1 and l.remote_place = $2 order by m.id desc limit 1
        """,
        account_id,
        session,
    )
    return None if row is None else IdentityRow(**row)


async def insert_identities(work: UnitOfWork, fresh: Sequence[NewIdentity]) -> set[IdentityKey]:
    """Insert in key order; the keys that were really new: others were made meanwhile."""
    ordered = sorted(fresh, key=lambda one: one.key)
    rows = await work.driver.fetch(
        """
        insert into identities
            (realm, handle, home_person_id, shown_as, level, host_account, created_at, seen_at)
        select realm, handle, person, shown_as, level, host, $7, $7
        from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::text[])
            u(realm, handle, person, shown_as, level, host)
        on conflict (realm, handle) do nothing
        returning realm, handle
        """,
        [one.key.realm for one in ordered],
        [one.key.handle for one in ordered],
        [one.home_person_id for one in ordered],
        [one.shown_as for one in ordered],
        [int(one.level) for one in ordered],
        [one.host_account for one in ordered],
        work.now(),
    )
    return {IdentityKey(row["realm"], row["handle"]) for row in rows}


async def add_evidence(work: UnitOfWork, found: Iterable[NewEvidence]) -> None:
    """Append what was not known yet, and derive the identities' levels anew.

    L3 is never cached on the identity: it belongs to a moment and an action. A host account that
    is there stays, also against one that came while it was being written; what links to another is
    not appended. What was taken back and is proven again is a row of its own.
    """
    rows = sorted(found, key=lambda one: one.identity_id)
    if not rows:
        return
    await work.driver.execute(
        """
        insert into identity_evidence
            (identity_id, kind, level, proof, proof_key, host_account, at)
        select u.id, u.kind, u.level, u.proof,
            case when taken_back.times = 0 then u.key else u.key || '#' || taken_back.times end,
            u.host, $7::timestamptz
        from unnest($1::bigint[], $2::text[], $3::int[], $4::jsonb[], $5::text[], $6::text[])
            u(id, kind, level, proof, key, host)
        join identities i on i.id = u.id
            and (u.host is null or i.host_account is null or i.host_account = u.host)
        cross join lateral (
            select count(*) as times from identity_evidence e
            join evidence_withdrawals w on w.evidence_id = e.id
            where e.identity_id = u.id and e.kind = u.kind
              and regexp_replace(e.proof_key, '#[0-9]+$', '') = u.key
        ) taken_back
        on conflict (identity_id, kind, proof_key) do nothing
        """,
        [one.identity_id for one in rows],
        [one.evidence.kind.value for one in rows],
        [int(one.evidence.level) for one in rows],
        [msgspec.json.encode(one.evidence.proof).decode() for one in rows],
        [_proof_key(one) for one in rows],
        [one.host_account for one in rows],
        work.now(),
    )
    await work.driver.execute(
        """
        update identities i set level = greatest(i.level, least(u.level, 2)),
            host_account = coalesce(i.host_account, u.host)
        from (
            select id, max(level) as level, max(host) as host
            from unnest($1::bigint[], $2::int[], $3::text[]) v(id, level, host) group by id
        ) u
        where i.id = u.id
          and (i.level < least(u.level, 2) or (u.host is not null and i.host_account is null))
        """,
        [one.identity_id for one in rows],
        [int(one.evidence.level) for one in rows],
        [one.host_account for one in rows],
    )


async def taken_back_at(work: UnitOfWork, identity_id: int, host_account: str) -> datetime | None:
    """When its link to this account was last taken back. None: never."""
    found: datetime | None = await work.driver.fetchval(
        """
        select max(w.at) from identity_evidence e
        join evidence_withdrawals w on w.evidence_id = e.id
        where e.identity_id = $1 and e.host_account = $2
        """,
        identity_id,
        host_account,
    )
    return found


async def host_accounts_of(work: UnitOfWork, root_id: int) -> set[str]:
    """The host accounts to which anybody in this conversation is linked."""
    rows = await work.driver.fetch(
        """
        select distinct i.host_account from persons p
        join identities i on i.home_person_id = p.id
        where p.root_id = $1 and i.host_account is not null
        """,
        root_id,
    )
    return {row["host_account"] for row in rows}


async def mark_reachable(
    work: UnitOfWork,
    identity_id: int,
    *,
    is_reachable: bool,
    reason: str,
    because: GoneBecause = GoneBecause.UNTOLD,
) -> bool:
    """Whether that changed anything."""
    row = await work.driver.fetchrow(
        """
        update identities set is_reachable = $2, unreachable_reason = $3, unreachable_code = $4,
            unreachable_at = $5
        where id = $1 and (is_reachable, unreachable_reason) is distinct from ($2, $3)
        returning id
        """,
        identity_id,
        is_reachable,
        "" if is_reachable else reason,
        because.value,
        work.now(),
    )
    return row is not None


async def home_of(work: UnitOfWork, identity_id: int) -> int | None:
    """Whose it is for ever. To be locked by."""
    found: int | None = await work.driver.fetchval(
        "select home_person_id from identities where id = $1", identity_id
    )
    return found


async def mark_shared(work: UnitOfWork, identity_id: int, *, is_shared: bool) -> bool:
    """Whether that changed anything. Not shared any more, it is doubted no longer either."""
    row = await work.driver.fetchrow(
        "update identities set is_shared = $2,"
        " doubted_at = case when $2 then doubted_at end"
        " where id = $1 and is_shared <> $2 returning id",
        identity_id,
        is_shared,
    )
    return row is not None


async def doubt(work: UnitOfWork, identity_id: int) -> bool:
    """It is said not to be who it was joined with: shared, until an agent says otherwise. False if
    that was known.
    """
    row = await work.driver.fetchrow(
        "update identities set doubted_at = $2, is_shared = true"
        " where id = $1 and doubted_at is null returning id",
        identity_id,
        work.now(),
    )
    return row is not None


async def settle_doubt(work: UnitOfWork, identity_id: int) -> None:
    """It was taken out: nothing is left to be doubted. It stays marked as shared."""
    await work.driver.execute("update identities set doubted_at = null where id = $1", identity_id)


async def last_said(work: UnitOfWork, identity_id: int) -> int | None:
    """The case in which it said something last."""
    case: int | None = await work.driver.fetchval(
        "select case_id from messages where identity_id = $1 and direction = 'in'"
        " order by id desc limit 1",
        identity_id,
    )
    return case


async def is_any_shared(work: UnitOfWork, person_ids: Collection[int]) -> bool:
    """Whether the own identity of one of these persons is used by several people."""
    found = await work.driver.fetchval(
        "select true from identities"
        " where home_person_id = any($1::bigint[]) and is_shared limit 1",
        list(person_ids),
    )
    return found is not None


SEEN_EVERY = timedelta(minutes=1)
"""Somebody who writes every second is not noted as seen every second."""


async def touch(work: UnitOfWork, known: Collection[tuple[IdentityRow, str]]) -> list[int]:
    """They were seen now, under these display names (an empty one keeps the old).

    The home persons of those of whom a page would show something else: a minute is not told.
    """
    now = work.now()
    shown = {
        row.id: name
        for row, name in known
        if row.seen_at < now - SEEN_EVERY or name not in ("", row.shown_as)
    }
    if not shown:
        return []
    ids = sorted(shown)
    rows = await work.driver.fetch(
        """
        update identities i set seen_at = $3::timestamptz,
            shown_as = case when u.shown_as = '' then i.shown_as else u.shown_as end
        from unnest($1::bigint[], $2::text[]) u(id, shown_as)
        where i.id = u.id
        returning i.home_person_id
        """,
        ids,
        [shown[one] for one in ids],
        now,
    )
    return sorted({row["home_person_id"] for row in rows})


def _proof_key(one: NewEvidence) -> str:
    stable = {name: value for name, value in one.evidence.proof.items() if name != "at"}
    return msgspec.json.encode(stable, order="deterministic").decode()
