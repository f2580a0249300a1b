"""B9: from an agent's reply to the call of the channel; and ten slow accounts at once."""

import asyncio
import secrets
import time
from typing import Any

import asyncpg

from bench.bar import Figure, median, percentile
from tests.rig.ground import Ground

REPLIES = 300
ACCOUNTS = 10
PEOPLE_OF_EACH = 40
RATE_OF_EACH = 80
SECONDS = 5
DELAY = 0.3
TICK = 0.1


async def measure(server_url: str, number: int) -> list[Figure]:
    async with Ground(seed=number, program=("-m", "bench.serving")) as ground:
        quick = await _account(ground, "quick", 0.0, first=0)
        replies = await _reply_delays(ground, quick)
    async with Ground(seed=number, program=("-m", "bench.serving")) as ground:
        slow = [
            await _account(ground, f"slow-{n}", DELAY, first=n * PEOPLE_OF_EACH)
            for n in range(ACCOUNTS)
        ]
        waits = await _slow_delays(ground, slow)
    p50, p99 = median(replies) * 1000, percentile(replies, 0.99) * 1000
    return [
        _ceiling("reply POST to the channel's call: p50", p50, "ms", 25, 10),
        _ceiling("reply POST to the channel's call: p99", p99, "ms", 150),
        _ceiling("10 × 80/s at 300 ms: longest wait of 99 %", percentile(waits, 0.99), "s", 2),
    ]


def _ceiling(what: str, value: float, unit: str, must: float, aim: float | None = None) -> Figure:
    return Figure(bar="B9", what=what, value=value, unit=unit, must=must, aim=aim, is_ceiling=True)


async def _account(ground: Ground, label: str, delay: float, *, first: int) -> dict[str, Any]:
    """An account to which its own people have written once."""
    made = await ground.owner.add_account("bench", label, {"delay_seconds": delay})
    path = made["hook_url"].partition("/hooks/")[2]
    url = f"{ground.product.url}/hooks/{path}"
    while True:
        async with ground.http.post(f"{url}/in", data=f"{first} {PEOPLE_OF_EACH}") as response:
            if response.status == 200:
                return made | {"url": url}
        await asyncio.sleep(0.1)  # the process does not know the account yet


async def _delays(ground: Ground, account: dict[str, Any]) -> list[float]:
    async with ground.http.get(f"{account['url']}/delays") as response:
        return list(await response.json(content_type=None))


async def _reply_delays(ground: Ground, account: dict[str, Any]) -> list[float]:
    people = await ground.owner.conversation_ids()
    await asyncio.sleep(2)
    for number in range(REPLIES):
        body = {"client_key": f"b9-{number}", "kind": "reply", "text": f"{time.monotonic()} hello"}
        person = people[number % len(people)]
        await ground.owner.get_answer("POST", f"/conversations/{person}/messages", body)
        await asyncio.sleep(0.01)
    return await _all_delays(ground, account, REPLIES)


async def _all_delays(ground: Ground, account: dict[str, Any], count: int) -> list[float]:
    found: list[float] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            await asyncio.sleep(0.3)
            found = await _delays(ground, account)
    return found


async def _slow_delays(ground: Ground, accounts: list[dict[str, Any]]) -> list[float]:
    """Deliveries are queued set by set, so that the sender is measured and not the writing."""
    assert ground.postgres is not None
    connection = await asyncpg.connect(ground.postgres.url)
    try:
        places = await connection.fetch(
            """
            select distinct on (m.place_id) m.place_id, m.person_id, m.account_id, m.case_id
            from messages m order by m.place_id
            """
        )
        by_account = {account["id"]: account for account in accounts}
        mine = [row for row in places if row["account_id"] in by_account]
        began = time.monotonic()
        for tick in range(int(SECONDS / TICK)):
            await asyncio.sleep(max(0.0, began + tick * TICK - time.monotonic()))
            await _queue(connection, mine, tick)
    finally:
        await connection.close()
    expected = int(ACCOUNTS * RATE_OF_EACH * SECONDS)
    return await _all_delays(ground, accounts[0], expected)


async def _queue(connection: asyncpg.Connection, places: list[Any], tick: int) -> None:
    """One tick's deliveries, spread evenly over each account's people."""
    per_account = int(RATE_OF_EACH * TICK)
    by_account: dict[int, list[Any]] = {}
    for row in places:
        by_account.setdefault(row["account_id"], []).append(row)
    chosen = [
        rows[(tick * per_account + n) % len(rows)]
        for rows in by_account.values()
        for n in range(per_account)
    ]
    now = time.monotonic()
    async with connection.transaction():
        ids = await connection.fetch(
            """
            insert into messages (person_id, case_id, place_id, account_id, direction, text,
                received_at)
            select person, case_id, place, account, 'out', $5, now()
            from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
                u(person, case_id, place, account)
            returning id
            """,
            [row["person_id"] for row in chosen],
            [row["case_id"] for row in chosen],
            [row["place_id"] for row in chosen],
            [row["account_id"] for row in chosen],
            f"{now} hello",
        )
        await connection.execute(
            """
            insert into deliveries (message_id, person_id, account_id, place_id, text, lane,
                send_key, due_at, queued_at, state_at)
            select message, person, account, place, $6, place || ':' || person, key,
                now(), now(), now()
            from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
                u(message, person, account, place, key)
            """,
            [row["id"] for row in ids],
            [row["person_id"] for row in chosen],
            [row["account_id"] for row in chosen],
            [row["place_id"] for row in chosen],
            [secrets.token_hex(12) for _ in chosen],
            f"{now} hello",
        )
