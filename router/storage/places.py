"""Places: found or made for what comes in, and what becomes of them: renamed, moved, closed."""

from collections.abc import Sequence

import msgspec

from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

PlaceKey = tuple[int, str]

WINDOW = 200
"""Newest messages of a place among whose authors those are whom its change concerns."""


class NewPlace(msgspec.Struct, frozen=True, kw_only=True):
    key: PlaceKey
    kind: str
    title: str
    parent: str | None
    is_heard: bool = False
    """Somebody just wrote there: whatever was said of it before, it is open."""


async def resolve_places(work: UnitOfWork, wanted: Sequence[NewPlace]) -> dict[PlaceKey, int]:
    """The ids of these places, made where they were not there.

    A title and a parent that the network tells replace those that are known.
    """
    by_key = {place.key: place for place in wanted}
    keys = sorted(by_key)
    found = await _find_places(work, keys)
    missing = [by_key[key] for key in keys if key not in found]
    if missing:
        await work.driver.execute(
            """
            insert into places (account_id, remote_place, kind, title, parent, created_at)
            select *, $6::timestamptz
            from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
            on conflict (account_id, remote_place) do nothing
            """,
            [place.key[0] for place in missing],
            [place.key[1] for place in missing],
            [place.kind for place in missing],
            [place.title for place in missing],
            [place.parent for place in missing],
            work.now(),
        )
        found |= await _find_places(work, [place.key for place in missing])
    stale = [by_key[key] for key in keys if _is_stale(found[key], by_key[key])]
    if stale:
        await _renew_places(work, stale)
    return {key: row["id"] for key, row in found.items()}


async def _find_places(work: UnitOfWork, keys: Sequence[PlaceKey]) -> dict[PlaceKey, Record]:
    rows = await work.driver.fetch(
        """
        select p.account_id, p.remote_place, p.id, p.title, p.parent, p.is_reachable
        from unnest($1::bigint[], $2::text[]) u(account, remote)
        join places p on p.account_id = u.account and p.remote_place = u.remote
        """,
        [key[0] for key in keys],
        [key[1] for key in keys],
    )
    return {(row["account_id"], row["remote_place"]): row for row in rows}


def _is_stale(known: Record, told: NewPlace) -> bool:
    return (
        told.title not in ("", known["title"])
        or told.parent not in (None, known["parent"])
        or (told.is_heard and not known["is_reachable"])
    )


async def _renew_places(work: UnitOfWork, told: Sequence[NewPlace]) -> None:
    await work.driver.execute(
        """
        update places p set title = coalesce(nullif(u.title, ''), p.title),
            parent = coalesce(u.parent, p.parent),
            is_reachable = p.is_reachable or u.is_heard,
            unreachable_reason = case when u.is_heard then '' else p.unreachable_reason end
        from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[])
            u(account, remote, title, parent, is_heard)
        where p.account_id = u.account and p.remote_place = u.remote
        """,
        [place.key[0] for place in told],
        [place.key[1] for place in told],
        [place.title for place in told],
        [place.parent for place in told],
        [place.is_heard for place in told],
    )


async def change(
    work: UnitOfWork,
    account_id: int,
    remote_place: str,
    *,
    title: str,
    parent: str | None,
    is_reachable: bool | None,
    reason: str,
) -> int | None:
    """Its id if that changed anything. An empty title, and None, leave what is there."""
    found = await work.driver.fetchval(
        """
        with now as (
            select id, coalesce(nullif($3, ''), title) as title, coalesce($4, parent) as parent,
                coalesce($5, is_reachable) as is_reachable,
                case when $5 is null then unreachable_reason when $5 then '' else $6 end as reason
            from places where account_id = $1 and remote_place = $2 for update
        )
        update places p set title = now.title, parent = now.parent,
            is_reachable = now.is_reachable, unreachable_reason = now.reason,
            unreachable_at = case when p.is_reachable then $7 else p.unreachable_at end
        from now
        where p.id = now.id and (p.title, p.parent, p.is_reachable, p.unreachable_reason)
            is distinct from (now.title, now.parent, now.is_reachable, now.reason)
        returning p.id
        """,
        account_id,
        remote_place,
        title,
        parent,
        is_reachable,
        reason,
        work.now(),
    )
    return None if found is None else int(found)


async def change_below(
    work: UnitOfWork, account_id: int, parent: str, *, is_reachable: bool, reason: str
) -> list[int]:
    """Places below this one are open or closed like it; the ids of those that were not.

    One that was closed for a reason of its own is opened too: that it is still closed is found out
    by writing there.
    """
    rows = await work.driver.fetch(
        """
        update places set is_reachable = $3, unreachable_reason = case when $3 then '' else $4 end,
            unreachable_at = $5
        where account_id = $1 and parent = $2 and is_reachable <> $3
        returning id
        """,
        account_id,
        parent,
        is_reachable,
        reason,
        work.now(),
    )
    return sorted(row["id"] for row in rows)


async def rekey(work: UnitOfWork, account_id: int, old: str, new: str) -> int | None:
    """The network gave a place another id: the place's row, kept under the new one.

    None, with nothing changed: there is no such place, or the new id is another place already.
    """
    found = await work.driver.fetchval(
        """
        update places set remote_place = $3 where account_id = $1 and remote_place = $2
          and not exists (select from places where account_id = $1 and remote_place = $3)
        returning id
        """,
        account_id,
        old,
        new,
    )
    if found is None:
        return None
    await _repoint_children(work, account_id, old, new)
    return int(found)


async def join(work: UnitOfWork, account_id: int, old: str, new: str) -> int | None:
    """Two places turned out to be one: what was said in the old one, and what waits to go out
    there, is the new one's. The new one's id; None: one of them is not there.

    The networks' ids of messages stay as they are: events go on naming them by the old place.
    """
    rows = await work.driver.fetch(
        """
        select id, remote_place from places
        where account_id = $1 and remote_place = any($2::text[]) order by id for update
        """,
        account_id,
        [old, new],
    )
    ids = {row["remote_place"]: row["id"] for row in rows}
    if len(ids) < 2:
        return None
    moved = (ids[old], ids[new])
    await work.driver.execute(
        """
        update deliveries d set place_id = $2, lane = case
            when state in ('held', 'queued') and starts_with(lane, $3 || ':')
                then $4 || substr(lane, length($3) + 1)
            else lane end
        where place_id = $1 and message_id in (select id from messages where place_id = $1)
        """,
        *moved,
        str(ids[old]),
        str(ids[new]),
    )
    await work.driver.execute("update messages set place_id = $2 where place_id = $1", *moved)
    await work.driver.execute("update history_gaps set place_id = $2 where place_id = $1", *moved)
    await _repoint_children(work, account_id, old, new)
    return int(ids[new])


async def _repoint_children(work: UnitOfWork, account_id: int, old: str, new: str) -> None:
    await work.driver.execute(
        "update places set parent = $3 where account_id = $1 and parent = $2",
        account_id,
        old,
        new,
    )


async def close(work: UnitOfWork, place_id: int, reason: str) -> bool:
    """Nothing can be written there any more. Whether that is new."""
    found = await work.driver.fetchval(
        """
        update places set is_reachable = false, unreachable_reason = $2, unreachable_at = $3
        where id = $1 and is_reachable returning id
        """,
        place_id,
        reason,
        work.now(),
    )
    return found is not None


async def roots_in(work: UnitOfWork, place_id: int) -> list[int]:
    """The conversations of those who wrote there lately."""
    rows = await work.driver.fetch(
        """
        select distinct p.root_id from (
            select person_id from messages where place_id = $1 order by id desc limit $2
        ) m join persons p on p.id = m.person_id order by 1
        """,
        place_id,
        WINDOW,
    )
    return [row["root_id"] for row in rows]
