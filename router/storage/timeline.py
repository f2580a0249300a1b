"""Reads of what was said: pages of one conversation, and messages with all that hangs on them."""

from collections.abc import Collection, Sequence

from router.storage.lenses import EVERYTHING, Lens
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

MANY_MEMBERS = 8
SHOWN_TEXT = 100_000
"""Characters of a text that lists and frames carry; the whole is read by itself."""


async def ids_before(
    work: UnitOfWork,
    members: Sequence[int],
    before: int,
    limit: int,
    hidden: Collection[int],
    lens: Lens = EVERYTHING,
) -> list[int]:
    """The newest messages of these persons below an id, newest first."""
    # Of many who talk in turns each has only some of the newest: a share of each is read first.
    many = len(members) >= MANY_MEMBERS
    share = min(limit, 2 * limit // len(members) + 4) if many else limit
    rows = await _newest_of_each(work, members, before, share, limit, hidden, lens)
    if share == limit:
        return [row["id"] for row in rows]
    # Whoever filled their share may have said more, but nothing newer than the last of it.
    if rows and rows[0]["cut_at"] and (len(rows) < limit or rows[-1]["id"] < rows[0]["cut_at"]):
        rows = await _newest_of_each(work, members, before, limit, limit, hidden, lens)
    return [row["id"] for row in rows]


async def _newest_of_each(
    work: UnitOfWork,
    members: Sequence[int],
    before: int,
    share: int,
    limit: int,
    hidden: Collection[int],
    lens: Lens,
) -> list[Record]:
    """At most `share` of each and `limit` in all, newest first. `cut_at`: what somebody said before
    it may be missing; None where nobody has said as much as their share."""
    values: list[object] = [list(members), before, share, list(hidden), limit]
    return await fetch(
        work,
        f"""
        select t.id, max(t.id) filter (where t.nth = $3) over () as cut_at
        from unnest($1::bigint[]) p(id)
        cross join lateral (
            select id, row_number() over (order by id desc) as nth from messages
            where person_id = p.id and id < $2
              and (case_id is null or case_id <> all($4::bigint[])){lens.where(values)}
            order by id desc limit $3
        ) t
        order by t.id desc limit $5
        """,
        *values,
    )


async def ids_after(
    work: UnitOfWork,
    members: Sequence[int],
    after: int,
    limit: int,
    hidden: Collection[int],
    lens: Lens = EVERYTHING,
) -> list[int]:
    """The oldest messages of these persons above an id, oldest first."""
    values: list[object] = [list(members), after, limit, list(hidden)]
    rows = await fetch(
        work,
        f"""
        select t.id from unnest($1::bigint[]) p(id)
        cross join lateral (
            select id from messages
            where person_id = p.id and id > $2
              and (case_id is null or case_id <> all($4::bigint[])){lens.where(values)}
            order by id limit $3
        ) t
        order by t.id limit $3
        """,
        *values,
    )
    return [row["id"] for row in rows]


# `has_...`: no `exists`, which the planner may turn into a hash of the whole table.
MESSAGE = f"""
    m.id, m.person_id, m.case_id, m.place_id, m.account_id, m.direction, m.nature,
    m.identity_id, m.agent_id, m.author_name, m.level, m.subject, m.topic_id,
    (select t.name from topics t where t.id = m.topic_id) as topic_name,
    case when m.direction = 'in' then (
        select json_build_array(e.kind, e.proof) from identity_evidence e
        where e.identity_id = m.identity_id and e.level = m.level
          and e.at <= m.received_at + interval '1 minute'
        order by e.at desc, e.id desc limit 1) end as ground,
    left(m.text, {SHOWN_TEXT}) as text, left(m.full_text, {SHOWN_TEXT}) as full_text,
    greatest(length(m.text), length(m.full_text)) > {SHOWN_TEXT} as is_cut,
    m.spans::text, m.html is not null as has_html, m.language, m.context, m.warnings,
    m.participants, m.client_key, m.state, m.sent_at, m.received_at, m.revision,
    m.deleted_at, m.is_private, p.root_id,
    (select true from message_sources s where s.message_id = m.id limit 1)
        is not null as has_source,
    (select true from attachments f where f.message_id = m.id limit 1)
        is not null as has_files,
    (select true from deliveries d where d.message_id = m.id limit 1)
        is not null as has_deliveries,
    (select true from message_reactions r where r.message_id = m.id limit 1)
        is not null as has_reactions,
    i.shown_as as identity_shown_as, i.handle as identity_handle,
    a.name as agent_name, c.channel, l.kind as place_kind, l.title as place_title,
    (select up.title from places up
     where up.account_id = l.account_id and up.remote_place = l.parent) as place_parent_title
"""
AROUND_MESSAGE = """
    left join persons p on p.id = m.person_id
    left join identities i on i.id = m.identity_id
    left join agents a on a.id = m.agent_id
    left join accounts c on c.id = m.account_id
    left join places l on l.id = m.place_id
"""


async def newest_heard(
    work: UnitOfWork, members: Sequence[int], until: int, hidden: Collection[int]
) -> list[Record]:
    """The newest message of these persons in each place of one person, among the last 50 up to an
    id, with the network's names."""
    return await fetch(
        work,
        """
        select distinct on (l.id) l.id as place_id, m.id as message_id,
            l.account_id, l.remote_place, r.remote_id
        from unnest($1::bigint[]) p(id)
        cross join lateral (
            select id, place_id, direction from messages
            where person_id = p.id and id <= $2
              and (case_id is null or case_id <> all($3::bigint[]))
            order by id desc limit 50
        ) m
        join places l on l.id = m.place_id
        join remote_refs r on r.message_id = m.id and r.account_id = l.account_id
        where m.direction = 'in' and l.kind not in ('group', 'thread', 'forum_post')
        order by l.id, m.id desc, r.part desc, length(r.remote_id) desc, r.remote_id desc
        """,
        list(members),
        until,
        list(hidden),
    )


async def messages(work: UnitOfWork, message_ids: Collection[int]) -> list[Record]:
    """These messages in id order, with the names that they are shown under."""
    return await fetch(
        work,
        f"""
        select {MESSAGE} from messages m {AROUND_MESSAGE}
        where m.id = any($1::bigint[]) order by m.id
        """,
        list(message_ids),
    )


async def attachments(work: UnitOfWork, message_ids: Collection[int]) -> list[Record]:
    return await fetch(
        work,
        """
        select id, message_id, name, media_type, size, state, refused_reason, is_inline,
               content_id, description
        from attachments where message_id = any($1::bigint[]) order by message_id, position, id
        """,
        list(message_ids),
    )


_DELIVERY = """d.id, d.message_id, d.part, d.part_count, d.kind, d.state, d.state_at, d.due_at,
    d.attempt, d.reason, d.code, d.copy_to, d.account_id, d.place_id, d.identity_id,
    (select channel from accounts where id = d.account_id) as channel"""


async def deliveries(work: UnitOfWork, message_ids: Collection[int]) -> list[Record]:
    return await fetch(
        work,
        f"""
        select {_DELIVERY} from deliveries d
        where d.message_id = any($1::bigint[]) order by d.message_id, d.part, d.id
        """,
        list(message_ids),
    )


async def deliveries_by_id(work: UnitOfWork, delivery_ids: Collection[int]) -> list[Record]:
    """With the case of what they carry, which decides who sees them."""
    return await fetch(
        work,
        f"""
        select {_DELIVERY}, m.case_id, p.root_id
        from deliveries d join messages m on m.id = d.message_id
        join persons p on p.id = m.person_id
        where d.id = any($1::bigint[])
        """,
        list(delivery_ids),
    )


async def reactions(work: UnitOfWork, message_ids: Collection[int]) -> list[Record]:
    return await fetch(
        work,
        """
        select message_id, identity_id, reactions from message_reactions
        where message_id = any($1::bigint[]) and reactions <> '[]'::jsonb
        order by message_id, identity_id
        """,
        list(message_ids),
    )


async def where_said(work: UnitOfWork, message_id: int) -> Record | None:
    """The conversation (root) and case of a message: what decides who sees it."""
    return await fetch_one(
        work,
        """
        select m.id, m.case_id, p.root_id from messages m join persons p on p.id = m.person_id
        where m.id = $1
        """,
        message_id,
    )


async def whole_text(work: UnitOfWork, message_id: int) -> Record | None:
    return await fetch_one(
        work,
        "select text, spans::text, full_text, html from messages where id = $1",
        message_id,
    )


async def source(work: UnitOfWork, message_id: int) -> Record | None:
    return await fetch_one(
        work,
        "select media_type, raw, blob_key from message_sources where message_id = $1",
        message_id,
    )


async def revisions(work: UnitOfWork, message_id: int) -> list[Record]:
    """The texts before the current one, oldest first; the newest 100 of them."""
    rows = await fetch(
        work,
        """
        select revision, text, spans::text, at from message_revisions
        where message_id = $1 order by revision desc limit 100
        """,
        message_id,
    )
    return rows[::-1]
