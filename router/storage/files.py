"""Files of messages, and uploads of agents that wait to be sent."""

from collections.abc import Collection

from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


async def insert_upload(
    work: UnitOfWork, agent_id: int, *, name: str, media_type: str, size: int, blob_key: str
) -> int:
    return int(
        await work.driver.fetchval(
            """
            insert into attachments (uploaded_by_id, name, media_type, size, sha256, blob_key,
                state, created_at)
            values ($1, $2, $3, $4, $5, $5, 'stored', $6) returning id
            """,
            agent_id,
            name,
            media_type,
            size,
            blob_key,
            work.now(),
        )
    )


async def count_uploads(work: UnitOfWork, agent_id: int, most: int) -> int:
    """How many this agent has not sent yet, counted up to `most`."""
    return int(
        await work.driver.fetchval(
            """
            select count(*) from (
                select from attachments where uploaded_by_id = $1 and message_id is null limit $2
            ) waiting
            """,
            agent_id,
            most,
        )
    )


async def unsent_of(
    work: UnitOfWork, agent_id: int, attachment_ids: Collection[int]
) -> list[Record]:
    """Those of these uploads that the agent has not sent yet, as files of a message are shown."""
    return await fetch(
        work,
        """
        select id, message_id, name, media_type, size, state, refused_reason, is_inline,
               content_id, description
        from attachments
        where id = any($2::bigint[]) and uploaded_by_id = $1 and message_id is null
        """,
        agent_id,
        list(attachment_ids),
    )


async def describe_upload(
    work: UnitOfWork, agent_id: int, attachment_id: int, description: str
) -> bool:
    """False: it is not this agent's, or it was sent."""
    row = await fetch_one(
        work,
        """
        update attachments set description = $3
        where id = $2 and uploaded_by_id = $1 and message_id is null returning id
        """,
        agent_id,
        attachment_id,
        description,
    )
    return row is not None


async def drop_upload(work: UnitOfWork, agent_id: int, attachment_id: int) -> bool:
    """False: it is not this agent's, or it was sent. The janitor drops the bytes."""
    row = await fetch_one(
        work,
        """
        delete from attachments
        where id = $2 and uploaded_by_id = $1 and message_id is null returning id
        """,
        agent_id,
        attachment_id,
    )
    return row is not None


async def find_file(work: UnitOfWork, attachment_id: int) -> Record | None:
    """`message_id` and `uploaded_by_id` say who may read it."""
    return await fetch_one(
        work,
        """
        select id, message_id, uploaded_by_id, name, media_type, size, state, blob_key
        from attachments where id = $1
        """,
        attachment_id,
    )


async def inline_images(work: UnitOfWork, message_id: int, most: int) -> dict[str, str]:
    """Content id -> blob, of the message's files up to `most` bytes each."""
    rows = await work.driver.fetch(
        """
        select content_id, blob_key from attachments
        where message_id = $1 and state = 'stored' and blob_key is not null
          and content_id is not null and size <= $2
        order by position limit 100
        """,
        message_id,
        most,
    )
    return {row["content_id"]: row["blob_key"] for row in rows}
