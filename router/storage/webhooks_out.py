"""Webhooks: who is told of which facts, and how their receivers fare."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import OUTBOX, Fact, UnitOfWork

NOTICED_FOR = timedelta(days=14)
"""A paused webhook is told later of what happens so long; calls are kept as long."""


class WebhookRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    label: str
    url: str
    kinds: list[str]
    team_ids: list[int]
    topic_ids: list[int]
    classes: list[str]
    has_texts: bool
    secret: bytes
    former_secret: bytes | None
    former_until: datetime | None
    state: str
    paused_because: str
    paused_at: datetime | None
    from_position: int
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    agent_id: int
    made_at: datetime


class AuthoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook with who saved it, as they are now."""

    id: int
    state: str
    classes: list[str]
    role: str
    is_active: bool
    team_classes: list[str]


_COLUMNS = ", ".join(f"w.{name}" for name in WebhookRow.__struct_fields__)
_THERE = "w.dropped_at is null"


async def is_any(work: UnitOfWork) -> bool:
    row = await fetch_one(work, f"select from webhooks w where {_THERE} limit 1")
    return row is not None


async def list_webhooks(work: UnitOfWork) -> list[WebhookRow]:
    """Oldest first."""
    rows = await fetch(work, f"select {_COLUMNS} from webhooks w where {_THERE} order by w.id")
    return [WebhookRow(**row) for row in rows]


async def list_ready(work: UnitOfWork) -> list[WebhookRow]:
    """Active ones whose receivers do not rest, for which a call is due; oldest first."""
    rows = await fetch(
        work,
        f"""
        select {_COLUMNS} from webhooks w
        where {_THERE} and w.state = 'active' and (w.rests_until is null or w.rests_until <= $1)
          and exists (select from webhook_calls n where n.webhook_id = w.id
              and n.state = 'waiting' and n.due_at <= $1)
        order by w.id
        """,
        work.now(),
    )
    return [WebhookRow(**row) for row in rows]


async def list_noticing(work: UnitOfWork) -> list[WebhookRow]:
    """Those for which facts are noted down: also paused ones, for a while."""
    rows = await fetch(
        work,
        f"""
        select {_COLUMNS} from webhooks w
        where {_THERE} and (w.state = 'active' or w.paused_at > $1) order by w.id
        """,
        work.now() - NOTICED_FOR,
    )
    return [WebhookRow(**row) for row in rows]


async def list_authored(work: UnitOfWork, *, for_update: bool = False) -> list[AuthoredRow]:
    lock = "for no key update of w" if for_update else ""
    rows = await fetch(
        work,
        f"""
        select w.id, w.state, w.classes, a.role, a.is_active,
            array(select distinct k.name from memberships m join teams t on t.id = m.team_id
                  cross join lateral jsonb_array_elements_text(t.access_classes) k(name)
                  where m.agent_id = a.id) as team_classes
        from webhooks w join agents a on a.id = w.agent_id where {_THERE} order by w.id {lock}
        """,
    )
    return [AuthoredRow(**row) for row in rows]


async def narrow(work: UnitOfWork, webhook_id: int, classes: Sequence[str]) -> None:
    """It is told of cases of these classes alone."""
    await work.driver.execute(
        "update webhooks set classes = $2::jsonb where id = $1",
        webhook_id,
        msgspec.json.encode(list(classes)).decode(),
    )


async def find_webhook(
    work: UnitOfWork, webhook_id: int, *, for_update: bool = False
) -> WebhookRow | None:
    lock = "for no key update of w" if for_update else ""
    row = await fetch_one(
        work, f"select {_COLUMNS} from webhooks w where w.id = $1 and {_THERE} {lock}", webhook_id
    )
    return None if row is None else WebhookRow(**row)


async def insert_webhook(work: UnitOfWork, *, agent_id: int) -> int:
    """Of nothing yet: `change_webhook` says what of. Facts up to now are behind it."""
    announce(work)
    return int(
        await work.driver.fetchval(
            """
            insert into webhooks (label, url, secret, agent_id, made_at, from_position)
            select '', '', '', $1, $2,
                coalesce((select position from relay_state where name = $3), 0)
            returning id
            """,
            agent_id,
            work.now(),
            OUTBOX,
        )
    )


async def change_webhook(
    work: UnitOfWork,
    webhook_id: int,
    *,
    label: str,
    url: str,
    kinds: Sequence[str],
    team_ids: Sequence[int],
    topic_ids: Sequence[int],
    classes: Sequence[str],
    has_texts: bool,
    agent_id: int,
) -> None:
    """From now on; a receiver elsewhere is tried at once."""
    announce(work)
    await work.driver.execute(
        """
        update webhooks set label = $2, kinds = $4::jsonb, team_ids = $5, topic_ids = $6,
            classes = $7::jsonb, has_texts = $8, agent_id = $9,
            failures = case when url = $3 then failures else 0 end,
            failing_since = case when url = $3 then failing_since end,
            rests_until = case when url = $3 then rests_until end,
            url = $3
        where id = $1
        """,
        webhook_id,
        label,
        url,
        msgspec.json.encode(list(kinds)).decode(),
        list(team_ids),
        list(topic_ids),
        msgspec.json.encode(list(classes)).decode(),
        has_texts,
        agent_id,
    )


async def set_secret(
    work: UnitOfWork,
    webhook_id: int,
    secret: bytes,
    *,
    former: bytes | None = None,
    former_until: datetime | None = None,
) -> None:
    """Sealed ones."""
    announce(work)
    await work.driver.execute(
        "update webhooks set secret = $2, former_secret = $3, former_until = $4 where id = $1",
        webhook_id,
        secret,
        former,
        former_until,
    )


async def pause(work: UnitOfWork, webhook_id: int, because: str) -> bool:
    """Nothing goes out any more. Whether it was active."""
    paused = await work.driver.fetchval(
        """
        update webhooks set state = 'paused', paused_because = $2, paused_at = $3
        where id = $1 and state = 'active' returning id
        """,
        webhook_id,
        because,
        work.now(),
    )
    if paused is not None:
        announce(work)
    return paused is not None


async def resume(work: UnitOfWork, webhook_id: int) -> None:
    """What waits goes out from now on, as if it had not been tried yet: oldest first.

    What was never tried is due as it is, so a receiver that was away for days costs no more than
    the tries that it was given.
    """
    announce(work)
    await work.driver.execute(
        """
        update webhooks set state = 'active', paused_because = '', paused_at = null,
            failures = 0, failing_since = null, rests_until = null
        where id = $1
        """,
        webhook_id,
    )
    await work.driver.execute(
        """
        update webhook_calls set due_at = coalesce(again_at, made_at), first_tried_at = null,
            tries = 0
        where webhook_id = $1 and state = 'waiting' and tries > 0
            and (claimed_until is null or claimed_until <= $2)
        """,
        webhook_id,
        work.now(),
    )


async def drop(work: UnitOfWork, webhook_id: int) -> None:
    """With its calls: nothing more goes out."""
    announce(work)
    await work.driver.execute("delete from webhook_replays where webhook_id = $1", webhook_id)
    await work.driver.execute("delete from webhook_calls where webhook_id = $1", webhook_id)
    await work.driver.execute(
        "update webhooks set dropped_at = $2, secret = '', former_secret = null where id = $1",
        webhook_id,
        work.now(),
    )


async def note_success(work: UnitOfWork, webhook_id: int) -> int:
    """Its receiver answers; how many tries had failed in a row before."""
    row = await fetch_one(
        work,
        """
        with before as (select failures from webhooks where id = $1 for no key update)
        update webhooks w set failures = 0, failing_since = null, rests_until = null
        from before b where w.id = $1 and b.failures > 0 returning b.failures as failures
        """,
        webhook_id,
    )
    return 0 if row is None else int(row["failures"])


async def note_failure(work: UnitOfWork, webhook_id: int) -> tuple[int, datetime]:
    """Tries in a row that failed, this one with them, and since when."""
    row = await fetch_one(
        work,
        """
        update webhooks set failures = failures + 1, failing_since = coalesce(failing_since, $2)
        where id = $1 returning failures, failing_since
        """,
        webhook_id,
        work.now(),
    )
    return (0, work.now()) if row is None else (int(row["failures"]), row["failing_since"])


async def rest(work: UnitOfWork, webhook_id: int, until: datetime) -> None:
    """Its receiver is left alone until then, or longer if that was said before."""
    await work.driver.execute(
        "update webhooks set rests_until = greatest(rests_until, $2) where id = $1",
        webhook_id,
        until,
    )


def announce(work: UnitOfWork) -> None:
    """Open pages look again."""
    work.announce(Fact.WEBHOOKS_CHANGED)
