"""What is there already of a message that comes in pieces."""

from collections.abc import Sequence

from core.ids import RemoteId
from core.rich_text import Span
from router.storage.spans import to_column
from router.storage.unit_of_work import UnitOfWork


async def person_of(work: UnitOfWork, message_id: int) -> int:
    return int(
        await work.driver.fetchval("select person_id from messages where id = $1", message_id)
    )


async def known_ids(
    work: UnitOfWork, account_id: int, remote_place: str, remote_ids: Sequence[RemoteId]
) -> frozenset[str]:
    """Those of them that name a message."""
    rows = await work.driver.fetch(
        """
        select remote_id from remote_refs
        where account_id = $1 and remote_place = $2 and remote_id = any($3::text[])
          and message_id is not null
        """,
        account_id,
        remote_place,
        list(remote_ids),
    )
    return frozenset(row["remote_id"] for row in rows)


async def known_files(work: UnitOfWork, message_id: int) -> frozenset[str]:
    """What names its files: the beginning of their reference; else their name and size."""
    rows = await work.driver.fetch(
        """
        select coalesce(split_part(remote, ' ', 1), name || ' ' || size) as known
        from attachments where message_id = $1
        """,
        message_id,
    )
    return frozenset(row["known"] for row in rows)


async def next_position(work: UnitOfWork, message_id: int) -> int:
    """Behind its files."""
    return int(
        await work.driver.fetchval(
            "select coalesce(max(position) + 1, 0) from attachments where message_id = $1",
            message_id,
        )
    )


async def fill_text(work: UnitOfWork, message_id: int, text: str, spans: Sequence[Span]) -> None:
    """If it has none yet."""
    await work.driver.execute(
        "update messages set text = $2, spans = $3::jsonb where id = $1 and text = ''",
        message_id,
        text,
        to_column(spans),
    )
