"""What only bridges a gap, and is dropped when its time is over. Bounded batches."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import Enum

from router.storage.persons import affected
from router.storage.unit_of_work import OUTBOX, UnitOfWork

PUT_BACK_FOR = timedelta(days=1)
"""How long a canned reply or a view that was removed can be put back; then it is dropped."""


class Passing(Enum):
    """A table whose rows end, and when one has."""

    SESSIONS = ("sessions", "least(expires_at, coalesce(revoked_at, expires_at)) < $1")
    VISITOR_SESSIONS = (
        "visitor_sessions",
        # By those that were bound to a host account, its later sessions find what was said.
        """least(expires_at, coalesce(ended_at, expires_at)) < $1
           and (host_account is null or not exists (
               select from places p where p.account_id = visitor_sessions.account_id
                   and p.remote_place = visitor_sessions.session))""",
    )
    INVITATIONS = ("invitations", "least(expires_at, coalesce(spent_at, expires_at)) < $1")
    SPENT_TOKENS = ("spent_tokens", "expires_at < $1")
    LINK_CODES = ("link_codes", "expires_at < $1")
    LINK_GUESSES = ("link_guesses", "window_at < $1")
    AUTOMATIC_LINES = ("automatic_lines", "at < $1")
    ACCOUNT_EVENTS = ("account_events", "at < $1")
    RULE_RUNS = ("rule_runs", "at < $1")
    MACRO_RUNS = ("macro_runs", "at < $1")
    HANDOVERS = ("handovers", "made_at < $1")
    KEPT_PICTURES = ("kept_pictures", "at < $1")
    # Those that go out again: by when that was asked for. The first test is by an index.
    WEBHOOK_CALLS = ("webhook_calls", "made_at < $1 and (again_at is null or again_at < $1)")
    SNIPPETS = ("snippets", "dropped_at < $1")
    SAVED_VIEWS = ("saved_views", "dropped_at < $1")
    LOGIN_FAILURES = ("login_failures", "at < $1")
    VISITOR_UPLOADS = ("visitor_uploads", "created_at < $1")
    UPLOADS = ("attachments", "message_id is null and not is_kept and created_at < $1")


async def drop_ended(work: UnitOfWork, what: Passing, before: datetime, *, limit: int) -> int:
    """Drop up to `limit` rows that ended before then; how many.

    Asked twice: a row that was taken into use while we waited for it stays.
    """
    table, has_ended = what.value
    status = await work.driver.execute(
        f"""
        delete from {table} where ctid = any(array(
            select ctid from {table} where {has_ended} limit $2
        )) and {has_ended}
        """,
        before,
        limit,
    )
    return affected(status)


async def trim_outbox(work: UnitOfWork, before: datetime, *, limit: int) -> int:
    """Drop the oldest announced facts, up to the first that is younger; how many.

    A feed that asks for what came before is told to load afresh: `trimmed` says up to where.
    """
    rows = await work.driver.fetch(
        "select position, at from outbox where position is not null order by position limit $1",
        limit,
    )
    newest = 0
    dropped = 0
    for row in rows:
        if row["at"] >= before:
            break
        newest, dropped = row["position"], dropped + 1
    if dropped:
        await work.driver.execute(
            "update relay_state set trimmed = greatest(trimmed, $2) where name = $1", OUTBOX, newest
        )
        await work.driver.execute("delete from outbox where position <= $1", newest)
    return dropped


async def unreferenced(work: UnitOfWork, blob_keys: Collection[str]) -> list[str]:
    """Those of these blobs that no row names."""
    rows = await work.driver.fetch(
        """
        select k.key from unnest($1::text[]) k(key)
        where not exists (select from attachments where blob_key = k.key)
          and not exists (select from message_sources where blob_key = k.key)
          and not exists (select from kept_pictures where blob_key = k.key)
          and not exists (select from quarantine where blob_key = k.key)
          and not exists (select from visitor_upload_chunks where blob_key = k.key)
        """,
        list(blob_keys),
    )
    return [row["key"] for row in rows]


async def due_snoozes(work: UnitOfWork, *, limit: int) -> list[int]:
    """Snoozed cases whose time has come, first one first."""
    rows = await work.driver.fetch(
        """
        select id from cases where state = 'snoozed' and snoozed_until <= $1
        order by snoozed_until, id limit $2
        """,
        work.now(),
        limit,
    )
    return [row["id"] for row in rows]
