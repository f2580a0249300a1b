"""The waiting queue while everybody acts at once: one owner for a case, and no more than fits."""

import asyncio

import pytest

from router.services import cases
from router.services.assignment import availability, offers, rounds, shown
from router.services.assignment.settings import Mode, QueueSettings
from router.services.cases import CaseChange
from router.services.errors import Conflict
from router.storage import agent_desks
from router.storage.assignments import lock_case
from tests.services.builders import make_account
from tests.services.queue_floor import Floor
from tests.stage import Stage
from tests.waiting import PATIENCE, until_blocked

# Whoever gives something to a desk holds it until the commit, and so could have seen the same.
WATCH = """
    create table overfull (agent_id bigint, load bigint, capacity integer);
    create function note_overfull() returns trigger language plpgsql as $$ begin
        insert into overfull select d.agent_id, h.load, d.capacity
        from agent_desks d cross join lateral (
            select (select coalesce(sum(c.weight), 0) from cases c
                    where c.owner_id = d.agent_id and c.state = 'open')
                 + (select coalesce(sum(least(w.weight, d.capacity)), 0) from waiting_cases w
                    where w.offered_to_id = d.agent_id) as load) h
        where h.load > d.capacity and d.agent_id = coalesce(
            to_jsonb(new) ->> 'owner_id', to_jsonb(new) ->> 'offered_to_id')::bigint;
        return null;
    end $$;
    create constraint trigger watch_owner after update on cases deferrable initially deferred
        for each row when (new.owner_id is distinct from old.owner_id and new.state = 'open')
        execute function note_overfull();
    create constraint trigger watch_offer after update on waiting_cases deferrable
        initially deferred for each row when (new.offered_to_id is distinct from old.offered_to_id)
        execute function note_overfull();
"""
"""Notes who had more than they have room for as they were given something."""


@pytest.fixture
def floor(stage: Stage) -> Floor:
    return Floor(stage)


@pytest.mark.parametrize("mode", ["offered", "automatic"])
async def test_no_case_has_two_owners_and_nobody_too_much_whoever_acts_at_once(
    floor: Floor, mode: Mode
) -> None:
    """200 events at once: people write, agents solve, take, come, go, accept and decline, and where
    the desk gives cases by itself have less room, or more again. Every other case is a chat, and
    weighs twice as much."""
    chat = await make_account(floor.database, channel="chat", label="Chat")
    await rounds.know_live_channels(floor.database, frozenset({"chat"}))
    await floor.begin(QueueSettings(mode=mode, decline_minutes=0))
    await floor.stage.run(WATCH)
    agents = [await floor.comes(f"A{n}", capacity=4) for n in range(8)]
    said = [await floor.stage.says(f"p{n}", account=chat if n % 2 else None) for n in range(40)]
    numbers = [await floor.stage.case_of(one) for one in said]
    await floor.heard()

    async def act(turn: int) -> None:
        agent, case = agents[turn * 7 % 8], numbers[turn * 13 % 40]
        match turn % 7:
            case 0 | 1 | 2 if mode == "automatic":
                await shown.set_desk(
                    floor.database,
                    actor="cli",
                    agent_id=agent.agent_id,
                    capacity=4 if turn % 2 else 1,
                    skills={},
                )
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

    async def surely(turn: int) -> None:
        try:
            await act(turn)
        except Conflict as refused:
            assert refused.code in ("no_room", "offer_over")  # noqa: PT017

    async def serve() -> None:
        for _ in range(10):
            await floor.heard()

    async with asyncio.TaskGroup() as group:
        for turn in range(200):
            group.create_task(surely(turn))
        group.create_task(serve())
    await floor.heard()

    overfull = await floor.stage.value("select json_agg(o)::text from overfull o")
    assert overfull is None
    weights = await floor.stage.value(
        "select array_agg(distinct weight order by weight) from cases"
    )
    assert weights == [1, 2]
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
