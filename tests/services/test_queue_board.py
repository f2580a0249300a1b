"""The queue as who runs the desk looks at it: lines, what agents hold, and offers taken back."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services import cases, topics
from router.services.assignment import board, offers
from router.services.assignment.settings import QueueSettings, Tier, TopicSkill
from router.services.cases import CaseChange
from router.services.errors import Conflict, NotFound
from router.services.topics import NewTopic
from router.services.viewer import Viewer
from router.storage.sight import Sight
from tests.services.queue_floor import Floor
from tests.services.test_case_fields import admin
from tests.stage import Stage

NORMAL = Viewer(0, Sight(frozenset({"normal"})))


@pytest.fixture
async def floor(stage: Stage) -> Floor:
    made = Floor(stage)
    await made.begin(QueueSettings(mode="offered", match_languages=True))
    return made


async def lines(floor: Floor, viewer: Viewer) -> Sequence[board.QueueLine]:
    return (await board.load_lines(floor.database, viewer)).lines


async def test_lines_say_how_many_wait_since_when_and_who_could_serve_them(floor: Floor) -> None:
    await floor.case("ana", priority=1)
    second = await floor.case("bo")
    await floor.stage.run(
        "update persons set language = 'ru' where id = (select person_id from cases where id = $1)",
        second,
    )
    await floor.case("bo", priority=2)
    hidden = await floor.case("cy")
    await floor.stage.restrict(hidden)
    await floor.case("cy", priority=4)
    full = await floor.comes("Full", capacity=0)
    await floor.comes("Nat", language_ru=3)
    await floor.heard()

    told = await lines(floor, NORMAL)

    [russian] = [one for one in told if one.skills]
    [plain] = [one for one in told if not one.skills]
    assert russian.skills == {"language:ru": 1}
    assert (russian.waiting, russian.offered, russian.able, russian.free) == (1, 1, 1, 1)
    assert plain.by_priority == (1, 0, 0, 0)
    assert (plain.able, plain.free) == (2, 1)
    assert {one.access_class for one in await lines(floor, Viewer(0))} == {"normal", "fraud"}
    held = await board.load_held(floor.database, Viewer(0), full.agent_id)
    assert held.cases == []


async def test_oldest_of_a_line_is_found_behind_those_that_are_counted(
    floor: Floor, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "MOST_COUNTED", 1)
    began = clock.now()
    await floor.case("ana", priority=4)
    clock.advance(timedelta(hours=2))
    await floor.case("bo", priority=1)
    await floor.heard()

    [line] = await lines(floor, NORMAL)

    assert (line.waiting, line.by_priority, line.oldest_since) == (1, (1, 0, 0, 0), began)


async def test_offer_taken_back_goes_on_to_somebody_else_and_says_who_did_it(floor: Floor) -> None:
    case = await floor.case("ana")
    nat = await floor.comes("Nat")
    boss = await floor.stage.agent("Boss", role="supervisor")
    [before] = (await board.load_held(floor.database, boss, nat.agent_id)).cases
    olga = await floor.comes("Olga")

    await offers.withdraw(floor.database, boss, case)

    assert (before.case_id, before.offered_until is not None) == (case, True)
    assert await floor.offered(nat) == []
    assert await floor.offered(olga) == [case]
    assert ("returned", "by_hand") in await floor.said(case)


async def test_only_what_is_offered_and_seen_is_taken_back(floor: Floor) -> None:
    case = await floor.case("ana")
    await floor.stage.restrict(case)
    await floor.heard()

    with pytest.raises(NotFound):
        await offers.withdraw(floor.database, NORMAL, case)
    with pytest.raises(Conflict, match="not offered"):
        await offers.withdraw(floor.database, Viewer(0), case)


async def test_what_an_agent_holds_is_shown_without_cases_that_one_does_not_see(
    floor: Floor,
) -> None:
    nat = await floor.comes("Nat")
    mine, hidden = await floor.case("ana"), await floor.case("bo")
    for case in (mine, hidden):
        await offers.accept(floor.database, nat.agent_id, case)
    await floor.stage.restrict(hidden)

    seen = await board.load_held(floor.database, NORMAL, nat.agent_id)

    assert [(one.case_id, one.offered_until) for one in seen.cases] == [(mine, None)]


async def test_who_goes_ahead_by_tier_and_what_a_topic_needs_is_told_of_each_that_waits(
    floor: Floor,
) -> None:
    ada = await floor.stage.agent("Ada", role="admin")
    top = await topics.add_topic(floor.database, admin(ada), NewTopic(name="Withdrawals"))
    below = await topics.add_topic(
        floor.database, admin(ada), NewTopic(name="Stuck", parent_id=top.id)
    )
    await floor.begin(
        QueueSettings(
            mode="offered",
            tiers=(Tier(value="VIP", ahead_minutes=240),),
            topic_skills=(TopicSkill(topic_id=top.id, skill="skill:payouts", least=2),),
        )
    )
    await floor.comes("Nat", skill_payouts=1)
    first, second = await floor.case("ana", topic_id=below.id), await floor.case("bo")
    await floor.stage.run(
        """update persons set attributes = '{"tier": "VIP"}'
        where id = (select person_id from cases where id = $1)""",
        second,
    )
    await cases.change_case(floor.database, ada, second, CaseChange(is_private=True))
    await floor.heard()

    told = {one.case_id: one for one in await floor.queue()}

    assert [*told] == [second, first]
    assert (told[second].tier, told[second].topic) == ("VIP", "")
    assert (told[first].topic, told[first].topic_id) == ("Stuck", below.id)
    assert told[first].skills == {"skill:payouts": 2}
    assert told[first].why_not == "no_skill"
