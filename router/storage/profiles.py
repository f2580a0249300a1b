"""Reads of whole persons: members, identities with their evidence, merges; and finding them."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import msgspec

from core.name_grams import asked
from router.storage import name_entries
from router.storage.records import Record, fetch, plan_for_values
from router.storage.unit_of_work import UnitOfWork

MOST_IDENTITIES = 200
MOST_EVIDENCE = 20
MOST_NOTES = 100
MOST_CONSENTS = 50


async def persons(work: UnitOfWork, root_ids: Collection[int]) -> list[Record]:
    return await fetch(
        work,
        f"""
        select p.id, p.display_name, p.language, p.attributes, p.created_at, m.blocked_at,
               m.member_ids, n.notes, c.consents
        from persons p
        cross join lateral (
            select array_agg(id order by id) as member_ids, max(blocked_at) as blocked_at
            from persons where root_id = p.id
        ) m
        cross join lateral (
            select json_agg(t) as notes from (
                select n.id, n.text, n.revision, n.written_at, n.changed_at, n.agent_id,
                       a.name as agent_name
                from person_notes n join agents a on a.id = n.agent_id
                where n.person_id = any(m.member_ids) and n.removed_at is null
                order by n.id desc limit {MOST_NOTES}
            ) t
        ) n
        cross join lateral (
            select json_agg(t) as consents from (
                select distinct on (lower(c.purpose)) c.id, c.purpose, c.is_given, c.source, c.at,
                       c.agent_id, a.name as agent_name
                from person_consents c join agents a on a.id = c.agent_id
                where c.person_id = any(m.member_ids)
                order by lower(c.purpose), c.id desc limit {MOST_CONSENTS}
            ) t
        ) c
        where p.id = any($1::bigint[])
        """,
        list(root_ids),
    )


async def identities(work: UnitOfWork, root_ids: Collection[int]) -> list[Record]:
    """The best and freshest of each conversation, in the order in which they were made.

    Each with the account by which it was heard first, by its label.
    """
    return await fetch(
        work,
        f"""
        select ranked.*, (
            select a.label from messages m join accounts a on a.id = m.account_id
            where m.identity_id = ranked.id order by m.id limit 1
        ) as account_label
        from (
            select p.root_id, i.id, i.realm, i.handle, i.shown_as, i.level, i.host_account,
                   i.is_reachable, i.unreachable_reason, i.notices_stopped_at, i.seen_at,
                   i.home_person_id, i.is_shared, i.doubted_at, i.blocked_at, i.preferred_at,
                   i.shows_pictures,
                   row_number() over (
                       partition by p.root_id order by i.level desc, i.seen_at desc, i.id
                   ) as place
            from persons p join identities i on i.home_person_id = p.id
            where p.root_id = any($1::bigint[])
        ) ranked where place <= {MOST_IDENTITIES} order by root_id, id
        """,
        list(root_ids),
    )


async def evidence(work: UnitOfWork, identity_ids: Collection[int]) -> list[Record]:
    """The newest pieces for each identity, oldest first, with those that were taken back."""
    return await fetch(
        work,
        f"""
        select u.id as identity_id, e.id, e.kind, e.level, e.proof, e.at,
            w.at as withdrawn_at, w.reason as withdrawn
        from unnest($1::bigint[]) u(id)
        cross join lateral (
            select id, kind, level, proof, at from identity_evidence
            where identity_id = u.id order by at desc, id desc limit {MOST_EVIDENCE}
        ) e
        left join evidence_withdrawals w on w.evidence_id = e.id
        order by u.id, e.at, e.id
        """,
        list(identity_ids),
    )


_EDGE = """g.id, g.kind, g.loser_id, l.display_name as loser_name, l.root_id as loser_root,
    g.winner_id, w.display_name as winner_name, w.root_id as winner_root,
    g.agent_id, a.name as agent_name, g.reason, g.ground, g.merged_at, g.undone_at,
    g.undone_by_id, u.name as undone_by_name, g.undo_reason, g.undo_ground"""
_AROUND_EDGE = """from person_merges g
    join persons l on l.id = g.loser_id
    join persons w on w.id = g.winner_id
    left join agents a on a.id = g.agent_id
    left join agents u on u.id = g.undone_by_id"""


async def merges(work: UnitOfWork, merge_ids: Collection[int]) -> list[Record]:
    """Each with the roots that both sides have now, and who of them all is without a row."""
    return await fetch(
        work,
        f"""
        select {_EDGE},
               array(select id from persons where root_id in (l.root_id, w.root_id)
                     and (id <> root_id or last_message_id = 0) order by id) as gone
        {_AROUND_EDGE} where g.id = any($1::bigint[])
        """,
        list(merge_ids),
    )


async def without_row(work: UnitOfWork, root_ids: Collection[int]) -> dict[int, list[int]]:
    """Root -> its members that are no conversation of their own, and itself if it never spoke."""
    rows = await fetch(
        work,
        """
        select root_id, array_agg(id order by id) as ids from persons
        where root_id = any($1::bigint[]) and (id <> root_id or last_message_id = 0)
        group by root_id
        """,
        list(root_ids),
    )
    return {row["root_id"]: row["ids"] for row in rows}


async def merges_of(work: UnitOfWork, root_id: int) -> list[Record]:
    """The newest edges from and to the members of a conversation, in force or undone."""
    return await fetch(
        work,
        f"""
        select {_EDGE} {_AROUND_EDGE} where g.id in (
            (select g.id from persons p join person_merges g on g.loser_id = p.id
             where p.root_id = $1 order by g.id desc limit 100)
            union
            (select g.id from persons p join person_merges g on g.winner_id = p.id
             where p.root_id = $1 order by g.id desc limit 100)
        ) order by g.id
        """,
        root_id,
    )


def prefix_pattern(prefix: str) -> str:
    """What `lower(...) like` needs to find what begins so."""
    return prefix.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


class Known(NamedTuple):
    root_id: int
    is_by_part: bool
    """Nothing that they are known by begins so, but something has it within."""


async def find_by_name(work: UnitOfWork, text: str, limit: int) -> list[Known]:
    """Persons whose name, handle or shown address is this, in any case; then those of whom one
    begins so; then those of whom one has it anywhere. Of each, who last had news first.

    Who is new or renamed is found by the beginning at once, and by any part as soon as the
    follower of the search has read of it.
    """
    part, values = name_entries.named(asked(text), 5)
    await plan_for_values(work)
    rows = await fetch(
        work,
        f"""
        select p.root_id, min(found.place) as place, max(p.last_message_id) as newest from (
            (select id, 0 as place from persons where lower(display_name) = $4 limit $2)
            union all
            (select home_person_id, 0 from identities where lower(handle) = $4 limit $2)
            union all
            (select home_person_id, 0 from identities where lower(shown_as) = $4 limit $2)
            union all
            (select id, 1 from persons where lower(display_name) like $1 limit $2)
            union all
            (select home_person_id, 1 from identities where lower(handle) like $1 limit $2)
            union all
            (select home_person_id, 1 from identities where lower(shown_as) like $1 limit $2)
            union all
            (select person_id, 2 from ({part}) anywhere)
        ) found join persons p on p.id = found.id
        group by p.root_id order by place, newest desc, p.root_id limit $3
        """,
        prefix_pattern(text),
        limit * 4,
        limit,
        text.lower(),
        *values,
        limit * 4,
    )
    return [Known(row["root_id"], row["place"] == 2) for row in rows]


async def change_person(work: UnitOfWork, root_id: int, values: Mapping[str, Any]) -> None:
    """Set display_name, language or attributes (all of them). Under the person's lock."""
    if "display_name" in values:
        await work.driver.execute(
            "update persons set display_name = $2 where id = $1", root_id, values["display_name"]
        )
    if "language" in values:
        await work.driver.execute(
            "update persons set language = $2 where id = $1", root_id, values["language"]
        )
    if "attributes" in values:
        await work.driver.execute(
            "update persons set attributes = $2::jsonb where id = $1",
            root_id,
            msgspec.json.encode(values["attributes"]).decode(),
        )
