"""Link codes and wrong guesses, as all nodes see them."""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from router.storage.unit_of_work import UnitOfWork


class NewLinkCode(msgspec.Struct, frozen=True, kw_only=True):
    code_hash: bytes
    made_by: str
    agent_id: int | None
    identity_id: int | None
    host_account: str | None
    level: int
    channels: list[str]
    expires_at: datetime


class LinkCodeRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    made_by: str
    identity_id: int | None
    host_account: str | None
    level: int
    channels: list[str]
    expires_at: datetime


class MakerRow(msgspec.Struct, frozen=True, kw_only=True):
    """An identity for which a code is made, or was."""

    id: int
    realm: str
    home_person_id: int
    root_id: int
    level: int
    host_account: str | None
    is_shared: bool


class Doorway(msgspec.Struct, frozen=True, kw_only=True):
    """An account by which a code may be said."""

    account_id: int
    channel: str
    label: str
    own_name: str


async def list_doorways(work: UnitOfWork) -> list[Doorway]:
    """All accounts that run, by id."""
    rows = await work.driver.fetch(
        "select id as account_id, channel, label, own_name from accounts"
        " where state = 'active' order by id"
    )
    return [Doorway(**row) for row in rows]


class SaidRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands."""

    root_id: int
    case_id: int
    place_id: int


async def load_said(work: UnitOfWork, message_id: int) -> SaidRow:
    """Of a message that somebody said somewhere."""
    row = await work.driver.fetchrow(
        "select p.root_id, m.case_id, m.place_id from messages m"
        " join persons p on p.id = m.person_id where m.id = $1",
        message_id,
    )
    return SaidRow(**row)


async def close_case_of(work: UnitOfWork, case_id: int, message_id: int) -> bool:
    """Nothing waits in a case that this message opened, and nobody has said anything in since then.

    Whether it did. One that an agent opened has a line of that before it.
    """
    closed = await work.driver.fetchval(
        """
        update cases set state = 'solved', solved_at = $3, revision = revision + 1
        where id = $1 and state = 'open' and not exists (
            select from messages
            where case_id = $1 and (id < $2 or (id > $2 and direction <> 'event')))
        returning 1
        """,
        case_id,
        message_id,
        work.now(),
    )
    return closed is not None


async def was_linked(work: UnitOfWork, identity_id: int, *, since: datetime) -> bool:
    """Whether a code that this identity said was good since then."""
    found = await work.driver.fetchval(
        "select true from link_codes where spent_by_id = $1 and outcome = 'redeemed'"
        " and spent_at > $2 limit 1",
        identity_id,
        since,
    )
    return found is not None


async def linked_by(work: UnitOfWork, code_id: int, *, since: datetime) -> tuple[int, str] | None:
    """(identity, host account): who said this code since then and was linked by it to what."""
    row = await work.driver.fetchrow(
        """
        select spent_by_id, host_account from link_codes where id = $1 and spent_at >= $2
            and outcome = 'redeemed' and host_account is not null
        """,
        code_id,
        since,
    )
    return None if row is None else (row["spent_by_id"], row["host_account"])


async def note_nothing_else(work: UnitOfWork, message_id: int) -> None:
    """This message was a code and nothing else, and was answered: it waits for nobody."""
    await work.driver.execute("update messages set is_link_code = true where id = $1", message_id)


async def insert_code(work: UnitOfWork, fresh: NewLinkCode, *, most: int) -> int:
    """Its id. Of older codes of the same account or identity the newest `most - 1` stay good."""
    column = "identity_id" if fresh.host_account is None else "host_account"
    await work.driver.execute(
        f"""
        update link_codes set spent_at = $2, outcome = 'replaced' where id in (
            select id from link_codes
            where {column} = $1 and spent_at is null and expires_at > $2
            order by id desc offset $3)
        """,
        fresh.identity_id if fresh.host_account is None else fresh.host_account,
        work.now(),
        most - 1,
    )
    made: int = await work.driver.fetchval(
        """
        insert into link_codes (code_hash, made_by, agent_id, identity_id, host_account, level,
            channels, expires_at, made_at)
        values ($1, $2, $3, $4, $5, $6, $7::text[], $8, $9) returning id
        """,
        *(getattr(fresh, name) for name in NewLinkCode.__struct_fields__),
        work.now(),
    )
    return made


async def spend(work: UnitOfWork, code_hash: bytes, identity_id: int) -> LinkCodeRow | None:
    """The code, if it was not presented before; from now on it was. One of several at once gets it.

    None: there is none, or somebody else presented it.
    """
    row = await work.driver.fetchrow(
        """
        update link_codes set spent_at = $3, spent_by_id = $2
        where code_hash = $1 and spent_at is null
        returning id, made_by, identity_id, host_account, level, channels, expires_at
        """,
        code_hash,
        identity_id,
        work.now(),
    )
    return None if row is None else LinkCodeRow(**row)


async def accounts_of(work: UnitOfWork, code_hashes: Collection[bytes]) -> set[str]:
    """The host accounts that these codes are good for."""
    rows = await work.driver.fetch(
        "select distinct host_account from link_codes"
        " where code_hash = any($1::bytea[]) and spent_at is null and host_account is not null",
        list(code_hashes),
    )
    return {row["host_account"] for row in rows}


async def was_made(work: UnitOfWork, code_hash: bytes) -> bool:
    found = await work.driver.fetchval("select 1 from link_codes where code_hash = $1", code_hash)
    return found is not None


async def note_outcome(work: UnitOfWork, code_id: int, outcome: str) -> None:
    await work.driver.execute("update link_codes set outcome = $2 where id = $1", code_id, outcome)


async def withdraw(work: UnitOfWork, host_account: str) -> int:
    """The codes of a host account are good no longer; how many were."""
    rows = await work.driver.fetch(
        """
        update link_codes set spent_at = $2, outcome = 'withdrawn'
        where host_account = $1 and spent_at is null and expires_at > $2 returning 1
        """,
        host_account,
        work.now(),
    )
    return len(rows)


async def find_maker(work: UnitOfWork, identity_id: int) -> MakerRow | None:
    row = await work.driver.fetchrow(
        """
        select i.id, i.realm, i.home_person_id, p.root_id, i.level, i.host_account, i.is_shared
        from identities i join persons p on p.id = i.home_person_id where i.id = $1
        """,
        identity_id,
    )
    return None if row is None else MakerRow(**row)


async def was_met(work: UnitOfWork, identity_id: int, *, before: datetime) -> bool:
    """Whether this identity is of somebody who was known to us before that."""
    found = await work.driver.fetchval(
        """
        select 1 from identities i join persons p on p.id = i.home_person_id
        where i.id = $1 and p.created_at <= $2
        """,
        identity_id,
        before,
    )
    return found is not None


async def lock_guesses(
    work: UnitOfWork, scopes: Collection[str], window: timedelta
) -> dict[str, int]:
    """How many wrong guesses each scope made in this window of time and the one before it.

    Nobody else counts for them until the commit.
    """
    since = _window_at(work.now(), window)
    ordered = sorted(scopes)
    rows = await work.driver.fetch(
        """
        with mine as (
            insert into link_guesses (scope, window_at, count)
            select scope, $2, 0 from unnest($1::text[]) u(scope) order by scope
            on conflict (scope, window_at) do update set count = link_guesses.count
            returning scope, count
        )
        select m.scope, m.count + coalesce((select g.count from link_guesses g
            where g.scope = m.scope and g.window_at = $3), 0) as count
        from mine m
        """,
        ordered,
        since,
        since - window,
    )
    return {row["scope"]: row["count"] for row in rows}


async def count_guesses(work: UnitOfWork, scopes: Collection[str], window: timedelta) -> None:
    """One more for each, under `lock_guesses`."""
    await work.driver.execute(
        "update link_guesses set count = count + 1 where scope = any($1::text[])"
        " and window_at = $2",
        sorted(scopes),
        _window_at(work.now(), window),
    )


async def channel_of(work: UnitOfWork, account_id: int) -> str:
    found: str = await work.driver.fetchval(
        "select channel from accounts where id = $1", account_id
    )
    return found


def _window_at(now: datetime, window: timedelta) -> datetime:
    seconds = int(window.total_seconds())
    start = int(now.timestamp()) // seconds * seconds
    return datetime.fromtimestamp(start, now.tzinfo)
