"""A demonstration's people: as many as were wanted, the same each time, like real ones."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.discord.connector import DiscordConnector
from connectors.email.connector import EmailConnector
from connectors.telegram.connector import TelegramConnector
from connectors.webchat.connector import WebchatConnector
from core.sandbox import SandboxLine
from router.blobs.disk import DiskBlobs
from router.runtime.crowd import Crowd
from router.services.demo import Network, Wanted, people_of, seed
from router.services.errors import Conflict
from router.storage.engine import Database
from tests.services.answering_desk import make_agent
from tests.services.builders import make_account

KINDS: dict[str, Any] = {
    "email": EmailConnector,
    "telegram": TelegramConnector,
    "discord": DiscordConnector,
    "web:shop": WebchatConnector,
}


async def networks_of(database: Database) -> list[Network]:
    return [
        Network(account_id=await make_account(database, channel=realm), realm=realm, kind=kind)
        for realm, kind in KINDS.items()
    ]


async def test_people_are_as_many_as_wanted_answered_and_spread_over_weeks(
    database: Database, tmp_path: Path
) -> None:
    networks = await networks_of(database)
    agent = await make_agent(database)
    blobs = DiskBlobs(tmp_path / "blobs")
    wanted = Wanted(people=30, messages=240)

    async def make() -> tuple[int, int]:
        return await seed(
            lambda clock: Database(database.url, clock=clock),
            blobs,
            networks,
            [agent],
            wanted,
            now=database.clock.now(),
        )

    assert await make() == (30, 240)
    async with database.reading() as work:
        row = await work.driver.fetchrow(
            """
            select count(distinct person_id) as people, count(distinct account_id) as accounts,
                   count(*) filter (where direction = 'out') as answers,
                   max(received_at) - min(received_at) as spread,
                   (select count(*) from cases where state = 'solved') as solved,
                   (select count(*) from persons where open_cases > 0) as open
              from messages
            """
        )
        wrong = await work.driver.fetchval(
            "select count(*) from persons p where open_cases <> (select count(*) from cases c"
            " where c.person_id = p.id and c.state <> 'solved') or last_message_id <>"
            " (select max(id) from messages m where m.person_id = p.id)"
        )
    assert (row["people"], row["accounts"], wrong) == (30, 3, 0)
    assert row["answers"] > 90
    assert row["solved"] > 0
    assert row["open"] > 0
    assert row["spread"] > timedelta(days=10)
    with pytest.raises(Conflict):
        await make()


async def test_the_same_seed_makes_the_same_people(database: Database) -> None:
    networks = await networks_of(database)
    first, again = (people_of(networks, Wanted(people=50, messages=100)) for _ in range(2))
    other = people_of(networks, Wanted(people=50, messages=100, seed=2))
    assert first == again
    assert [one.name for one in first] != [one.name for one in other]
    assert {one.language for one in first} == {"en", "zh", "ru"}


class Listening:
    """A network that keeps what was said, and answers when told to."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.lines: list[SandboxLine] = []
        self.answered: set[str] = set()

    def fields(self) -> list[Any]:
        from core.sandbox import SandboxField

        return [SandboxField(name="address", label="Id", default=self._address)]

    async def say(self, line: SandboxLine) -> None:
        self.lines.append(line)

    async def heard(self, address: str) -> list[str]:
        return ["an answer"] if address in self.answered else []


async def test_the_crowd_writes_on_every_network_and_answers_who_answers_it() -> None:
    networks = [Listening("grace@people.example"), Listening("5000000001")]
    crowd = Crowd(dict(enumerate(networks)))  # type: ignore[arg-type]  # it asks three things
    for _ in range(4):
        await crowd.speak()
    assert [len(one.lines) for one in networks] == [2, 2]
    assert all(line.address.isdecimal() for line in networks[1].lines)
    assert len({line.address for one in networks for line in one.lines}) == 4
    spoken_to = networks[0].lines[0]
    networks[0].answered.add(spoken_to.address)

    await crowd.speak()
    await crowd.speak()

    answers = [one for one in networks[0].lines if one.address == spoken_to.address]
    assert [one.subject for one in answers][1:] == [""]
    assert crowd.said == 6
