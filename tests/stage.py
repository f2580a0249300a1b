"""A desk with people who write and agents who read: what tests of conversations begin with."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

from core.messages import AnyInboundEvent, MessageReceived, Sender
from core.people import Evidence, EvidenceKind
from router.blobs.disk import DiskBlobs
from router.services.identity import merging
from router.services.inbound import Incoming, accept
from router.services.viewer import Viewer
from router.storage.engine import Database
from router.storage.outbox_numbering import claim, number
from router.storage.sight import FULL_SIGHT, Sight
from tests.services.builders import make_account, received, sender

NORMAL = Sight(frozenset({"normal"}))
CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)
_numbers = count(1)


class Stage:
    """One account, and everything that happens on it by the path that production takes."""

    def __init__(self, database: Database, blobs: DiskBlobs, account: int) -> None:
        self.database, self.blobs, self.account = database, blobs, account

    async def accept(self, *events: AnyInboundEvent, account: int | None = None) -> list[int]:
        [result] = await accept(
            self.database,
            self.blobs,
            [Incoming(account_id=account or self.account, fence=None, events=events)],
        )
        if isinstance(result, BaseException):
            raise result
        return [one for one in result if one is not None]

    async def says(
        self, who: str | Sender, text: str = "Hello", *, account: int | None = None, **more: object
    ) -> int:
        """The message's id."""
        by = sender(who) if isinstance(who, str) else who
        event: MessageReceived = received(by, text, **more)  # type: ignore[arg-type]  # fields
        [message] = await self.accept(event, account=account)
        return message

    async def person_of(self, message: int) -> int:
        """The root of the conversation in which it stands."""
        return int(
            await self.value(
                "select p.root_id from messages m join persons p on p.id = m.person_id"
                " where m.id = $1",
                message,
            )
        )

    async def case_of(self, message: int) -> int:
        return int(await self.value("select case_id from messages where id = $1", message))

    async def meets(self, who: str | Sender, text: str = "Hello", **more: object) -> int:
        """They write for the first time; the person's id."""
        return await self.person_of(await self.says(who, text, **more))

    async def agent(
        self, name: str = "Bo", *, role: str = "agent", sight: Sight = FULL_SIGHT
    ) -> Viewer:
        made = await self.value(
            "insert into agents (email, name, role, created_at) values ($1, $2, $3, now())"
            " returning id",
            f"{name.lower()}-{next(_numbers)}@desk.invalid",
            name,
            role,
        )
        return Viewer(int(made), sight)

    async def restrict(self, case: int, access_class: str = "fraud") -> None:
        await self.run("update cases set access_class = $2 where id = $1", case, access_class)

    async def merge(self, loser: int, winner: int, by: Viewer) -> int:
        edge = await merging.merge(
            self.database,
            loser_id=loser,
            winner_id=winner,
            agent_id=by.agent_id,
            reason="Said so on the phone.",
        )
        return edge.id

    async def split(self, merge: int, by: Viewer) -> None:
        await merging.undo_merge(
            self.database, merge_id=merge, agent_id=by.agent_id, reason="Two people after all."
        )

    async def deliver(self, message: int, state: str = "failed") -> int:
        """A delivery of a message in some state."""
        return int(
            await self.value(
                """
                insert into deliveries (message_id, person_id, account_id, place_id, lane,
                    send_key, state, due_at, queued_at, state_at)
                select id, person_id, account_id, place_id, 'lane', $2, $3, now(), now(), now()
                from messages where id = $1 returning id
                """,
                message,
                f"key-{next(_numbers)}",
                state,
            )
        )

    async def relay(self) -> int:
        """Number what was announced; the newest position."""
        async with self.database.transaction() as work:
            await claim(work, 1)
            newest, _ = await number(work, 1, limit=10_000)
        return newest

    async def kinds(self) -> list[tuple[str, int | None, int | None]]:
        """What was announced so far: (kind, person, ref)."""
        async with self.database.reading() as work:
            rows = await work.driver.fetch("select kind, person_id, ref from outbox order by id")
        return [(row["kind"], row["person_id"], row["ref"]) for row in rows]

    async def value(self, statement: str, *values: object) -> object:
        async with self.database.transaction() as work:
            return await work.driver.fetchval(statement, *values)

    async def run(self, statement: str, *values: object) -> None:
        async with self.database.transaction() as work:
            await work.driver.execute(statement, *values)


async def say_in_turn(stage: Stage, people: Sequence[str], times: int) -> list[int]:
    """Everybody writes once a round."""
    return [await stage.says(who, f"{who} {turn}") for turn in range(times) for who in people]


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> Stage:
    account = await make_account(database, label="Desk")
    return Stage(database, DiskBlobs(tmp_path / "blobs"), account)
