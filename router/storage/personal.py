"""What the desk knows of a person that others need not read, and where they are alone with it."""

from collections.abc import Sequence

import asyncpg
import msgspec

from core.messages import PUBLIC_KINDS
from router.storage import deliveries
from router.storage.records import Record, fetch_one
from router.storage.unit_of_work import UnitOfWork

PATTERNS = "onethread.personal_patterns"
"""A setting of the session: a JSON array of regular expressions of PostgreSQL."""
PATTERN_PATIENCE = "500ms"
"""Its engine takes time in proportion to the text but for a few kinds of patterns; for these there
is this end."""
_PUBLIC = ", ".join(f"'{kind.value}'" for kind in sorted(PUBLIC_KINDS))


async def known_of(work: UnitOfWork, root_id: int, realm: str) -> list[str]:
    """Their handles outside this realm, and what agents noted of them."""
    rows = await work.driver.fetch(
        """
        select i.handle as known from persons p join identities i on i.home_person_id = p.id
        where p.root_id = $1 and i.realm <> $2
        union
        select a.value from persons p, jsonb_each_text(p.attributes) a where p.root_id = $1
        """,
        root_id,
        realm,
    )
    return [row["known"] for row in rows if row["known"]]


class PatternsTooSlow(Exception):
    """Nobody knows whether the texts hold anything personal."""


def pattern_settings(patterns: Sequence[str]) -> dict[str, str]:
    """For `Database`: what the two functions below look for."""
    return {PATTERNS: msgspec.json.encode(patterns).decode()} if patterns else {}


async def find_wrong_pattern(work: UnitOfWork, patterns: Sequence[str]) -> str | None:
    """The first that PostgreSQL cannot read, if one is such."""
    for one in patterns:
        try:
            async with work.driver.transaction():
                await work.driver.fetchval("select '' ~* $1", one)
        except asyncpg.DataError:
            return one
    return None


async def holds_pattern(work: UnitOfWork, texts: Sequence[str]) -> bool:
    """Whether one of the installation's patterns is found in one of the texts, whatever the case.

    Raises PatternsTooSlow, with nothing else of the transaction undone.
    """
    patterns = await work.driver.fetchval("select current_setting($1, true)", PATTERNS)
    if not patterns:
        return False
    before = await work.driver.fetchval("select current_setting('statement_timeout')")
    try:
        async with work.driver.transaction():
            await _limit(work, PATTERN_PATIENCE)
            found = await work.driver.fetchval(
                """
                select (
                    select true from unnest($1::text[]) said,
                        jsonb_array_elements_text($2::text::jsonb) pattern
                    where said ~* pattern limit 1
                ) is not null
                """,
                list(texts),
                patterns,
            )
            await _limit(work, before)
    except asyncpg.QueryCanceledError as error:
        raise PatternsTooSlow from error
    return bool(found)


async def _limit(work: UnitOfWork, time: str) -> None:
    await work.driver.execute("select set_config('statement_timeout', $1, true)", time)


async def find_direct(work: UnitOfWork, account_id: int, identity_id: int) -> int | None:
    """The place where this identity last wrote to us alone by this account."""
    found = await work.driver.fetchval(
        """
        select m.place_id from messages m join places l on l.id = m.place_id
        where m.identity_id = $2 and m.account_id = $1 and m.direction = 'in'
          and l.kind = 'direct' and l.is_reachable
        order by m.id desc limit 1
        """,
        account_id,
        identity_id,
    )
    return None if found is None else int(found)


async def privacy_of(work: UnitOfWork, message_id: int) -> Record | None:
    """Of a message of ours: the kind of its place, and whether it or its case is private."""
    return await fetch_one(
        work,
        """
        select l.kind, m.is_private, coalesce(c.is_private, false) as case_is_private,
            coalesce(c.access_class, 'normal') as access_class, coalesce(i.realm, '') as realm
        from messages m join places l on l.id = m.place_id
        left join cases c on c.id = m.case_id
        left join deliveries d on d.message_id = m.id and d.part = 0 and d.revision = 0
            and d.kind = 'send' and d.copy_to = ''
        left join identities i on i.id = d.identity_id
        where m.id = $1
        """,
        message_id,
    )


async def cancel_public(work: UnitOfWork, case_id: int, reason: str) -> list[int]:
    """Cancel what waits to go out of this case where others read along; the ids."""
    return await deliveries.cancel_selected(
        work,
        f"m.case_id = $1 and m.direction = 'out' and d.kind <> 'delete' and l.kind in ({_PUBLIC})",
        case_id,
        reason=reason,
        code="public_place",
    )
