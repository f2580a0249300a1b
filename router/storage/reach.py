"""Where a person can be answered: the places that their identities lately talked in."""

from collections.abc import Collection

from router.storage.records import Record, fetch
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
        )
        select distinct on (used.place_id)
               used.place_id, used.last_id, used.last_inbound_at, used.last_inbound_id,
               i.id as identity_id, i.realm, i.handle, i.shown_as, i.level, i.is_shared,
               i.preferred_at,
               i.is_reachable and l.is_reachable as is_reachable,
               case when i.is_reachable then l.unreachable_reason else i.unreachable_reason
                   end as unreachable_reason, l.remote_place, l.kind as place_kind,
               l.title as place_title,
               (select up.title from places up
                where up.account_id = l.account_id and up.remote_place = l.parent)
                   as place_parent_title,
               a.id as account_id, a.channel, a.label, a.state as account_state, a.paused_reason,
               a.hold_seconds
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
