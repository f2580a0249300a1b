"""Two processes write, number and overtake each other: each fact is told once, in order."""

import asyncio
import contextlib
import random
from typing import Any

import pytest

from core.messages import InboundAttachment, MessageReceived
from router.blobs.disk import DiskBlobs
from router.services import cases, privacy
from router.services.cases import CaseChange
from router.services.errors import ServiceError
from router.services.identity import merging
from router.services.inbound import Incoming, accept
from router.storage.engine import Collision, Database
from router.storage.outbox_numbering import Fenced, claim, number
from router.storage.unit_of_work import Fact
from tests.services.builders import received
from tests.stage import Stage

PEOPLE = ("ana", "bob", "cy", "dan")
WRITERS = 6
TURNS = 6


class Process:
    """With a relay of its own while its fence is the newest."""

    def __init__(self, database: Database, blobs: DiskBlobs, account: int) -> None:
        self.database, self.blobs, self.account = database, blobs, account
        self.fence = 0

    async def take_over(self, fence: int) -> None:
        async with self.database.writing_once() as work:
            await claim(work, fence)
        self.fence = fence
        self.database.number_under(fence)

    async def number(self) -> None:
        with contextlib.suppress(Fenced):
            async with self.database.writing_once() as work:
                await number(work, self.fence, limit=5)

    async def accept(self, *events: MessageReceived) -> list[int | None]:
        incoming = Incoming(account_id=self.account, fence=None, events=events)
        [result] = await accept(self.database, self.blobs, [incoming])
        assert not isinstance(result, BaseException)
        return result


class Watcher:
    """What somebody sees who asks again and again for what comes after the last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.told: list[int] = []
        """Ids of the facts; the first has position 1."""

    async def look(self) -> None:
        async with self._database.reading_once() as work:
            rows = await work.driver.fetch(
                "select id, position from outbox where position > $1 order by position",
                len(self.told),
            )
        first = len(self.told) + 1
        assert [row["position"] for row in rows] == list(range(first, first + len(rows)))
        self.told += [row["id"] for row in rows]


class World:
    def __init__(self, stage: Stage, other: Database, chance: random.Random) -> None:
        self.stage, self.chance = stage, chance
        self.here = Process(stage.database, stage.blobs, stage.account)
        self.there = Process(other, stage.blobs, stage.account)
        self.watcher = Watcher(other)
        self.accepted: dict[str, int] = {}
        self.is_over = False

    async def act(self, name: str) -> None:
        process = self.chance.choice([self.here, self.there])
        match self.chance.randrange(12):
            case 0:
                await self._change_case(process)
            case 1:
                await self._join(process)
            case 2:
                await self._part(process)
            case 3:
                await self._freeze(process)
            case 4 if self.chance.random() < 0.3:
                person = self.chance.randint(1, len(PEOPLE))
                await privacy.erase_person(process.database, self.stage.blobs, "cli", person)
            case _:
                await self._write(process, name)

    async def _write(self, process: Process, name: str) -> None:
        events = [self._event(f"{name}-{n}") for n in range(self.chance.choice([1, 1, 2, 5]))]
        twice = [self.here, self.there] if self.chance.random() < 0.2 else [process]
        for ids in await asyncio.gather(*(one.accept(*events) for one in twice)):
            for event, id in zip(events, ids, strict=True):
                assert id is not None
                assert self.accepted.setdefault(event.event_key, id) == id

    def _event(self, key: str) -> MessageReceived:
        files: dict[str, Any] = {}
        if self.chance.random() < 0.2:  # by the long way
            files = {"attachments": (InboundAttachment(name="a.txt", content=b"a"),)}
        return received(self.chance.choice(PEOPLE), key, key=key, **files)

    async def _change_case(self, process: Process) -> None:
        case = await self.stage.value("select max(id) from cases where state = 'open'")
        if isinstance(case, int):
            agent = await self.stage.agent()
            await cases.change_case(process.database, agent, case, CaseChange(state="solved"))

    async def _join(self, process: Process) -> None:
        loser, winner = self.chance.sample(range(1, len(PEOPLE) + 1), 2)
        await merging.merge(
            process.database, loser_id=loser, winner_id=winner, agent_id=None, reason="same"
        )

    async def _part(self, process: Process) -> None:
        merge = await self.stage.value("select max(id) from person_merges where undone_at is null")
        if isinstance(merge, int):
            await merging.undo_merge(
                process.database, merge_id=merge, agent_id=None, reason="not so"
            )

    async def _freeze(self, process: Process) -> None:
        """Between its last statement and the commit."""
        async with process.database.transaction() as work:
            work.announce(Fact.ACCOUNT_CHANGED, ref=self.stage.account)
            await work.flush()
            await asyncio.sleep(self.chance.random() / 20)

    async def write(self, writer: int) -> None:
        for turn in range(TURNS):
            with contextlib.suppress(ServiceError, Collision):
                await self.act(f"{writer}-{turn}")

    async def relay(self) -> None:
        fence = 0
        while not self.is_over:
            if self.chance.random() < 0.1:
                fence += 1
                await self.chance.choice([self.here, self.there]).take_over(fence)
            await asyncio.gather(self.here.number(), self.there.number())
            await self.watcher.look()
            await asyncio.sleep(self.chance.random() / 50)


@pytest.mark.parametrize("seed", [4, 6])
async def test_whatever_two_processes_do_each_fact_is_told_once_and_of_a_person_in_order(
    stage: Stage, database_url: str, seed: int
) -> None:
    world = World(stage, Database(database_url), random.Random(seed))
    for who in PEOPLE:
        await stage.says(who)
    async with asyncio.TaskGroup() as relaying:
        relaying.create_task(world.relay())
        async with asyncio.TaskGroup() as writing:
            for writer in range(WRITERS):
                writing.create_task(world.write(writer))
        world.is_over = True
    await world.here.take_over(1_000)
    for _ in range(200):
        await world.here.number()
    await world.watcher.look()
    await world.there.database.close()

    facts = await _rows(stage, "select id, person_id, position from outbox order by position")
    assert [row[0] for row in facts] == world.watcher.told
    for person in {row[1] for row in facts} - {None}:
        ids = [row[0] for row in facts if row[1] == person]
        assert ids == sorted(ids)
    stored = await _rows(stage, "select dedup_key, id from messages where direction = 'in'")
    assert {key: id for key, id in stored if key in world.accepted} == world.accepted
    told = await _rows(stage, "select ref from outbox where kind = 'message.created'")
    assert sorted(row[0] for row in told) == [
        row[0] for row in await _rows(stage, "select id from messages order by id")
    ]
    assert await _rows(stage, _WRONG_POINTERS) == []


_WRONG_POINTERS = """
select p.id from persons p
where p.root_id = p.id and (
    p.last_message_id < (select coalesce(max(m.id), 0) from persons o
        join messages m on m.person_id = o.id where o.root_id = p.id and m.direction <> 'event')
    or p.open_cases <> (select count(*) from persons o
        join cases c on c.person_id = o.id where o.root_id = p.id and c.state <> 'solved'))
"""
"""Events move no pointer: nobody spoke."""


async def _rows(stage: Stage, statement: str) -> list[tuple[Any, ...]]:
    async with stage.database.reading_once() as work:
        return [tuple(row) for row in await work.driver.fetch(statement)]
