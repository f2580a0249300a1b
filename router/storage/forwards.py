"""A message that goes on to an outsider: what of it is passed on, and its files once more."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from core.rich_text import Span
from router.storage.sight import Sight
from router.storage.spans import from_column
from router.storage.unit_of_work import UnitOfWork


class OriginalFile(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    media_type: str
    size: int


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a conversation, as it is passed on."""

    id: int
    person_id: int
    case_id: int | None
    topic_id: int | None
    account_id: int | None
    direction: str
    subject: str
    text: str
    """With the history that it quotes."""
    spans: tuple[Span, ...]
    """Of `text`; none where that is more than the message says by itself."""
    author_name: str
    handle: str
    said_at: datetime
    files: tuple[OriginalFile, ...]


async def find_original(
    work: UnitOfWork, root_id: int, message_id: int, sight: Sight
) -> Original | None:
    """None: it is of another conversation, in a case that is not seen, or deleted."""
    row = await work.driver.fetchrow(
        """
        select m.id, m.person_id, m.case_id, m.topic_id, m.account_id, m.direction, m.subject,
            coalesce(m.full_text, m.text) as text,
            case when m.full_text is null then m.spans::text end as spans,
            m.author_name, coalesce(i.handle, '') as handle,
            coalesce(m.sent_at, m.received_at) as said_at
        from messages m join persons p on p.id = m.person_id
        left join identities i on i.id = m.identity_id
        where m.id = $2 and p.root_id = $1 and m.deleted_at is null
          and (m.case_id is null or exists (
            select from cases k where k.id = m.case_id and k.access_class = any($3::text[])))
        """,
        root_id,
        message_id,
        sight.listed,
    )
    if row is None:
        return None
    files = await work.driver.fetch(
        """
        select id, media_type, size from attachments
        where message_id = $1 and state = 'stored' and blob_key is not null order by position, id
        """,
        message_id,
    )
    fields = {**row, "spans": from_column(row["spans"])}
    return Original(**fields, files=tuple(OriginalFile(**file) for file in files))


async def find_sending_account(work: UnitOfWork, account_id: int) -> tuple[str, str] | None:
    """(channel, state). None: there is no such account."""
    row = await work.driver.fetchrow(
        "select channel, state from accounts where id = $1", account_id
    )
    return None if row is None else (row["channel"], row["state"])


async def repeat_files(work: UnitOfWork, message_id: int, file_ids: Sequence[int]) -> None:
    """The message has these files of another one too, in the order given."""
    await work.driver.execute(
        """
        insert into attachments (message_id, position, name, media_type, size, sha256, blob_key,
            content_id, is_inline, state, description, created_at)
        select $1, u.position - 1, a.name, a.media_type, a.size, a.sha256, a.blob_key,
            a.content_id, a.is_inline, a.state, a.description, $3
        from unnest($2::bigint[]) with ordinality u(id, position) join attachments a on a.id = u.id
        order by u.position
        """,
        message_id,
        list(file_ids),
        work.now(),
    )
