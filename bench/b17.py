"""B17: reading a person's conversation after 20 merges, beside one of as many messages without any.

Both have 2,100 messages and 21 cases, all read. One identity wrote the one, 21 people the
other, in turns, who were merged since. Reading is what the inbox does to open somebody: the
person with their cases and ways to be answered, and the newest 50 messages; then a page from far
back.
"""

import time
from collections.abc import Awaitable, Callable

import msgspec

from bench.bar import Figure, median
from bench.desk import InboundDesk, inbound_desk
from bench.events import message
from core.ids import RemotePlace
from core.messages import MessageReceived, Place
from router.services import cases, conversations
from router.services.identity import merging
from router.services.viewer import Viewer
from router.storage.engine import Database

MERGES = 20
MESSAGES = 2_100
BATCH = 100
TURNS = 120
PAGE = 50

Read = Callable[[], Awaitable[object]]


async def measure(server_url: str, number: int) -> list[Figure]:
    async with inbound_desk(server_url) as desk:
        database = desk.database
        viewer = Viewer(await _agent(database))
        alone = await _write(desk, ["alone"])
        [winner, *losers] = await _write(desk, [f"one of {MERGES + 1}, {n}" for n in range(21)])
        for loser in losers:
            await merging.merge(
                database, loser_id=loser, winner_id=winner, agent_id=None, reason="The same."
            )
        for _ in range(MERGES):
            await cases.open_case(database, viewer, alone[0], "")
        for person in (alone[0], winner):
            await conversations.mark_read(database, viewer, person, 2**62)
        middles = [await _middle(database, one) for one in (alone[0], winner)]
        opened = await _compare(
            lambda: _open(database, viewer, alone[0]), lambda: _open(database, viewer, winner)
        )
        paged = await _compare(
            lambda: _page(database, viewer, alone[0], middles[0]),
            lambda: _page(database, viewer, winner, middles[1]),
        )
    return [
        _figure("opening a conversation after 20 merges", *opened),
        _figure("a page from far back after 20 merges", *paged),
    ]


def _figure(what: str, without: float, merged: float) -> Figure:
    return Figure(
        bar="B17", what=what, value=merged, limit=without, unit="ms", must=1.5, is_ceiling=True
    )


async def _write(desk: InboundDesk, who: list[str]) -> list[int]:
    """In turns; their persons."""
    said = [_by(who[n % len(who)], n) for n in range(MESSAGES)]
    for start in range(0, MESSAGES, BATCH):
        await desk.sink.accept(said[start : start + BATCH])
    async with desk.database.reading() as work:
        rows = await work.driver.fetch(
            "select home_person_id from identities where handle = any($1::text[]) order by id", who
        )
    return [row["home_person_id"] for row in rows]


def _by(who: str, number: int) -> MessageReceived:
    event = message(number, run=who)
    return msgspec.structs.replace(
        event,
        place=Place(remote=RemotePlace(who)),
        sender=msgspec.structs.replace(event.sender, handle=who, shown_as=who),
    )


async def _agent(database: Database) -> int:
    async with database.transaction() as work:
        return int(
            await work.driver.fetchval(
                "insert into agents (email, name, role, created_at)"
                " values ('bench@desk.invalid', 'Bench', 'agent', $1) returning id",
                work.now(),
            )
        )


async def _middle(database: Database, person: int) -> int:
    """The message of a conversation that has as many before it as after it."""
    async with database.reading() as work:
        return int(
            await work.driver.fetchval(
                "select m.id from messages m join persons p on p.id = m.person_id"
                " where p.root_id = $1 order by m.id offset $2 limit 1",
                person,
                MESSAGES // 2,
            )
        )


async def _open(database: Database, viewer: Viewer, person: int) -> None:
    await conversations.load_conversation(database, viewer, person, lambda _: None)
    await conversations.load_page(database, viewer, person, limit=PAGE)


async def _page(database: Database, viewer: Viewer, person: int, before: int) -> None:
    await conversations.load_page(database, viewer, person, before=before, limit=PAGE)


async def _compare(without: Read, merged: Read) -> tuple[float, float]:
    """The median of each in ms, in turns: whatever else happens here happens to both."""
    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS + 10):
        for read, times in zip((without, merged), took, strict=True):
            started = time.perf_counter()
            await read()
            if turn >= 10:
                times.append((time.perf_counter() - started) * 1000)
    return median(took[0]), median(took[1])
