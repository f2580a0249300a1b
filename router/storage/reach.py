"""Where a person can be answered: the places that their identities lately talked in."""

from collections.abc import Collection, Sequence
from datetime import datetime

from core.errors import GoneBecause
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

MOST_IDENTITIES = 30
WINDOW = 50
"""Newest messages of an identity in which its places are looked for, at most."""
WINDOW_OF_ALL = 150
"""The same of a whole conversation, while each has LEAST_WINDOW."""
LEAST_WINDOW = 10


async def places_of(work: UnitOfWork, root_id: int, hidden_cases: Collection[int]) -> list[Record]:
    """Each place with the identity that talked there last, and when something last came in."""
    return await fetch(
        work,
        f"""
        with used as (
            select i.id as identity_id, u.place_id, max(u.id) as last_id,
                   max(u.received_at) filter (where u.direction = 'in') as last_inbound_at,
                   max(u.id) filter (where u.direction = 'in') as last_inbound_id
            from persons p
            cross join lateral (
                select id from identities where home_person_id = p.id
                order by seen_at desc limit {MOST_IDENTITIES}
            ) i
            cross join lateral (
                select id, place_id, direction, received_at from messages
                where identity_id = i.id and place_id is not null
                  and (case_id is null or case_id <> all($2::bigint[]))
                order by id desc limit (
                    select greatest({LEAST_WINDOW}, least({WINDOW}, {WINDOW_OF_ALL} / count(*)))
                    from persons where root_id = $1)
            ) u
            where p.root_id = $1
            group by i.id, u.place_id
            union all
            select o.identity_id, o.place_id, 0, null, null
            from persons p
            join identities i on i.home_person_id = p.id
            join opened_places o on o.identity_id = i.id
            where p.root_id = $1
        )
        select distinct on (used.place_id)
               used.place_id, used.last_id, used.last_inbound_at, used.last_inbound_id,
               i.id as identity_id, i.realm, i.handle, i.shown_as, i.level, i.is_shared,
               i.preferred_at,
               i.is_reachable and l.is_reachable as is_reachable,
               case when i.is_reachable then l.unreachable_reason else i.unreachable_reason
                   end as unreachable_reason,
               case when i.is_reachable then '{GoneBecause.SENT_AWAY}' else i.unreachable_code
                   end as unreachable_code,
               case when i.is_reachable then l.unreachable_at else i.unreachable_at
                   end as unreachable_at,
               i.notices_stopped_at, l.remote_place, l.kind as place_kind,
               l.title as place_title,
               (select up.title from places up
                where up.account_id = l.account_id and up.remote_place = l.parent)
                   as place_parent_title,
               a.id as account_id, a.channel, a.label, a.state as account_state, a.paused_reason,
               a.paused_at, a.health, a.health_since, a.hold_seconds
        from used
        -- limit 1: one look each through the key, whatever the planner thinks of the sizes
        cross join lateral (select * from identities where id = used.identity_id limit 1) i
        cross join lateral (select * from places where id = used.place_id limit 1) l
        join accounts a on a.id = l.account_id
        where a.state <> 'removed'
        order by used.place_id, used.last_inbound_id desc nulls last, used.last_id desc
        """,
        root_id,
        list(hidden_cases),
    )


_IDENTITY = """i.id as identity_id, i.realm, i.handle, i.shown_as, i.level, i.is_shared,
    i.is_reachable, i.unreachable_reason, i.unreachable_code, i.unreachable_at"""


async def identities_without_place(work: UnitOfWork, root_id: int) -> list[Record]:
    """By whom the person is known and with whom nothing was said yet; seen last first."""
    return await fetch(
        work,
        f"""
        select {_IDENTITY} from persons p join identities i on i.home_person_id = p.id
        where p.root_id = $1
          and not exists (select from messages m
                          where m.identity_id = i.id and m.place_id is not null)
          and not exists (select from opened_places o where o.identity_id = i.id)
        order by i.seen_at desc, i.id limit {MOST_IDENTITIES}
        """,
        root_id,
    )


async def find_identity(work: UnitOfWork, root_id: int, identity_id: int) -> Record | None:
    """Of this conversation."""
    return await fetch_one(
        work,
        f"""
        select {_IDENTITY} from identities i join persons p on p.id = i.home_person_id
        where i.id = $2 and p.root_id = $1
        """,
        root_id,
        identity_id,
    )


async def accounts_to_open(work: UnitOfWork) -> list[Record]:
    return await fetch(
        work,
        "select id as account_id, channel, label from accounts where state <> 'removed'"
        " order by id",
    )


async def find_account(work: UnitOfWork, label: str) -> str | None:
    """The channel of the account that is called so, if it runs."""
    row = await fetch_one(
        work, "select channel from accounts where label = $1 and state = 'active'", label
    )
    return None if row is None else str(row["channel"])


async def insert_opened(work: UnitOfWork, identity_id: int, place_id: int, agent_id: int) -> bool:
    """An agent may write first there. Whether that is new."""
    row = await fetch_one(
        work,
        """
        insert into opened_places (identity_id, place_id, agent_id, opened_at)
        values ($1, $2, $3, $4) on conflict do nothing returning place_id
        """,
        identity_id,
        place_id,
        agent_id,
        work.now(),
    )
    return row is not None


async def limited_until(work: UnitOfWork, place_ids: Sequence[int]) -> dict[int, datetime]:
    """Of places in which something waits because their network asked for it: until when."""
    rows = await fetch(
        work,
        """
        select u.id as place_id, max(d.due_at) as until
        from unnest($1::bigint[]) u(id)
        join places l on l.id = u.id
        join deliveries d on d.account_id = l.account_id and d.state = 'queued'
            and d.place_id = l.id and d.code = 'rate_limited' and d.due_at > $2
        group by u.id
        """,
        list(place_ids),
        work.now(),
    )
    return {row["place_id"]: row["until"] for row in rows}
