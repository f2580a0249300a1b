"""Later versions of messages, deletions and reactions. Older texts are kept."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from core.rich_text import Span
from router.storage.spans import to_column
from router.storage.unit_of_work import UnitOfWork


async def revise(
    work: UnitOfWork,
    message_id: int,
    *,
    event_key: str,
    text: str,
    html: str | None,
    at: datetime,
    spans: Sequence[Span] = (),
) -> int | None:
    """Make this the message's text; the root person's id, or None if nothing changed.

    The same event again, and an edit that changes nothing visible, change nothing. The first
    text becomes revision 0 when the first edit comes.
    """
    column = to_column(spans)
    row = await work.driver.fetchrow(
        """
        select m.text, m.html, m.spans is not distinct from $2::jsonb as looks_the_same,
            m.revision, p.root_id
        from messages m join persons p on p.id = m.person_id where m.id = $1 for update of m
        """,
        message_id,
        column,
    )
    if row is None or (row["looks_the_same"] and (row["text"], row["html"]) == (text, html)):
        return None
    await work.driver.execute(
        """
        insert into message_revisions (message_id, revision, event_key, text, html, at, spans)
        select id, 0, '', text, html, received_at, spans from messages where id = $1
        on conflict do nothing
        """,
        message_id,
    )
    fresh = await work.driver.fetchval(
        """
        insert into message_revisions (message_id, revision, event_key, text, html, at, spans)
        values ($1, $2, $3, $4, $5, $6, $7::jsonb)
        on conflict (message_id, event_key) do nothing returning revision
        """,
        message_id,
        row["revision"] + 1,
        event_key,
        text,
        html,
        at,
        column,
    )
    if fresh is None:
        return None
    await work.driver.execute(
        """
        update messages set text = $2, html = $3, spans = $5::jsonb, full_text = null,
            revision = $4
        where id = $1
        """,
        message_id,
        text,
        html,
        fresh,
        column,
    )
    return int(row["root_id"])


async def mark_deleted(work: UnitOfWork, message_id: int, at: datetime) -> int | None:
    """The person took it back; its text stays for the agents. None: it was deleted before."""
    found = await work.driver.fetchval(
        """
        update messages m set deleted_at = $2 from persons p
        where m.id = $1 and m.deleted_at is null and p.id = m.person_id returning p.root_id
        """,
        message_id,
        at,
    )
    return None if found is None else int(found)


async def set_reactions(
    work: UnitOfWork, message_id: int, identity_id: int, reactions: list[str]
) -> int | None:
    """All that this identity has put there now. The root person's id, None if unchanged."""
    found = await work.driver.fetchval(
        """
        insert into message_reactions as r (message_id, identity_id, reactions, at)
        values ($1, $2, $3::jsonb, $4)
        on conflict (message_id, identity_id) do update
            set reactions = excluded.reactions, at = excluded.at
            where r.reactions <> excluded.reactions
        returning (select p.root_id from messages m join persons p on p.id = m.person_id
                   where m.id = $1)
        """,
        message_id,
        identity_id,
        msgspec.json.encode(reactions).decode(),
        work.now(),
    )
    return None if found is None else int(found)
