"""The limits that bars are held against: what the database takes from plain asyncpg."""

import time

import asyncpg

from bench.events import PEOPLE, message

BATCH = 100


async def raw_rows_per_second(url: str, account_id: int, count: int, *, run: str) -> float:
    """Messages a second by one connection, 100 a transaction: the rows of `accept`, by unnest.

    The same tables with the same keys: message, source, remote id, outbox row, and the pointers of
    its conversation and case. No look-ups, no locks, no decisions: those are the product's own.
    """
    connection = await asyncpg.connect(url)
    try:
        people = await connection.fetch(
            """
            select distinct on (i.handle) i.handle, i.id as identity, i.home_person_id as person,
                c.id as case_id, p.id as place
            from identities i
            join cases c on c.person_id = i.home_person_id
            join places p on p.account_id = $1 and p.remote_place = i.handle
            where i.realm = 'bench'
            """,
            account_id,
        )
        by_handle = {row["handle"]: row for row in people}
        assert len(by_handle) == PEOPLE, "the product's people must be there first"
        events = [message(number, run=f"raw-{run}") for number in range(count)]
        began = time.perf_counter()
        for start in range(0, count, BATCH):
            chunk = events[start : start + BATCH]
            rows = [by_handle[event.sender.handle] for event in chunk]
            await _write(connection, account_id, chunk, rows)
        return count / (time.perf_counter() - began)
    finally:
        await connection.close()


async def _write(connection, account_id, events, rows) -> None:  # type: ignore[no-untyped-def]  # raw rows
    persons = [row["person"] for row in rows]
    cases = [row["case_id"] for row in rows]
    keys = [event.event_key for event in events]
    async with connection.transaction():
        ids = [
            row["id"]
            for row in await connection.fetch(
                """
                insert into messages (person_id, case_id, place_id, account_id, direction,
                    identity_id, author_name, level, text, dedup_key, received_at)
                select person, case_id, place, $4::bigint, 'in', identity, author, 1, body, key,
                    now()
                from unnest($1::bigint[], $2::bigint[], $3::bigint[], $5::bigint[], $6::text[],
                    $7::text[], $8::text[])
                    u(person, case_id, place, identity, author, body, key)
                on conflict (account_id, dedup_key) do nothing returning id
                """,
                persons,
                cases,
                [row["place"] for row in rows],
                account_id,
                [row["identity"] for row in rows],
                [event.sender.shown_as for event in events],
                [event.text for event in events],
                keys,
            )
        ]
        await connection.execute(
            "insert into message_sources (message_id, media_type, raw)"
            " select id, 'application/json', raw from unnest($1::bigint[], $2::bytea[]) u(id, raw)",
            ids,
            [event.raw for event in events],
        )
        await connection.execute(
            "insert into remote_refs (account_id, remote_place, remote_id, part, message_id)"
            " select $1::bigint, place, remote, 0, message"
            " from unnest($2::text[], $3::text[], $4::bigint[]) u(place, remote, message)",
            account_id,
            [event.place.remote for event in events],
            keys,
            ids,
        )
        await connection.execute(
            "update cases c set last_message_id = u.message"
            " from (select case_id, max(message) as message"
            "       from unnest($1::bigint[], $2::bigint[]) v(case_id, message) group by 1) u"
            " where c.id = u.case_id",
            cases,
            ids,
        )
        await connection.execute(
            "update persons p set last_message_id = u.message, last_inbound_id = u.message"
            " from (select person, max(message) as message"
            "       from unnest($1::bigint[], $2::bigint[]) v(person, message) group by 1) u"
            " where p.id = u.person",
            persons,
            ids,
        )
        await connection.execute(
            "insert into outbox (kind, person_id, ref, at)"
            " select 'message.created', person, message, now()"
            " from unnest($1::bigint[], $2::bigint[]) u(person, message)",
            persons,
            ids,
        )
