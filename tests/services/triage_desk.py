"""A desk whose messages are read by triage, as the worker does it."""

import json

from router.assist.ready_topics import ready_tree
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.triage import Triage
from router.services.assignment import availability
from router.services.viewer import Viewer
from router.storage.records import Record
from tests.stage import Stage

STUCK = "My withdrawal of 2 BTC is stuck since Monday, where is my money?"
STOLEN = "Help! Somebody hacked into my account and stole all my coins"
DYING = "You liquidated me, I lost it all. I am going to kill myself"
FEES = "How much is the trading fee for a maker?"


async def come(stage: Stage, name: str) -> Viewer:
    """An agent who is there."""
    agent = await stage.agent(name)
    await availability.set_own(stage.database, agent.agent_id, "online")
    return agent


class TriageDesk:
    """A stage with the ready tree of topics, and the worker."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.worker = self.another()

    @classmethod
    async def open(cls, stage: Stage) -> "TriageDesk":
        found = [one for one in ready_tree().topics if one.parent is not None]
        await stage.run(
            "insert into topics (name, key, examples, created_at)"
            " select *, now() from unnest($1::text[], $2::text[], $3::jsonb[])",
            [one.names["en"] for one in found],
            [one.key for one in found],
            [json.dumps(one.examples) for one in found],
        )
        return cls(stage)

    def another(self) -> Triage:
        """As a process that was started anew has it."""
        return Triage(self.stage.database, LeaseKeeper(self.stage.database, "one"))

    async def read(self, worker: Triage | None = None) -> None:
        """Everything that was said until now."""
        await self.stage.relay()
        while await (worker or self.worker).round():
            pass
        await self.stage.relay()

    async def says(self, who: str, text: str) -> tuple[int, int]:
        """(message, case), read."""
        message = await self.stage.says(who, text)
        await self.read()
        return message, await self.stage.case_of(message)

    async def finding(self, message: int) -> Record:
        async with self.stage.database.reading() as work:
            row = await work.driver.fetchrow(
                "select f.*, t.key from findings f left join topics t on t.id = f.topic_id"
                " where message_id = $1",
                message,
            )
        assert row is not None
        return dict(row)

    async def case(self, case: int) -> tuple[str | None, int]:
        """(key of its topic, priority)"""
        async with self.stage.database.reading() as work:
            row = await work.driver.fetchrow(
                "select t.key, c.priority from cases c left join topics t on t.id = c.topic_id"
                " where c.id = $1",
                case,
            )
        assert row is not None
        return row["key"], row["priority"]

    async def history(self, case: int) -> list[str]:
        async with self.stage.database.reading() as work:
            rows = await work.driver.fetch(
                "select cause from case_history where case_id = $1 order by id", case
            )
        return [row["cause"] for row in rows]

    async def lines(self, case: int) -> list[tuple[str, list[int]]]:
        """What was told of dangers, and to whom."""
        async with self.stage.database.reading() as work:
            rows = await work.driver.fetch(
                "select text, context from messages where case_id = $1 and direction = 'event'"
                " and text like 'danger%' order by id",
                case,
            )
        return [(row["text"], row["context"]["told"]) for row in rows]

    async def topic(self, key: str) -> int:
        return int(str(await self.stage.value("select id from topics where key = $1", key)))
