"""What /metrics says of the queue, triage, deadlines and rules, from rows."""

import asyncio
from datetime import timedelta

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from core.clock import FakeClock
from router.services.assignment import offers
from router.services.assignment.settings import QueueSettings
from router.storage.desk_figures import desk_figures
from router.web.desk_metrics import add_figures
from router.web.kept_figures import LAST_SECONDS, OLDEST_SECONDS, KeptFigures
from tests.services.queue_floor import Floor
from tests.services.rule_desk import RuleDesk, definition
from tests.services.triage_desk import STOLEN, TriageDesk
from tests.stage import Stage
from tests.waiting import until


async def told(stage: Stage) -> str:
    registry = CollectorRegistry()
    async with stage.database.reading() as work:
        add_figures(registry, await desk_figures(work), 0)
    return generate_latest(registry).decode()


async def test_figures_tell_of_the_queue_and_of_steps_of_the_last_hour(stage: Stage) -> None:
    floor = Floor(stage)
    await floor.begin(QueueSettings(mode="offered"))
    nat = await floor.comes("Nat", capacity=1)
    first = await floor.case("ana")
    await floor.case("bo")
    await offers.decline(stage.database, nat.agent_id, first)

    found = await told(stage)

    line = 'class="normal",needs="",team="0"'
    assert f"onethread_queue_waiting{{{line}}} 2.0" in found
    assert f"onethread_queue_offered{{{line}}} 1.0" in found
    assert 'onethread_agents{availability="online"} 1.0' in found
    assert 'onethread_assignment_steps_last_hour{step="declined"} 1.0' in found
    assert 'onethread_assignment_steps_last_hour{step="offered"} 2.0' in found


async def test_figures_tell_of_dangers_and_of_rules(stage: Stage) -> None:
    rules = await RuleDesk.open(stage)
    made = await rules.rule(definition({"do": "note", "text": "Seen"}))
    await stage.agent("Boss", role="supervisor")
    await (await TriageDesk.open(stage)).says("ana", STOLEN)
    await rules.work()

    found = await told(stage)

    assert "onethread_triage_read_last_hour 1.0" in found
    assert 'onethread_dangers_told_last_hour{danger="stolen_account"} 1.0' in found
    assert 'onethread_dangers_escalated_last_hour{danger="stolen_account"} 1.0' in found
    assert f'onethread_rule_runs_last_hour{{outcome="done",rule="{made}"}} 1.0' in found
    assert "onethread_rules_stopped 0.0" in found
    assert 'onethread_follower_behind{follower="automation"} 0.0' in found


async def test_figures_are_read_once_within_their_time_by_however_many(
    stage: Stage, clock: FakeClock
) -> None:
    kept = KeptFigures()
    (first, _), (other, _) = await asyncio.gather(
        kept.read(stage.database), kept.read(stage.database)
    )
    clock.advance(timedelta(seconds=LAST_SECONDS - 1))
    later, age = await kept.read(stage.database)
    clock.advance(timedelta(seconds=1))

    anew, _ = await kept.read(stage.database)

    assert first is other is later
    assert (age, anew is first) == (LAST_SECONDS - 1, False)


async def test_whoever_asks_for_figures_does_not_wait_for_those_that_are_read_behind_the_answer(
    stage: Stage, clock: FakeClock
) -> None:
    kept = KeptFigures()
    async with kept.following(stage.database):
        first, _ = await kept.read(stage.database)
        clock.advance(timedelta(seconds=LAST_SECONDS))
        async with stage.database.transaction() as work:
            await work.driver.execute("lock table queue_lines in access exclusive mode")
            async with asyncio.timeout(5):
                again = await kept.read(stage.database)
        clock.advance(timedelta(seconds=1))

        async def is_new() -> bool:
            return (await kept.read(stage.database))[0] is not first

        await until(is_new)
        clock.advance(timedelta(seconds=OLDEST_SECONDS))
        old = (await kept.read(stage.database))[1]

    assert again == (first, LAST_SECONDS)
    assert old == 0


async def test_text_of_each_figure_says_how_old_it_may_be(stage: Stage) -> None:
    helped = [line for line in (await told(stage)).splitlines() if line.startswith("# HELP")]

    assert len(helped) > 10
    assert [line for line in helped if f"Up to {OLDEST_SECONDS:.0f} s old" not in line] == [
        "# HELP onethread_figures_age_seconds How old the figures are that say so:"
        " they are read anew behind an answer."
    ]
