"""Rungs of the delivery ladder: by whom a person is known, where, and what operators allow."""

from collections.abc import Sequence

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

MOST_IDENTITIES = 30
WINDOW = 50
"""Newest messages of an identity in which its places are looked for."""
_IDENTITY = """i.id as identity_id, o.root_id, i.home_person_id, i.realm, i.handle, i.shown_as,
    i.level, i.host_account, i.is_shared, i.notices_stopped_at is not null as is_stopped,
    i.is_reachable as is_identity_reachable,
    (select true from messages w where w.identity_id = i.id and w.direction = 'in' limit 1)
        is not null as has_written,
    (select true from messages w where w.identity_id = i.id and w.case_id = $2
        and w.direction = 'in' and w.nature = 'human' limit 1) is not null as asked_here"""


async def identities_of(work: UnitOfWork, root_id: int, case_id: int | None) -> list[Record]:
    """Everybody by whom a person is known, those seen last first."""
    return await fetch(
        work,
        f"""
        select {_IDENTITY} from persons o join identities i on i.home_person_id = o.id
        where o.root_id = $1 order by i.seen_at desc, i.id limit {MOST_IDENTITIES}
        """,
        root_id,
        case_id,
    )


async def places_of(work: UnitOfWork, identity_ids: Sequence[int]) -> list[Record]:
    """Where these identities wrote, or were written to: each with the newest of their words."""
    return await fetch(
        work,
        f"""
        select used.identity_id, l.id as place_id, l.kind as place_kind, l.remote_place,
            l.is_reachable as is_place_reachable, l.account_id, a.channel,
            a.state as account_state, used.last_word_id, used.last_inbound_at, used.subject,
            v.session is not null as has_session,
            v.ended_at is null and v.expires_at > $2 as is_session_alive
        from (
            select m.identity_id, m.place_id,
                coalesce(max(m.id) filter (where m.direction = 'in'), 0) as last_word_id,
                max(m.received_at) filter (where m.direction = 'in') as last_inbound_at,
                (array_agg(m.subject order by m.id desc))[1] as subject
            from unnest($1::bigint[]) u(id)
            cross join lateral (
                select id, identity_id, place_id, direction, received_at, subject from messages
                where identity_id = u.id and place_id is not null order by id desc limit {WINDOW}
            ) m
            group by m.identity_id, m.place_id
        ) used
        cross join lateral (select * from places where id = used.place_id limit 1) l
        join accounts a on a.id = l.account_id
        left join visitor_sessions v
            on v.account_id = l.account_id and v.session = l.remote_place
        where a.state <> 'removed'
        order by used.identity_id, l.id
        """,
        list(identity_ids),
        work.now(),
    )


async def accounts_by_channel(work: UnitOfWork) -> list[Record]:
    return await fetch(
        work,
        "select id as account_id, channel, state as account_state from accounts"
        " where state <> 'removed' order by id",
    )


async def find_order(work: UnitOfWork, account_id: int) -> tuple[int, ...] | None:
    """To which accounts goes on what did not arrive by this one. None: operators set nothing."""
    row = await fetch_one(
        work,
        """
        select rungs from ladder_orders where account_id = $1 or account_id is null
        order by account_id is null limit 1
        """,
        account_id,
    )
    return None if row is None else tuple(row["rungs"])


async def list_orders(work: UnitOfWork) -> list[tuple[int | None, tuple[int, ...]]]:
    """(account or None for the desk, its rungs); the desk's first."""
    rows = await fetch(
        work, "select account_id, rungs from ladder_orders order by account_id nulls first"
    )
    return [(row["account_id"], tuple(row["rungs"])) for row in rows]


async def set_order(work: UnitOfWork, account_id: int | None, rungs: Sequence[int] | None) -> None:
    """None: as if it had never been set."""
    if rungs is None:
        await work.driver.execute(
            "delete from ladder_orders where account_id is not distinct from $1", account_id
        )
        return
    await work.driver.execute(
        """
        insert into ladder_orders (account_id, rungs, changed_at) values ($1, $2::jsonb, $3)
        on conflict (account_id) do update set rungs = excluded.rungs,
            changed_at = excluded.changed_at
        """,
        account_id,
        msgspec.json.encode(list(rungs)).decode(),
        work.now(),
    )
