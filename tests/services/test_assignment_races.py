"""The waiting queue while everybody acts at once: one owner for a case, and no more than fits."""

import asyncio

import pytest

from router.services import cases
from router.services.assignment import availability, offers
from router.services.assignment.settings import QueueSettings
from router.services.cases import CaseChange
from router.services.errors import Conflict
from router.storage import agent_desks
from router.storage.assignments import lock_case
from tests.services.queue_floor import Floor
from tests.stage import Stage
from tests.waiting import PATIENCE, until_blocked


@pytest.fixture
def floor(stage: Stage) -> Floor:
    return Floor(stage)


async def test_no_case_has_two_owners_and_nobody_too_much_whoever_acts_at_once(
    floor: Floor,
) -> None:
    """200 events at once: people write, agents solve, take, come, go, accept and decline."""
    await floor.begin(QueueSettings(mode="offered", default_capacity=2, decline_minutes=0))
    agents = [await floor.comes(f"A{n}", capacity=2) for n in range(8)]
    numbers = [await floor.stage.case_of(await floor.stage.says(f"p{n}")) for n in range(40)]
    await floor.heard()
    excess: list[tuple[object, ...]] = []

    async def act(turn: int) -> None:
        agent, case = agents[turn * 7 % 8], numbers[turn * 13 % 40]
        match turn % 7:
            case 0 | 1 | 2:
                for one in await floor.offered(agent):
                    await offers.accept(floor.database, agent.agent_id, one)
            case 3:
                for one in (await floor.offered(agent))[:1]:
                    await offers.decline(floor.database, agent.agent_id, one)
            case 4:
                await cases.change_case(
                    floor.database, agent, case, CaseChange(owner_id=agent.agent_id)
                )
            case 5:
                await cases.change_case(floor.database, agent, case, CaseChange(state="solved"))
            case _:
                state = "online" if turn % 2 else "busy"
                await availability.set_own(floor.database, agent.agent_id, state)  # type: ignore[arg-type]  # one of them

    async def look() -> None:
        rows = await floor.stage.value(
            """
            select array_agg(a.agent_id) from agent_desks a where a.capacity <
                (select coalesce(sum(c.weight), 0) from cases c
                 where c.owner_id = a.agent_id and c.state = 'open')
              + (select count(*) from waiting_cases w where w.offered_to_id = a.agent_id)
            """
        )
        if rows:
            excess.append((rows,))

    async def surely(turn: int) -> None:
        try:
            await act(turn)
        except Conflict as refused:
            assert refused.code in ("no_room", "offer_over")  # noqa: PT017
        await look()

    async def serve() -> None:
        for _ in range(10):
            await floor.heard()

    async with asyncio.TaskGroup() as group:
        for turn in range(200):
            group.create_task(surely(turn))
        group.create_task(serve())
    await floor.heard()

    assert excess == []
    twice = await floor.stage.value(
        "select count(*) from waiting_cases w join cases c on c.id = w.case_id"
        " where c.owner_id is not null or c.state <> 'open'"
    )
    assert twice == 0
    owned = await floor.stage.value("select count(*) from cases where owner_id is not null")
    assert int(str(owned)) > 8


async def test_drain_passes_over_what_others_hold_and_waits_for_nobody(floor: Floor) -> None:
    """The lock order's one exception: conversations after desks, but never waiting for one."""
    await floor.begin(QueueSettings(mode="automatic"))
    held, free = await floor.case("ana"), await floor.case("ada")

    async with floor.database.transaction() as work:
        assert await lock_case(work, held) is not None
        async with asyncio.timeout(PATIENCE):
            bo = await floor.comes("Bo")

    assert (await floor.owner(held), await floor.owner(free)) == (None, bo.agent_id)
    await floor.heard()
    assert await floor.owner(held) == bo.agent_id


async def test_giving_by_hand_holds_the_conversation_before_it_waits_for_a_desk(
    floor: Floor,
) -> None:
    bo = await floor.comes("Bo", capacity=1)
    case = await floor.case("ana")
    person = await floor.stage.value("select person_id from cases where id = $1", case)

    async with floor.database.transaction() as work:
        await agent_desks.lock(work, [bo.agent_id])
        giving = asyncio.create_task(
            cases.change_case(floor.database, bo, case, CaseChange(owner_id=bo.agent_id))
        )
        await until_blocked(floor.database)
        async with floor.database.transaction() as other:
            taken = await other.driver.fetch(
                "select id from persons where id = $1 for no key update skip locked", person
            )
    await giving

    assert taken == []
